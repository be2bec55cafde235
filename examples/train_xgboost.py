"""Train the example of drum-xgboost from data that scikit-learn ships, and write its input.

Run ``python examples/train_xgboost.py`` with ``drum-xgboost[cpu]`` installed; ``expected.csv`` is then what XGBoost
itself predicts, not what drum does.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sklearn.datasets import load_wine
from xgboost import DMatrix, train

FOLDER = Path(__file__).parent / "xgboost"
LABELS = ["barolo", "grignolino", "barbera"]


def main() -> None:
    """Tell three cultivars of wine apart, though some measurements are missing."""
    data = load_wine(as_frame=True)
    features = data.data.mask(data.data.rank(pct=True) > 0.95)
    booster = train({"objective": "multi:softprob", "num_class": 3, "max_depth": 3}, DMatrix(features, data.target), 20)
    (FOLDER / "model").mkdir(parents=True, exist_ok=True)
    booster.save_model(FOLDER / "model" / "model.ubj")
    rows = features[::9]
    rows.to_csv(FOLDER / "input.csv", index=False)
    expected = booster.predict(DMatrix(rows)).astype(float)
    pd.DataFrame(expected, columns=LABELS).to_csv(FOLDER / "expected.csv", index=False)


if __name__ == "__main__":
    main()
