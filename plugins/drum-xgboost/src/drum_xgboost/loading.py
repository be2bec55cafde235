"""Load models from files, and say what is wrong with those that do not load."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

from drum.errors import LoadError, PluginDependencyError
from drum_xgboost.artifacts import PICKLES, content_of, is_cut

log = logging.getLogger("drum.xgboost")


def load(path: Path) -> Any:
    """Load a booster or an estimator, and start no threads, which would not survive a fork; log what XGBoost warns of.

    :raises LoadError: if the file is damaged, holds no model, or is of a version that this one does not read.
    :raises PluginDependencyError: if XGBoost is not installed.
    """
    try:
        import xgboost
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise PluginDependencyError(
            f"'{path.name}' needs XGBoost ({error}). Run: pip install 'drum-xgboost[cpu]' (or 'drum-xgboost[gpu]')"
        ) from error
    with threadpool_limits(1, "openmp"), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = _unpickled(path) if path.suffix.lower() in PICKLES else _booster(path)
    _report(caught, path.name, xgboost.__version__)
    return model


def _booster(path: Path) -> Any:
    import xgboost

    content = bytearray(path.read_bytes())
    if is_cut(content):
        raise LoadError(f"'{path.name}' is truncated: its end is missing. Save the model again.")
    booster = xgboost.Booster()
    try:
        booster.load_model(content)  # of bytes it tells the format by itself, whatever the name
    except ValueError as error:  # XGBoostError is one
        if content_of(path) == "binary":
            raise LoadError(
                f"'{path.name}' is in the binary format that XGBoost gave up with version 3.1; {xgboost.__version__} "
                "is installed. Load it with XGBoost 3.0 or older, and save it as .ubj or .json."
            ) from error
        raise LoadError(
            f"'{path.name}' is truncated, or no model of XGBoost ({_first_line(error)}). Save the model again."
        ) from error
    return booster


def _unpickled(path: Path) -> Any:
    import lzma
    import pickle
    import zlib

    import joblib
    import xgboost

    try:
        model = joblib.load(path)
    except (EOFError, pickle.UnpicklingError, zlib.error, lzma.LZMAError, OSError) as error:
        raise LoadError(f"'{path.name}' is truncated ({_first_line(error)}). Save the model again.") from error
    except (AttributeError, ValueError, TypeError, LookupError) as error:
        raise LoadError(
            f"'{path.name}' cannot be unpickled ({_first_line(error)}). The file is damaged, or was pickled by another "
            f"version than XGBoost {xgboost.__version__}: load it there, and keep it with save_model('model.ubj')."
        ) from error
    if not isinstance(model, type) and hasattr(model, "predict"):
        return model
    raise LoadError(f"'{path.name}' holds a {type(model).__name__}, which is no model. Save the fitted model itself.")


def _report(caught: list[warnings.WarningMessage], name: str, version: str) -> None:
    """Log what XGBoost has to say of a file, in one line each."""
    for text in {str(item.message) for item in caught}:
        if "older version of XGBoost" in text:
            log.warning(
                "'%s' was pickled by an older version than XGBoost %s: predictions may differ. "
                "Keep the model with save_model('model.ubj') instead, which every later version reads.",
                name, version,
            )  # fmt: skip
        else:
            log.warning("'%s': %s", name, " ".join(text.split()))


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
