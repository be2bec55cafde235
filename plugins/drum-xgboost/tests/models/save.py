"""Save small models with an old version of XGBoost: ``python save.py`` where that version is installed."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import xgboost

HERE = Path(__file__).parent
VERSION = xgboost.__version__
FORMATS = {"1": ("json", "ubj", "model"), "2": ("model",)}

random = np.random.default_rng(0)
features = pd.DataFrame(random.normal(size=(200, 3)).round(3), columns=["a", "b", "c"])
features.iloc[::5, 1] = np.nan
target = (features["a"] + features["c"] > 0).astype(int)
model = xgboost.XGBClassifier(n_estimators=4, max_depth=3, n_jobs=1).fit(features, target)
(HERE / f"estimator-{VERSION}.pkl").write_bytes(pickle.dumps(model))
for extension in FORMATS[VERSION[0]]:
    model.get_booster().save_model(str(HERE / f"booster-{VERSION}.{extension}"))
features[:40].to_csv(HERE / "input.csv", index=False)
np.savetxt(HERE / f"expected-{VERSION}.csv", model.predict_proba(features[:40])[:, 1], fmt="%.9g")
