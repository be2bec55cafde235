"""Train small H2O models on a local server, and predict with H2O's own command line.

Run as ``python h2o_models.py FOLDER``, so that neither H2O's client nor its server outlives the training.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

CITIES = ["Rome", "Łódź", "São Paulo", "x, y", 'the "one"']
SIZES = ["1", "2", "10"]
TARGETS = ["number", "answer", "kind"]
KINDS = ["[low]", "high, sir", 'it\'s "middling"']
FEATURES = ["age (years)", "in/out", "city", "size", "score"]
STREETS = [f"street {number}" for number in range(300)]


def rows(count: int, seed: int, unseen: bool = False) -> pd.DataFrame:
    """Return rows with numbers, text and text that looks like numbers; with gaps, and perhaps with unseen levels."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age (years)": random.normal(40, 12, count).round(3),
            "in/out": random.integers(0, 50, count),
            "city": random.choice([*CITIES, "Atlantis"] if unseen else CITIES, count),
            "size": random.choice([*SIZES, "77"] if unseen else SIZES, count),
            "score": random.exponential(1, count),
        }
    )
    frame["base"] = random.normal(size=count).round(2)
    for name in FEATURES:
        frame[name] = frame[name].astype(object).where(random.random(count) > 0.08, None)
    streets = random.choice([*STREETS, "Elm Street"] if unseen else STREETS, count).astype(object)
    frame["street"] = np.where(random.random(count) > 0.08, streets, None)
    return frame


def targets(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a number, two classes and three classes for each row."""
    value = (
        frame["age (years)"].astype(float).fillna(40) / 10
        + frame["city"].isin(["Rome", "x, y"]) * 2.0
        + frame["size"].eq("10") * frame["score"].astype(float).fillna(1)
    )
    noise = np.random.default_rng(3).normal(0, 0.5, len(frame))
    value = value + noise
    kinds = np.array(["[low]", 'it\'s "middling"', "high, sir"])[np.digitize(value, [4, 6])]
    return pd.DataFrame({"number": value, "answer": np.where(value > 5, "yes, sir", "no"), "kind": kinds})


class H2o:
    """A server of H2O's, which trains models and saves them."""

    def __init__(self, folder: Path) -> None:
        import h2o

        self._h2o = h2o
        self._folder = folder
        h2o.init(
            ip="127.0.0.1", port=54321 + os.getpid() % 1000 * 2, nthreads=2, max_mem_size="1g", bind_to_localhost=True,
            log_dir=str(folder), ice_root=str(folder), verbose=False, strict_version_check=False,
        )  # fmt: skip
        h2o.no_progress()
        frame = rows(600, seed=1)
        whole = pd.concat([frame, targets(frame)], axis=1)
        path = folder / "training.csv"
        whole.to_csv(path, index=False)
        kinds = {"city": "enum", "size": "enum", "street": "enum", "answer": "enum", "kind": "enum"}
        self._training = h2o.import_file(str(path), col_types=kinds)

    def train(
        self, estimator: Any, target: str | None, features: Sequence[str] = FEATURES, *, with_pojo: bool = False
    ) -> None:
        """Train a model, and save it as MOJO, and perhaps as POJO."""
        estimator.train(x=list(features), y=target, training_frame=self._training)
        folder = self._folder / estimator.model_id
        folder.mkdir()
        estimator.download_mojo(str(folder))
        if with_pojo:
            estimator.download_pojo(str(folder), get_genmodel_jar=False)

    def close(self) -> None:
        self._h2o.cluster().shutdown()


def jar() -> Path:
    """Return the jar of the package ``h2o``."""
    import h2o

    return Path(h2o.__file__).parent / "backend" / "bin" / "h2o.jar"


def predict_csv(model: Path, data: Path, width: int) -> np.ndarray:
    """Predict with H2O's own command line, ``hex.genmodel.tools.PredictCsv``, on the JVM that runs already.

    :param width: how many of the last fields count: labels with a comma are not quoted.
    """
    import jpype

    output = data.with_name(f"{model.name}-expected.csv")
    which = ["--pojo", model.stem] if model.suffix == ".java" else ["--mojo", str(model)]
    words = [*which, "--input", str(data), "--output", str(output), "--decimal", "--setConvertInvalidNum"]
    thread = jpype.java.lang.Thread.currentThread()
    thread.setContextClassLoader(_loader(model.parents[1] / "classes"))
    try:
        command = jpype.JClass("hex.genmodel.tools.PredictCsv", loader=thread.getContextClassLoader())
        command.make(words, None).run()
    finally:
        thread.setContextClassLoader(jpype.java.lang.ClassLoader.getSystemClassLoader())
    lines = output.read_text().splitlines()[1:]
    return np.array([line.split(",")[-width:] for line in lines], dtype=float)


@lru_cache(maxsize=1)
def _loader(classes: Path) -> Any:
    import jpype

    url = jpype.JClass("java.net.URL")
    urls = [url(jar().as_uri()), url(f"{classes.as_uri()}/")]
    return jpype.JClass("java.net.URLClassLoader")(jpype.JArray(url)(urls))


def train_all(server: H2o) -> None:
    """Train all the models that tests need."""
    from h2o import estimators

    made = {
        "gbm": lambda name: estimators.H2OGradientBoostingEstimator(ntrees=5, seed=1, model_id=name),
        "drf": lambda name: estimators.H2ORandomForestEstimator(ntrees=20, max_depth=6, seed=1, model_id=name),
        "glm": lambda name: estimators.H2OGeneralizedLinearEstimator(seed=1, model_id=name),
        "dl": lambda name: estimators.H2ODeepLearningEstimator(hidden=[8], epochs=2, seed=1, model_id=name),
    }
    for algorithm, make in made.items():
        for target in TARGETS:
            server.train(make(f"{algorithm}_{target}"), target, with_pojo=True)
    if estimators.H2OXGBoostEstimator.available():
        for target in TARGETS:
            name = f"xgb_{target}"
            server.train(estimators.H2OXGBoostEstimator(ntrees=2, seed=1, model_id=name), target)
    isolation = estimators.H2OIsolationForestEstimator(ntrees=5, seed=1, model_id="isolation_outlier")
    server.train(isolation, None)
    server.train(estimators.H2OKMeansEstimator(k=2, seed=1, model_id="kmeans_none"), None)
    onehot = estimators.H2OGradientBoostingEstimator(
        ntrees=5, seed=1, model_id="onehot_answer", categorical_encoding="one_hot_explicit"
    )
    server.train(onehot, "answer")
    offset = estimators.H2OGradientBoostingEstimator(ntrees=5, seed=1, model_id="offset_number", offset_column="base")
    server.train(offset, "number")
    deep = {"ntrees": 10, "max_depth": 15, "min_rows": 1, "seed": 1}
    for target in TARGETS:
        forest = estimators.H2ORandomForestEstimator(**deep, model_id=f"deepdrf_{target}")
        boosted = estimators.H2OGradientBoostingEstimator(**deep, model_id=f"deepgbm_{target}")
        server.train(forest, target, [*FEATURES, "street"])
        server.train(boosted, target, [*FEATURES, "street"])


def train_apart(folder: Path) -> dict[str, Path]:
    """Train in a process of its own."""
    done = subprocess.run([sys.executable, __file__, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return {path.name: path for path in folder.glob("*/*") if path.suffix in (".zip", ".java")}


def main() -> None:
    server = H2o(Path(sys.argv[1]))
    try:
        train_all(server)
    finally:
        server.close()
    sources = map(str, Path(sys.argv[1]).glob("*/*.java"))
    words = ["javac", "-nowarn", "-proc:none", "-cp", str(jar()), "-d", f"{sys.argv[1]}/classes", *sources]
    subprocess.run(words, check=True)


if __name__ == "__main__":
    main()
