"""Export scikit-learn models to ONNX with skl2onnx."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.columns import is_numeric, listed
from drum.errors import ModelError, PluginDependencyError

if TYPE_CHECKING:
    import pandas as pd

LOCALE = "C.UTF-8"
"""In which graphs make text lower-case: skl2onnx's own choice, ``en_US``, is not on every machine."""
VECTORIZERS = ("CountVectorizer", "TfidfVectorizer")


def export(model: Any, features: pd.DataFrame, path: Path) -> None:
    """Write a graph with an input for each column, and a dynamic batch axis.

    Numbers are taken in single precision. A single column gives a single input.

    :param features: rows whose names and types the inputs take over.
    :raises ModelError: if skl2onnx cannot convert a part of the model; it is named.
    :raises PluginDependencyError: if skl2onnx is not installed.
    """
    try:
        from skl2onnx import to_onnx
        from skl2onnx.common.exceptions import MissingConverter, MissingShapeCalculator
    except ImportError as error:
        raise PluginDependencyError(f"To export to ONNX, run: pip install 'drum-train[onnx]' ({error}).") from error
    model = _joining(model, features)
    try:
        graph = to_onnx(model, initial_types=_inputs(features), options=_options(model))
    except (MissingConverter, MissingShapeCalculator) as error:
        operator = str(error).partition("'<class '")[2].partition("'")[0] or type(model).__name__
        raise ModelError(
            f"The model cannot be exported to ONNX: skl2onnx has no converter for '{operator}'. Put something in its "
            "place that it converts, or register a converter for it."
        ) from error
    except (RuntimeError, NotImplementedError, TypeError, ValueError) as error:
        raise ModelError(f"The model cannot be exported to ONNX: {str(error).strip().splitlines()[0]}") from error
    path.write_bytes(graph.SerializeToString())


def _joining(model: Any, features: pd.DataFrame) -> Any:
    """Return the model with a step in front that joins the columns, unless its first step takes them by name."""
    from sklearn.compose import ColumnTransformer, make_column_transformer
    from sklearn.pipeline import make_pipeline

    entrance = model
    while hasattr(entrance, "steps"):
        entrance = entrance.steps[0][1]
    if (
        isinstance(entrance, ColumnTransformer)
        or len(features.columns) < 2
        or not all(is_numeric(column) for _, column in features.items())
    ):
        return model
    joint = make_column_transformer(("passthrough", list(features.columns)))
    return make_pipeline(joint.fit(features), model)


def _inputs(features: pd.DataFrame) -> list[tuple[str, Any]]:
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    others = [name for name, column in features.items() if not is_numeric(column) and column.dtype.kind not in "OTU"]
    if others:
        raise ModelError(f"ONNX takes numbers and text; {listed(others)} is of type {features[others[0]].dtype}.")
    return [
        (str(name), (FloatTensorType if is_numeric(column) else StringTensorType)([None, 1]))
        for name, column in features.items()
    ]


def _options(model: Any) -> dict[Any, dict[str, Any]]:
    from sklearn import feature_extraction
    from sklearn.base import is_classifier

    found: dict[Any, dict[str, Any]] = {
        getattr(feature_extraction.text, name): {"locale": LOCALE} for name in VECTORIZERS
    }
    return {**found, id(model): {"zipmap": False}} if is_classifier(model) else found
