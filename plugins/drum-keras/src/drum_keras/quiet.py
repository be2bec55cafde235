"""Import Keras without a word from TensorFlow, and with no more threads than there are cores for each worker."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from drum.settings import Settings, cores, threads_per_call
from drum_keras.devices import choose_device

log = logging.getLogger("drum.keras")

DEFAULTS = {"TF_CPP_MIN_LOG_LEVEL": "2", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
"""Errors only; and of a GPU's memory what is needed, for workers share it. TensorFlow reads these once."""


def import_keras(settings: Settings) -> Any:
    """Return Keras, imported in silence.

    :raises ImportError: if Keras, or what computes for it, is not installed.
    :raises ConfigError: if it cannot compute on the device that ``--device`` names.
    """
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    with _silence():
        import keras
    keras.config.disable_interactive_logging()  # wrappers would draw their progress between the predictions
    with _silence():
        choose_device(settings, keras.backend.backend())
    if keras.backend.backend() == "tensorflow":
        _share_cores(settings)
    return keras


@contextmanager
def _silence() -> Iterator[None]:
    """Keep what native code writes to standard error meanwhile for the log; no variable silences all of it."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            log.debug("%s", file.read().decode(errors="replace"))


def _share_cores(settings: Settings) -> None:
    """Let each call take its share of the cores, once: TensorFlow's threads are there for good."""
    import tensorflow as tf

    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of batches of many sizes: they come as they come
    share = threads_per_call(settings)
    if share == cores():
        return
    threading: Any = tf.config.threading
    try:
        threading.set_intra_op_parallelism_threads(share)
        threading.set_inter_op_parallelism_threads(share)
    except RuntimeError:
        log.debug("TensorFlow has started its threads already.")
