"""The reply of a transform: features, their names where they are sparse, and the target, as one multipart body."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from drum import media_types
from drum.formats.frames import is_sparse
from drum.types import Predictions

if TYPE_CHECKING:
    from drum.scorer import Scorer


def transform_reply(scorer: Scorer, predictions: Predictions) -> tuple[bytes, str]:
    """Return the body and its content type."""
    frame = predictions.frame
    sparse = bool(len(frame.columns)) and all(is_sparse(dtype) for dtype in frame.dtypes)
    features = Predictions(frame=frame)
    parts = {
        "X.format": b"sparse" if sparse else b"csv",
        "X.transformed": scorer.write(features, media_types.MTX if sparse else media_types.CSV),
    }
    if sparse:
        parts["X.colnames"] = "\n".join(map(str, frame.columns)).encode()
    if predictions.target is not None:
        parts["y.transformed"] = scorer.write(Predictions(frame=predictions.target), media_types.CSV)
    boundary = secrets.token_hex(16)
    sections = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + body + b"\r\n"
        for name, body in parts.items()
    ]
    return b"".join([*sections, f"--{boundary}--\r\n".encode()]), f"{media_types.MULTIPART}; boundary={boundary}"
