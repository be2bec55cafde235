"""Sort requests for help into a hierarchy of topics: what trains the model, and what scores it, in one file."""

from io import StringIO
from pathlib import Path

import pandas as pd

WORDS = r"[a-zA-Z0-9_]+"  # a pattern that ONNX knows too
SHOWN = 2


def fit(X, y, output_dir, class_order, row_weights, parameters):  # noqa: N803 - the names of the hook
    """Fit words to topics, and keep the pipeline where drum finds it."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from skops import io

    model = make_pipeline(TfidfVectorizer(token_pattern=WORDS), LogisticRegression(C=parameters.get("C", 10.0)))
    model.fit(X["text"], y, logisticregression__sample_weight=row_weights)
    io.dump(model, Path(output_dir) / "model.skops")


def post_process(predictions, model):
    """Add the likeliest topics, a line each, the likeliest first."""
    ranked = predictions.columns.to_numpy()[(-predictions.to_numpy()).argsort(axis=1, kind="stable")[:, :SHOWN]]
    return predictions.assign(topics=["\n".join(row) for row in ranked])


def score_unstructured(model, data, mimetype, **kwargs):
    """Answer a request a line, or a CSV with a column 'text', with a topic a line."""
    texts = pd.read_csv(StringIO(data))["text"] if mimetype == "text/csv" else pd.Series(data.splitlines())
    return "\n".join(model.predict(texts))
