"""Tell by its first bytes whether a file holds a model of XGBoost.

Formats: https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html and https://ubjson.org.
"""

from __future__ import annotations

import re
from pathlib import Path

from drum.detection import pickled_package, pickled_packages

PICKLES = (".pkl", ".pickle", ".joblib")
EXTENSIONS = (".json", ".ubj", ".model", *PICKLES)
HEAD_BYTES = 4096

_JSON = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*\{\s*(?:"version"\s*:\s*\[[\d,\s]*\]\s*,\s*)?"learner"\s*:\s*\{\s*"attributes"'
)
_UBJSON = re.compile(rb"\{(?:L\0{7}|[Ui])\x07learner\{(?:L\0{7}|[Ui])\x0aattributes")
_BINARY = re.compile(rb"binf|.{136}[\x01-\x40]\0{7}[\w:]+[\x04-\x08]\0{7}(?:gbtree|gblinear|dart)", re.DOTALL)
_UBJSON_END = re.compile(rb"version\[[#L\0-\x7f]{,40}\}$")


def content_of(path: Path) -> str | None:
    """Return what of XGBoost's a file holds, or ``None``."""
    return _of_pickle(path) if path.suffix.lower() in PICKLES else _of_native_model(path)


def _of_pickle(path: Path) -> str | None:
    package = pickled_package(path)
    if package == "xgboost":
        return "pickle"
    return "pipeline" if package == "sklearn" and "xgboost" in pickled_packages(path) else None


def _of_native_model(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    known = {"JSON": _JSON, "UBJSON": _UBJSON, "binary": _BINARY}
    return next((name for name, pattern in known.items() if pattern.match(head)), None)


def is_cut(model: bytes | bytearray) -> bool:
    """Tell whether the end of a UBJSON model is missing, on which XGBoost's reader may crash."""
    return _UBJSON.match(model) is not None and _UBJSON_END.search(model[-80:]) is None
