"""A formula as a model: no artifact, no framework, custom code alone."""

import pandas as pd


def score(data, model, **kwargs):
    """Return the body mass index in kg/m²."""
    return pd.DataFrame({"Predictions": data["weight"] / data["height"] ** 2})
