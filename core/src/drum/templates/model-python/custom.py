"""The hooks of this model. Keep the ones you need; delete the rest, and what is left to the plugins stays theirs.

As it stands, this file is a model of its own: it predicts the row-wise mean of all numbers. Put a serialized
model (such as model.joblib) into this folder, delete ``score``, and the plugin for its framework scores it.
"""

import pandas as pd


def score(data, model, **kwargs):
    """Predict. Return a DataFrame with a row for each row of ``data``.

    Regression: one column. Classification: a column of probabilities for each class label; ``kwargs`` holds
    ``positive_class_label`` and ``negative_class_label``, or ``class_labels``.
    """
    return pd.DataFrame({"Predictions": data.select_dtypes("number").mean(axis=1)})


# def init(code_dir):
#     """Prepare whatever the other hooks need. Called once, before everything else."""


# def read_input_data(input_binary_data):
#     """Read the bytes of a request or file yourself and return a DataFrame."""


# def load_model(code_dir):
#     """Load the model yourself and return it; without this hook, the artifact in this folder is loaded."""


# def transform(data, model):
#     """Change the features before prediction. Return a DataFrame with as many rows."""
#     return data


# def post_process(predictions, model):
#     """Change the predictions. Return a DataFrame with the same columns and as many rows."""
#     return predictions


# def score_unstructured(model, data, query, **kwargs):
#     """Target type 'unstructured': answer text or bytes with text or bytes."""
#     return data
