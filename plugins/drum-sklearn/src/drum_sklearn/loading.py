"""Load models from files, and say what is wrong with those that do not load."""

from __future__ import annotations

import logging
import sys
import warnings
from pathlib import Path
from typing import Any

from drum.errors import LoadError, PluginDependencyError

log = logging.getLogger("drum.sklearn")

TRUSTED = ["numpy.dtype"]
"""What skops does not trust though it executes nothing; every fitted ``SimpleImputer`` holds it."""


def load(path: Path, *, no_pickle: bool = False) -> Any:
    """Load an estimator; say once which versions differ, if any.

    :param no_pickle: whether to refuse files whose loading executes code.
    :raises LoadError: if the file is damaged, refused, or holds no model.
    :raises PluginDependencyError: if a package that it needs is not installed.
    """
    if no_pickle and path.suffix.lower() != ".skops":
        raise LoadError(
            f"'{path.name}' is a pickle: to load it is to execute what lies in it, which --no-pickle refuses. Save the "
            "model with skops.io.dump as .skops."
        )
    try:
        from sklearn.exceptions import InconsistentVersionWarning
    except ImportError as error:
        raise PluginDependencyError(
            f"'{path.name}' needs scikit-learn ({error}). Run: pip install scikit-learn"
        ) from error
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", InconsistentVersionWarning)
        model = _load_skops(path) if path.suffix.lower() == ".skops" else _load_pickle(path)
    _report(caught, InconsistentVersionWarning, path.name)
    if not isinstance(model, type) and any(hasattr(model, name) for name in ("predict", "transform", "fit_predict")):
        return model
    kind = model if isinstance(model, type) else type(model)
    raise LoadError(
        f"'{path.name}' holds {'the class' if kind is model else 'a'} {kind.__module__}.{kind.__qualname__}, which is "
        "no model: it has neither 'predict' nor 'transform'. Save the fitted estimator or pipeline itself."
    )


def _load_pickle(path: Path) -> Any:
    import lzma
    import pickle
    import struct
    import zlib

    import joblib

    try:
        return joblib.load(path)
    except (EOFError, pickle.UnpicklingError, struct.error, zlib.error, lzma.LZMAError, OSError) as error:
        raise LoadError(
            f"'{path.name}' is truncated, or no pickle at all ({_described(error)}). Save the model again, and copy it "
            "in binary mode."
        ) from error
    except (ImportError, AttributeError, ValueError, TypeError, LookupError) as error:
        if isinstance(error, ImportError) and not _is_part_of_installed(error.name):
            raise  # the core says what to install
        raise LoadError(f"'{path.name}' cannot be unpickled ({_described(error)}). {_cause(error)}") from error


def _is_part_of_installed(module: str | None) -> bool:
    """Tell whether a missing module belongs to a package that is there, in another version."""
    package, dot, _ = (module or "").partition(".")
    return bool(dot) and package in sys.modules


def _cause(error: Exception) -> str:
    import sklearn

    if isinstance(error, AttributeError) and "__main__" in str(error):
        return (
            "The class was defined in the script or notebook that saved the model: move it to a module of its own, "
            "save the model again, and put the module beside it."
        )
    return (
        f"The file is damaged, or was saved with other versions than are installed here (scikit-learn "
        f"{sklearn.__version__}). Install the versions that saved it, or save the model again."
    )


def _load_skops(path: Path) -> Any:
    import zipfile

    try:
        from skops import io
        from skops.io.exceptions import UntrustedTypesFoundException
    except ImportError as error:
        raise PluginDependencyError("'.skops' files need skops. Run: pip install 'drum-sklearn[skops]'") from error
    try:
        return io.load(path, trusted=TRUSTED)
    except UntrustedTypesFoundException as error:
        types = sorted({*io.get_untrusted_types(file=path)} - {*TRUSTED})
        raise LoadError(
            f"'{path.name}' holds types that skops does not trust: {', '.join(types)}. If you trust them, load the "
            f"file in custom.py: def load_model(code_dir): return skops.io.load(..., trusted={types})."
        ) from error
    except (zipfile.BadZipFile, EOFError, ValueError, LookupError) as error:
        raise LoadError(f"'{path.name}' is truncated, or no skops file ({_described(error)}).") from error


def _report(caught: list[warnings.WarningMessage], skew: type[Warning], name: str) -> None:
    """Log the first of the version warnings, which come one for each estimator; pass on all others."""
    for item in caught:
        if not issubclass(item.category, skew):
            warnings.warn_explicit(item.message, item.category, item.filename, item.lineno)
    skewed: Any = next((item.message for item in caught if issubclass(item.category, skew)), None)
    if skewed is not None:
        log.warning(
            "'%s' was saved by scikit-learn %s, but %s is installed: predictions may differ. "
            "Install the same version, or save the model again.",
            name, skewed.original_sklearn_version, skewed.current_sklearn_version,
        )  # fmt: skip


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
