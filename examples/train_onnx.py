"""Train the example of drum-onnx from data that scikit-learn ships, and write its input.

Run ``python examples/train_onnx.py`` with drum-core, onnxruntime and skl2onnx installed; ``expected.csv`` is then what
ONNX Runtime itself predicts, not what drum does.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
from skl2onnx import to_onnx
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FOLDER = Path(__file__).parent / "onnx"
ROWS = 20


def main() -> None:
    """Predict the progression of diabetes: an input for each column, one of them text, one with gaps."""
    features, target = load_diabetes(return_X_y=True, as_frame=True)
    features["sex"] = features["sex"].map(lambda value: "female" if value > 0 else "male")
    features.loc[features.index[::7], "bmi"] = None
    numbers = [name for name in features if name != "sex"]
    cleaning = make_pipeline(SimpleImputer(), StandardScaler())
    model = make_pipeline(make_column_transformer((cleaning, numbers), (OneHotEncoder(), ["sex"])), Ridge())
    model.fit(features, target)
    content = to_onnx(model, features[:1].astype(dict.fromkeys(numbers, np.float32))).SerializeToString()
    (FOLDER / "model").mkdir(parents=True, exist_ok=True)
    (FOLDER / "model" / "model.onnx").write_bytes(content)
    rows = features[:ROWS]
    rows.to_csv(FOLDER / "input.csv", index=False)
    expected = pd.DataFrame({"Predictions": predicted(content, rows)})
    expected.to_csv(FOLDER / "expected.csv", index=False)


def predicted(content: bytes, rows: pd.DataFrame) -> np.ndarray:
    """Return what ONNX Runtime predicts, given each column with its type."""
    types = {name: object if name == "sex" else np.float32 for name in rows}
    session = onnxruntime.InferenceSession(content)
    (values,) = session.run(None, {name: rows[[name]].to_numpy(dtype) for name, dtype in types.items()})
    return values[:, 0].astype(float)


if __name__ == "__main__":
    main()
