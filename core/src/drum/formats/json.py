"""JSON: records, columns, ``{"dataframe_split": …}`` and a record a line."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from drum import media_types
from drum.formats.charsets import utf8_body
from drum.formats.frames import checked, joined
from drum.formats.json_reading import read_json, read_json_lines
from drum.hookspecs import hookimpl
from drum.types import ModelSpec, Payload, Predictions

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Doubles = np.ndarray[Any, np.dtype[np.float64]]

_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=str, separators=(",", ":"))

PLAIN_TYPES = frozenset({"bool", "int64", "int32", "uint64"})
"""Types whose every value JSON can hold as it is."""


@hookimpl(trylast=True)
def drum_read_input(payload: Payload) -> pd.DataFrame | None:
    """Read JSON in any of its shapes."""
    if payload.media_type not in (media_types.JSON, media_types.JSON_LINES):
        return None
    read = read_json_lines if payload.media_type == media_types.JSON_LINES else read_json
    return checked(read(utf8_body(payload), payload.room))


@hookimpl(trylast=True)
def drum_write_output(predictions: Predictions, media_type: str, spec: ModelSpec) -> bytes | None:
    """Write ``{"predictions": […]}``, or a record a line; what is missing or infinite is ``null``."""
    if media_type == media_types.JSON_LINES:
        frame = joined(predictions)
        return b"".join(_encode(record) + b"\n" for record in _records(frame, _doubles(frame)))
    return write_each(predictions, [len(predictions.frame)], spec)[0] if media_type == media_types.JSON else None


def write_each(predictions: Predictions, counts: Sequence[int], spec: ModelSpec) -> list[bytes]:
    """Write the first ``counts[0]`` rows as one JSON answer, those after them as the next, and so on."""
    frame, extra = predictions.frame, predictions.extra
    doubles = _doubles(frame)
    encode = _encode_doubles if extra is None and doubles is not None else _encode
    rows: list[Any] = (_column if spec.target_type.is_single_column else _records)(frame, doubles)
    answers = []
    start = 0
    for count in counts:
        answer: dict[str, Any] = {"predictions": rows[start : start + count]}
        if extra is not None:
            answer["extraModelOutput"] = _split_form(extra.iloc[start : start + count])
        answers.append(encode(answer))
        start += count
    return answers


def _split_form(frame: pd.DataFrame) -> dict[str, Any]:
    return {
        "columns": [str(name) for name in frame.columns],
        "index": list(range(len(frame))),
        "data": [list(row) for row in _rows(frame, _doubles(frame))],
    }


def _records(frame: pd.DataFrame, doubles: Doubles | None) -> list[dict[str, Any]]:
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in _rows(frame, doubles)]


def _column(frame: pd.DataFrame, doubles: Doubles | None) -> list[Any]:
    """Return the values of a frame of one column."""
    return [value for (value,) in _rows(frame, None)] if doubles is None else doubles.ravel().tolist()


def _rows(frame: pd.DataFrame, doubles: Doubles | None) -> Sequence[Sequence[Any]]:
    """Return the rows as JSON can hold them; those of finite doubles, which predictions mostly are, in no time."""
    if doubles is not None:
        rows: list[list[Any]] = doubles.tolist()
        return rows
    return list(zip(*(_values(frame.iloc[:, place]) for place in range(frame.shape[1])), strict=True))


def _doubles(frame: pd.DataFrame) -> Doubles | None:
    """Return the values of a frame that holds nothing but finite doubles."""
    import numpy as np

    values = frame.to_numpy()
    return values if values.dtype == float and bool(np.isfinite(values).all()) else None


def _values(column: pd.Series[Any]) -> list[Any]:
    values: list[Any] = column.tolist()
    return values if str(column.dtype) in PLAIN_TYPES else [_cell(value) for value in values]


def _cell(value: Any) -> Any:
    """Return what JSON can hold of a value: ``null`` for what is missing or infinite, lists for arrays."""
    import pandas as pd

    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, Mapping):
        return {str(key): _cell(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cell(inner) for inner in value]
    return _cell(value.tolist()) if hasattr(value, "tolist") else value  # numpy's scalars and arrays


def _encode_doubles(value: Any) -> bytes:
    """Encode what holds nothing but text and finite doubles, twenty times as fast as the standard library."""
    import msgspec

    return msgspec.json.encode(value)


def _encode(value: Any) -> bytes:
    return _encoder.encode(value).encode()
