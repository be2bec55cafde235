"""Fit a model to data that scikit-learn ships, and write it where drum finds it: beside this file."""

from pathlib import Path

import keras
import pandas as pd
from keras import layers
from sklearn.datasets import load_breast_cancer

FOLDER = Path(__file__).parent


def main() -> None:
    """Fit, save, and write rows to score."""
    features, target = load()
    scaling = layers.Normalization()  # part of the model, so that rows are scored as they come
    scaling.adapt(features.to_numpy())
    model = keras.Sequential(
        [
            keras.Input((features.shape[1],)),
            scaling,
            layers.Dense(16, activation="relu"),
            layers.Dense(1, activation="sigmoid"),  # the probability of the positive class
        ]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy")
    model.fit(features, target, epochs=20, verbose=0)
    model.save(FOLDER / "model.keras")
    features[:20].to_csv(FOLDER / "example.csv", index=False)


def load() -> tuple[pd.DataFrame, pd.Series]:
    """Return the features, a row for each case, and what is to be predicted: replace this by your own data."""
    features, target = load_breast_cancer(return_X_y=True, as_frame=True)
    return features, 1 - target  # 1 is malignant


if __name__ == "__main__":
    main()
