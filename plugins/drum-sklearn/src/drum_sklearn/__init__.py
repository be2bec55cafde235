"""Score scikit-learn models kept as ``.pkl``, ``.pickle``, ``.joblib`` or ``.skops``."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.detection import only_file, pickled_package
from drum.errors import LoadError, MalformedInputError, ModelContractError, NoScorerError, PluginDependencyError
from drum.hookspecs import hookimpl
from drum.types import Artifact, Concurrency, Detection, Match, ModelSpec, TargetType

if TYPE_CHECKING:
    import pandas as pd

ARTIFACTS = (".pkl", ".pickle", ".joblib", ".skops")
FOREIGN = frozenset({"xgboost", "torch", "keras", "tensorflow"})
"""Packages that pickle models too, but have plugins of their own."""

CONCURRENCY = Concurrency.THREADS | Concurrency.FORK

log = logging.getLogger("drum.sklearn")


# ------------------------------------------------------------------------------------- finding


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


# ------------------------------------------------------------------------------------- loading


@hookimpl
def drum_load_model(artifact: Artifact) -> Any:
    """Load the artifact; say once which versions differ, if any."""
    if artifact.path is None:
        return None
    from sklearn.exceptions import InconsistentVersionWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", InconsistentVersionWarning)
        model = _load(artifact.path)
    _report(caught, InconsistentVersionWarning, artifact.path.name)
    if not any(hasattr(model, method) for method in ("predict", "transform", "fit_predict")):
        raise LoadError(
            f"'{artifact.path.name}' holds a {type(model).__module__}.{type(model).__qualname__}, which is no model: "
            "it has neither 'predict' nor 'transform'. Save the fitted estimator or pipeline itself."
        )
    return model


def _load(path: Path) -> Any:
    import pickle

    import joblib

    if path.suffix.lower() == ".skops":
        return _load_skops(path)
    try:
        return joblib.load(path)
    except (EOFError, pickle.UnpicklingError, ValueError, KeyError, IndexError) as error:
        raise LoadError(
            f"'{path.name}' is truncated, or no pickle at all ({type(error).__name__}: {error}). Save the model again, "
            "and copy it in binary mode."
        ) from error


def _load_skops(path: Path) -> Any:
    import zipfile

    try:
        from skops import io
        from skops.io.exceptions import UntrustedTypesFoundException
    except ImportError as error:
        raise PluginDependencyError("'.skops' files need skops. Run: pip install 'drum-sklearn[skops]'") from error
    try:
        return io.load(path)
    except UntrustedTypesFoundException as error:
        types = ", ".join(io.get_untrusted_types(file=path))
        raise LoadError(
            f"'{path.name}' holds types that skops does not trust: {types}. If you trust them, load the file in "
            f"custom.py: def load_model(code_dir): return skops.io.load(..., trusted=[{types!r}])."
        ) from error
    except (zipfile.BadZipFile, ValueError, KeyError) as error:
        raise LoadError(f"'{path.name}' is truncated, or no skops file ({type(error).__name__}: {error}).") from error


def _report(caught: list[warnings.WarningMessage], skew: type[Warning], name: str) -> None:
    skewed = False
    for item in caught:
        if not isinstance(item.message, skew):
            warnings.warn_explicit(item.message, item.category, item.filename, item.lineno)
        elif not skewed:
            skewed = True
            message: Any = item.message
            log.warning(
                "'%s' was saved by scikit-learn %s, but %s is installed: predictions may differ. "
                "Install the same version, or save the model again.",
                name, message.original_sklearn_version, message.current_sklearn_version,
            )  # fmt: skip


# ------------------------------------------------------------------------------------- scoring


@hookimpl
def drum_transform(batch: pd.DataFrame, model: Any, spec: ModelSpec) -> pd.DataFrame | None:
    """Transform features, for target type *transform* only."""
    if spec.target_type is not TargetType.TRANSFORM:
        return None
    import pandas as pd

    output = _method(model, "transform", spec)(_features(batch, model))
    if isinstance(output, pd.DataFrame):
        return output
    names = _output_names(model, output.shape[1])
    if hasattr(output, "tocsc"):
        sparse: Any = pd.DataFrame.sparse
        frame: pd.DataFrame = sparse.from_spmatrix(output, columns=names)
        return frame
    return pd.DataFrame(output, columns=names)


def _output_names(model: Any, width: int) -> list[str]:
    """Return the names that the transformer gives its output, or numbers where it has none to give."""
    try:
        return [str(name) for name in model.get_feature_names_out()]
    except (AttributeError, ValueError, NotImplementedError):
        return [str(number) for number in range(width)]


@hookimpl
def drum_score(batch: pd.DataFrame, model: Any, spec: ModelSpec) -> pd.DataFrame:
    """Predict probabilities for classes, anomaly scores for outliers, values for everything else."""
    import pandas as pd

    features = _features(batch, model)
    if spec.target_type is TargetType.MULTILABEL:
        return _multilabel(_method(model, "predict_proba", spec)(features), model, spec)
    if spec.target_type.is_classification:
        probabilities = _method(model, "predict_proba", spec)(features)
        return pd.DataFrame(probabilities, columns=[str(label) for label in model.classes_])
    if spec.target_type is TargetType.ANOMALY:
        return pd.DataFrame({"Predictions": _anomaly_scores(model, features, spec)})
    output = _method(model, "predict", spec)(features)
    return pd.DataFrame(output.reshape(len(batch), -1), columns=_single_name(output))


def _single_name(output: Any) -> list[str]:
    width = 1 if output.ndim == 1 else output.shape[1]
    if width != 1:
        raise ModelContractError(f"The model predicts {width} values a row; a single-column target type takes one.")
    return ["Predictions"]


def _method(model: Any, name: str, spec: ModelSpec) -> Callable[[Any], Any]:
    method = getattr(model, name, None)
    if method is None:
        hint = " (an SVC needs probability=True)" if name == "predict_proba" else ""
        raise NoScorerError(
            f"{type(model).__name__} has no '{name}', which target type '{spec.target_type.value}' needs{hint}. "
            "Choose another target type, or write a 'score' hook in custom.py."
        )
    return method  # type: ignore[no-any-return]


def _anomaly_scores(model: Any, features: Any, spec: ModelSpec) -> Any:
    """Return the model's own score of each row; scikit-learn's are lower the more abnormal a row is."""
    for name in ("decision_function", "score_samples"):
        if hasattr(model, name):
            return getattr(model, name)(features)
    return _method(model, "predict", spec)(features)


def _multilabel(output: Any, model: Any, spec: ModelSpec) -> pd.DataFrame:
    """Return the probability of each label: scikit-learn gives one matrix, or a list with two columns a label.

    An indicator matrix has no names: its columns are the labels in the declared order.
    """
    import numpy as np
    import pandas as pd

    classes = list(model.classes_)
    if isinstance(output, list):
        output = np.column_stack([_of_class_one(part, known) for part, known in zip(output, classes, strict=True)])
    named = any(isinstance(label, str) for label in classes)
    names = [str(label) for label in classes] if named else list(spec.labels or map(str, range(output.shape[1])))
    if len(names) != output.shape[1]:
        raise ModelContractError(f"The model predicts {output.shape[1]} labels, but {len(names)} are declared.")
    return pd.DataFrame(output, columns=names)


def _of_class_one(probabilities: Any, classes: Any) -> Any:
    """Return the column of class 1; a label that never occurred in training has no such column."""
    import numpy as np

    position = np.flatnonzero(np.asarray(classes) == 1)
    return probabilities[:, position[0]] if len(position) else np.zeros(len(probabilities))


# ------------------------------------------------------------------------------------- features


def _features(batch: pd.DataFrame, model: Any) -> Any:
    """Return the batch as the model was trained: by name where it knows names, else as a matrix."""
    names = getattr(model, "feature_names_in_", None)
    if names is None:
        return _matrix(batch) if hasattr(model, "n_features_in_") else batch
    dropped = _dropped(model, names)
    missing = [name for name in names if name not in batch.columns and name not in dropped]
    if missing:
        raise MalformedInputError(
            f"The input lacks {_listed(missing)} that the model was trained on. It has {_listed(list(batch.columns))}."
        )
    if len(names) == len(batch.columns) and (batch.columns == names).all():
        return _dense_or_sparse(batch)
    return _dense_or_sparse(batch[[name for name in names if name in batch.columns]])


def _dropped(model: Any, names: Any) -> frozenset[str]:
    """Return the columns that a leading ColumnTransformer saw in training and drops: they may be missing."""
    first = model[0] if hasattr(model, "steps") else model
    dropped: set[str] = set()
    for _, transformer, columns in getattr(first, "transformers_", ()):
        if isinstance(transformer, str) and transformer == "drop":
            by_name = isinstance(columns, list) and columns and isinstance(columns[0], str)
            dropped.update(columns if by_name else names[columns])
    return frozenset(dropped)


def _listed(names: list[Any], most: int = 10) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:most])
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"column{'s' if len(names) > 1 else ''} {shown}{more}"


def _is_sparse(batch: pd.DataFrame) -> bool:
    return bool(len(batch.columns)) and all(str(dtype).startswith("Sparse") for dtype in batch.dtypes)


def _dense_or_sparse(batch: pd.DataFrame) -> Any:
    sparse: Any = batch.sparse if _is_sparse(batch) else None
    return batch if sparse is None else sparse.to_coo().tocsr()


def _matrix(batch: pd.DataFrame) -> Any:
    return _dense_or_sparse(batch) if _is_sparse(batch) else batch.to_numpy()
