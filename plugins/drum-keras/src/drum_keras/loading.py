"""Load models from files, and say what is wrong with those that do not load."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from drum.errors import LoadError, PluginDependencyError
from drum.settings import Settings
from drum_keras.artifacts import Kind, kind_of
from drum_keras.pipelines import holds_keras
from drum_keras.quiet import import_keras
from drum_keras.scoring import is_keras, made_ready

SUFFIXES = {Kind.ARCHIVE: ".keras", Kind.HDF5: ".h5"}

log = logging.getLogger("drum.keras")


def load(path: Path, settings: Settings) -> Any:
    """Load a Keras model, or an estimator of scikit-learn's with one inside.

    :raises LoadError: if the file is damaged, holds no model, or something that Keras does not know.
    """
    kind = kind_of(path)
    if kind is Kind.WEIGHTS:
        raise LoadError(
            f"'{path.name}' holds weights, but not the model. Save the model itself: model.save('x.keras')."
        )
    if kind is None:
        raise LoadError(
            f"'{path.name}' is truncated, or no file of Keras'. Save the model again with model.save, and copy it in "
            "binary mode."
        )
    if kind is not Kind.PICKLE:
        return _of_keras(path, kind, settings)
    if settings["no_pickle"]:
        raise LoadError(
            f"'{path.name}' is a pickle: loading it executes code that lies in it, which --no-pickle refuses. Save the "
            "Keras model alone, with model.save('model.keras')."
        )
    return _of_pickle(path, settings)


def _of_keras(path: Path, kind: Kind, settings: Settings) -> Any:
    keras = import_keras(settings)
    try:
        with _named_by_content(path, kind) as named, _warnings_logged():
            return made_ready(keras.saving.load_model(named, compile=False, safe_mode=True))
    except (OSError, EOFError, KeyError) as error:
        raise LoadError(f"'{path.name}' is damaged ({_described(error)}). Save the model again.") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise LoadError(f"'{path.name}' cannot be loaded ({_described(error)}). {_cause(error, keras)}") from error


@contextmanager
def _named_by_content(path: Path, kind: Kind) -> Iterator[Path]:
    """Give the file the extension of what it holds: Keras goes by that, and before 2.13 wrote HDF5 to ``.keras``."""
    extension = SUFFIXES[kind]
    if path.suffix == extension:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / f"model{extension}"
        link.symlink_to(path)
        yield link


@contextmanager
def _warnings_logged() -> Iterator[None]:
    """Log what Keras has to say about how the model was made: it is too late to change that."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for item in caught:
        log.info("%s: %s", item.category.__name__, item.message)


def _cause(error: Exception, keras: Any) -> str:
    message = str(error)
    if "Could not locate" in message or "Unknown layer" in message:
        return (
            "A class or function of your own is known once it is registered: define it in a custom.py, decorated with "
            "@keras.saving.register_keras_serializable(), under the name with which it was saved."
        )
    if "safe_mode" in message or "unsafe" in message.lower():
        return (
            "It holds Python code (a Lambda layer), which loading would execute. Write the layer as a class, or load "
            "the model in custom.py: def load_model(code_dir): return keras.saving.load_model(..., safe_mode=False)."
        )
    return f"The file is damaged, or was saved by a version that Keras {keras.__version__} cannot read."


def _of_pickle(path: Path, settings: Settings) -> Any:
    import_keras(settings)
    try:
        import joblib
    except ImportError as error:
        raise PluginDependencyError(
            f"'{path.name}' needs scikit-learn ({error}). Run: pip install 'drum-keras[pipelines]'"
        ) from error
    model = _unpickled(joblib, path)
    if is_keras(model):
        return made_ready(model)
    if not holds_keras(model):
        raise LoadError(f"'{path.name}' holds a {type(model).__name__}: neither a Keras model nor a pipeline with one.")
    return model


def _unpickled(joblib: Any, path: Path) -> Any:
    try:
        with _warnings_logged():
            return joblib.load(path)
    except ModuleNotFoundError as error:
        raise LoadError(
            f"'{path.name}' needs the Python module '{error.name}', which cannot be found. Put the file that built the "
            "model beside it, or install the package that did."
        ) from error
    except Exception as error:
        raise LoadError(
            f"'{path.name}' cannot be unpickled ({_described(error)}). It is damaged, or was saved with other versions "
            "than are installed here, or by a script whose functions it needs: put those into a module beside it."
        ) from error


def _described(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text if len(text) <= 300 else text[:297] + '...'}"
