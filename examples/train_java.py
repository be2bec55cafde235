"""Write the examples of drum-java: an H2O model, a PMML document, and a class of one's own in a jar.

Run ``python examples/train_java.py`` with drum-java[h2o,pmml], scikit-learn and a JDK installed, and an h2o that saves
MOJOs (3.46.0.11 or older). Each ``expected.csv`` is what H2O, scikit-learn or the formula gives, not what drum does.
"""

from __future__ import annotations

import subprocess
import tempfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes, load_iris
from sklearn.tree import DecisionTreeClassifier

from drum_java.jvm import HELPER

FOLDER = Path(__file__).parent
ROWS = 20


def main() -> None:
    with_h2o()
    with_pmml()
    with_java()


# ------------------------------------------------------------------------------------- H2O


def with_h2o() -> None:
    """Predict the progression of diabetes with a boosted model: text, gaps, and a level that training has not seen."""
    import h2o
    from h2o.estimators import H2OGradientBoostingEstimator

    features, target = load_diabetes(return_X_y=True, as_frame=True)
    features["sex"] = features["sex"].map(lambda value: "female" if value > 0 else "male")
    features.loc[features.index[::7], "bmi"] = None
    h2o.init(ip="127.0.0.1", bind_to_localhost=True, max_mem_size="1g")
    training = h2o.H2OFrame(features.assign(target=target), column_types={"sex": "enum"})
    model = H2OGradientBoostingEstimator(ntrees=10, max_depth=3, seed=1, model_id="diabetes")
    model.train(x=list(features), y="target", training_frame=training)
    model.download_mojo(str(FOLDER / "h2o" / "model"))
    rows = features[:ROWS].copy()
    rows.loc[3, "sex"] = "unknown"
    rows.to_csv(FOLDER / "h2o" / "input.csv", index=False)
    predicted = model.predict(h2o.H2OFrame(rows, column_types={"sex": "enum"})).as_data_frame(use_multi_thread=False)
    predicted.rename(columns={"predict": "Predictions"}).to_csv(FOLDER / "h2o" / "expected.csv", index=False)
    h2o.cluster().shutdown()


# ------------------------------------------------------------------------------------- PMML


def with_pmml() -> None:
    """Tell irises apart with a decision tree."""
    features, target = load_iris(return_X_y=True, as_frame=True)
    features = features.astype(np.float32).astype(float)  # as scikit-learn's trees see them
    names = load_iris().target_names
    model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(features, names[target])
    (FOLDER / "pmml" / "model" / "iris.pmml").write_text(document(model, list(features)), encoding="utf-8")
    rows = features.iloc[::8][:ROWS]
    rows.to_csv(FOLDER / "pmml" / "input.csv", index=False)
    expected = pd.DataFrame(model.predict_proba(rows), columns=model.classes_)
    expected.to_csv(FOLDER / "pmml" / "expected.csv", index=False)


def document(model: DecisionTreeClassifier, features: list[str]) -> str:
    """Return a tree as PMML."""
    fields = [f'<DataField name={quoteattr(name)} optype="continuous" dataType="double"/>' for name in features]
    values = "".join(f'<Value value="{name}"/>' for name in model.classes_)
    mining = [f"<MiningField name={quoteattr(name)}/>" for name in features]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4">',
        "<Header/>",
        "<DataDictionary>",
        *fields,
        f'<DataField name="species" optype="categorical" dataType="string">{values}</DataField>',
        "</DataDictionary>",
        '<TreeModel functionName="classification" splitCharacteristic="binarySplit">',
        f'<MiningSchema>{"".join(mining)}<MiningField name="species" usageType="target"/></MiningSchema>',
        *nodes(model, features, 0, "<True/>"),
        "</TreeModel>",
        "</PMML>",
    ]
    return "\n".join(lines) + "\n"


def nodes(model: DecisionTreeClassifier, features: list[str], at: int, test: str) -> list[str]:
    """Return the lines of a node and of all below it."""
    tree = model.tree_
    shares = tree.value[at][0] / tree.value[at][0].sum()
    lines = [f'<Node id="{at}" score="{model.classes_[shares.argmax()]}">{test}']
    for name, share in zip(model.classes_, shares, strict=True):
        lines.append(
            f'<ScoreDistribution value="{name}" recordCount="{float(share)!r}" probability="{float(share)!r}"/>'
        )
    for child, operator in ((tree.children_left[at], "lessOrEqual"), (tree.children_right[at], "greaterThan")):
        if child >= 0:
            name, threshold = quoteattr(features[tree.feature[at]]), float(tree.threshold[at])
            below = f'<SimplePredicate field={name} operator="{operator}" value="{threshold!r}"/>'
            lines += nodes(model, features, child, below)
    return [*lines, "</Node>"]


# ------------------------------------------------------------------------------------- a class of one's own


def with_java() -> None:
    """Compile a class and put it into a jar that offers it to drum."""
    folder = FOLDER / "java"
    with tempfile.TemporaryDirectory() as classes:
        words = ["javac", "--release", "11", "-encoding", "UTF-8", "-cp", str(HELPER), "-d", classes]
        subprocess.run([*words, str(folder / "HeatIndex.java")], check=True)
        with zipfile.ZipFile(folder / "model" / "heat-index.jar", "w") as jar:
            content = {path.name: path.read_bytes() for path in sorted(Path(classes).glob("*.class"))}
            for name, data in {"META-INF/services/drum.Predictor": b"HeatIndex\n", **content}.items():
                jar.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    (folder / "model" / "weight.txt").write_text("0.1\n")
    random = np.random.default_rng(1)
    days = pd.DataFrame(
        {
            "temperature (°C)": random.normal(25, 6, ROWS).round(1),
            "humidity": random.integers(20, 100, ROWS).astype(float),
            "place": random.choice(["coast", "valley", "hills"], ROWS),
        }
    )
    days.loc[::6, "humidity"] = None
    days.to_csv(folder / "input.csv", index=False)
    felt = days["temperature (°C)"] + 0.1 * (days["humidity"].fillna(50) - 50) - (days["place"] == "coast") * 1.5
    felt.to_frame("Predictions").to_csv(folder / "expected.csv", index=False)


if __name__ == "__main__":
    main()
