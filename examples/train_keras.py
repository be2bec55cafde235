"""Train the models of the Keras examples from data that scikit-learn ships, and write their inputs.

Run ``python examples/train_keras.py`` with drum-keras and scikit-learn installed; ``expected.csv`` of each folder is
then what Keras itself predicts, not what drum does.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pandas as pd
from keras import layers
from sklearn.datasets import load_diabetes, load_wine

HERE = Path(__file__).parent
ROWS = 20
WINE = ["barolo", "grignolino", "barbera"]
PERSON = ["age", "sex", "bmi", "bp"]
SERUM = ["s1", "s2", "s3", "s4", "s5", "s6"]


def main() -> None:
    """Write every example."""
    keras.utils.set_random_seed(0)
    multiclass()
    inputs()


def multiclass() -> None:
    """Tell three cultivars of wine apart; the model scales its input itself."""
    data = load_wine(as_frame=True)
    scaling = layers.Normalization()
    scaling.adapt(data.data.to_numpy())
    model = keras.Sequential([
        keras.Input((13,)), scaling, layers.Dense(16, activation="relu"), layers.Dense(3, activation="softmax")
    ])  # fmt: skip
    train(model, data.data, data.target, "sparse_categorical_crossentropy")
    folder = write("keras", model, data.data[::9])
    pd.DataFrame(predict(model, read(folder)), columns=WINE).to_csv(folder / "expected.csv", index=False)


def inputs() -> None:
    """Predict the progression of diabetes from two inputs, whose columns model-metadata.yaml names."""
    features, target = load_diabetes(return_X_y=True, as_frame=True)
    person, serum = keras.Input((len(PERSON),), name="person"), keras.Input((len(SERUM),), name="serum")
    joined = layers.Concatenate()(
        [layers.Dense(8, activation="relu")(person), layers.Dense(8, activation="relu")(serum)]
    )
    model = keras.Model([person, serum], layers.Dense(1)(joined))
    train(model, [features[PERSON], features[SERUM]], target, "mse")
    folder = write("keras-inputs", model, features)
    rows = read(folder)
    expected = predict(model, [rows[PERSON], rows[SERUM]])
    pd.DataFrame(expected, columns=["Predictions"]).to_csv(folder / "expected.csv", index=False)


def train(model: keras.Model, features: object, target: pd.Series, loss: str) -> None:
    """Fit a model."""
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=loss)
    model.fit(features, target, epochs=50, verbose=0)


def predict(model: keras.Model, features: object) -> np.ndarray:
    """Return what Keras predicts."""
    return model.predict(features, verbose=0)


def write(name: str, model: keras.Model, features: pd.DataFrame) -> Path:
    """Write model and input of one example and return its folder."""
    folder = HERE / name
    (folder / "model").mkdir(parents=True, exist_ok=True)
    model.save(folder / "model" / "model.keras")
    features[:ROWS].to_csv(folder / "input.csv", index=False)
    return folder


def read(folder: Path) -> pd.DataFrame:
    """Return the input of an example, as everybody will read it."""
    return pd.read_csv(folder / "input.csv")


if __name__ == "__main__":
    main()
