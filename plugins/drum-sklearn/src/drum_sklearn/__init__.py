"""Score scikit-learn models kept as ``.pkl``, ``.pickle``, ``.joblib`` or ``.skops``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.detection import only_file, pickled_package
from drum.errors import MalformedInputError, ModelContractError, NoScorerError
from drum.hookspecs import hookimpl
from drum.types import PREDICTIONS, Artifact, Concurrency, Detection, Match, ModelSpec, TargetType
from drum_sklearn.complaints import complaint
from drum_sklearn.features import as_trained
from drum_sklearn.loading import load

if TYPE_CHECKING:
    import pandas as pd

ARTIFACTS = (".pkl", ".pickle", ".joblib", ".skops")
FOREIGN = frozenset({"xgboost", "torch", "keras", "tensorflow"})
"""Packages that pickle models too, but have plugins of their own."""

CONCURRENCY = Concurrency.THREADS | Concurrency.FORK

REMEDIES = {
    "predict_proba": " Train one that gives probabilities (wrap it in CalibratedClassifierCV),",
    "predict": " Train one that predicts new rows (LocalOutlierFactor needs novelty=True),",
}


@hookimpl
def drum_detect(code_dir: Path) -> Detection | None:
    """Vote for a ``.skops`` file, or for a pickle unless it is another framework's."""
    path = only_file(code_dir, *ARTIFACTS)
    if path is None:
        return None
    package = "sklearn" if path.suffix.lower() == ".skops" else pickled_package(path)
    if package in FOREIGN:
        return None
    match = Match.PROVEN if package == "sklearn" else Match.NAMED
    return Detection(runtime="sklearn", path=path, match=match, concurrency=CONCURRENCY, note=f"package {package}")


@hookimpl
def drum_recognize(model: Any) -> Detection | None:
    """Vote for any estimator: an object of scikit-learn's own classes, or of a class derived from them."""
    if not any(kind.__module__.partition(".")[0] == "sklearn" for kind in type(model).__mro__):
        return None
    return Detection(runtime="sklearn", match=Match.NAMED, concurrency=CONCURRENCY)


@hookimpl
def drum_load_model(artifact: Artifact) -> Any:
    """Load the artifact; warn if another version of scikit-learn saved it."""
    return None if artifact.path is None else load(artifact.path)


@hookimpl
def drum_transform(batch: pd.DataFrame, model: Any, spec: ModelSpec) -> pd.DataFrame | None:
    """Transform features, for target type *transform* only."""
    if spec.target_type is not TargetType.TRANSFORM:
        return None
    import numpy as np
    import pandas as pd

    output = _call("transform", model, batch, spec)
    if isinstance(output, pd.DataFrame):
        return output
    if hasattr(output, "tocsc"):
        sparse: Any = pd.DataFrame.sparse
        frame: pd.DataFrame = sparse.from_spmatrix(output, columns=_output_names(model, output.shape[1]))
        return frame
    matrix = np.asarray(output)
    matrix = matrix.reshape(len(matrix), -1)
    return pd.DataFrame(matrix, columns=_output_names(model, matrix.shape[1]))


def _output_names(model: Any, width: int) -> list[str]:
    """Return the names that the transformer gives its output, or numbers where it has none to give."""
    try:
        names = [str(name) for name in model.get_feature_names_out()]
    except (AttributeError, ValueError, NotImplementedError):
        names = []
    return names if len(names) == width else [str(number) for number in range(width)]


@hookimpl
def drum_score(batch: pd.DataFrame, model: Any, spec: ModelSpec) -> pd.DataFrame:
    """Predict probabilities for classes, anomaly scores for outliers, values for everything else."""
    import pandas as pd

    if spec.target_type is TargetType.MULTILABEL:
        return _of_labels(_call("predict_proba", model, batch, spec), model, spec)
    if spec.target_type.is_classification:
        probabilities = _call("predict_proba", model, batch, spec)
        if isinstance(probabilities, list):
            raise ModelContractError(
                f"The model predicts {len(probabilities)} targets, which is target type 'multilabel', "
                f"not '{spec.target_type.value}'."
            )
        return pd.DataFrame(probabilities, columns=[str(label) for label in model.classes_])
    return _one_column(_call(_single_column_method(model, spec), model, batch, spec))


def _single_column_method(model: Any, spec: ModelSpec) -> str:
    """Return what gives the value of a row: an outlier detector's score comes before its verdict."""
    if spec.target_type is TargetType.ANOMALY:
        return next((name for name in ("decision_function", "score_samples") if hasattr(model, name)), "predict")
    return "predict"


def _one_column(output: Any) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    values = np.asarray(output)
    values = values.reshape(len(values), -1)
    if values.shape[1] != 1:
        raise ModelContractError(f"The model gives {values.shape[1]} values a row; a single-column target takes one.")
    return pd.DataFrame(values, columns=[PREDICTIONS])


def _of_labels(output: Any, model: Any, spec: ModelSpec) -> pd.DataFrame:
    """Return the probability of each label: scikit-learn gives one matrix, or a list with two columns a label.

    An indicator matrix has numbers for names: unless these are declared, its columns are the declared labels.
    """
    import numpy as np
    import pandas as pd

    classes = list(model.classes_)
    if isinstance(output, list):
        output = np.column_stack([_of_presence(part, known) for part, known in zip(output, classes, strict=True)])
    names = range(output.shape[1]) if np.ndim(classes[0]) else classes  # a list of classes for each label names none
    columns = [str(name) for name in names]
    if spec.labels and set(columns) != set(spec.labels) and not isinstance(classes[0], str):
        columns = list(spec.labels)
    if len(columns) != output.shape[1]:
        raise ModelContractError(f"The model predicts {output.shape[1]} labels, but {len(columns)} are declared.")
    return pd.DataFrame(output, columns=columns)


def _of_presence(probabilities: Any, classes: Any) -> Any:
    """Return the probability that a label is there: of class 1, where training saw it at all."""
    import numpy as np

    known = np.asarray(classes).tolist()
    if len(known) > 2 or not set(known) <= {-1, 0, 1}:
        raise ModelContractError(f"A label has the classes {known}; multilabel takes 0 (absent) and 1 (present).")
    return probabilities[:, known.index(1)] if 1 in known else np.zeros(len(probabilities))


def _call(name: str, model: Any, batch: Any, spec: ModelSpec) -> Any:
    """Call one of the model's methods; tell the caller where it is the data that it does not take."""
    method = getattr(model, name, None)
    if method is None:
        raise NoScorerError(
            f"{type(model).__name__} has no '{name}', which target type '{spec.target_type.value}' needs."
            f"{REMEDIES.get(name, '')} choose another target type, or write a 'score' hook in custom.py."
        )
    features = as_trained(batch, model)
    try:
        return method(features)
    except (ValueError, TypeError) as error:
        reason = complaint(error, batch, model)
        if reason is None:
            raise
        raise MalformedInputError(reason) from error
