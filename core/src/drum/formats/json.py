"""JSON: records, columns, ``{"dataframe_split": …}`` and a record a line."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from drum import media_types
from drum.errors import MalformedInputError
from drum.formats.frames import checked, joined
from drum.hookspecs import hookimpl
from drum.types import PREDICTIONS, ModelSpec, Payload, Predictions

if TYPE_CHECKING:
    import pandas as pd

PLAIN_TYPES = frozenset({"bool", "int64", "int32", "uint64"})
"""Types whose every value JSON can hold as it is."""
SHAPES = 'a list of records [{"a": 1}], columns {"a": [1]}, or {"dataframe_split": {"columns": ["a"], "data": [[1]]}}'


@hookimpl(trylast=True)
def drum_read_input(payload: Payload) -> pd.DataFrame | None:
    """Read JSON in any of its shapes."""
    if payload.media_type not in (media_types.JSON, media_types.JSON_LINES):
        return None
    text = _decode(payload.body)
    if payload.media_type == media_types.JSON_LINES:
        return checked(
            _from_records([_parse(line, number) for number, line in enumerate(text.split("\n"), 1) if line.strip()])
        )
    return checked(_frame(_parse(text)))


@hookimpl(trylast=True)
def drum_write_output(predictions: Predictions, media_type: str, spec: ModelSpec) -> bytes | None:
    """Write ``{"predictions": […]}``, or a record a line; what is missing or infinite is ``null``."""
    if media_type == media_types.JSON_LINES:
        return "".join(f"{_dump(record)}\n" for record in _records(joined(predictions))).encode()
    return write_each(predictions, [len(predictions.frame)], spec)[0] if media_type == media_types.JSON else None


def write_each(predictions: Predictions, counts: Sequence[int], spec: ModelSpec) -> list[bytes]:
    """Write the first ``counts[0]`` rows as one JSON answer, those after them as the next, and so on."""
    frame, extra = predictions.frame, predictions.extra
    rows = _values(frame[PREDICTIONS]) if spec.target_type.is_single_column else _records(frame)
    answers = []
    start = 0
    for count in counts:
        answer: dict[str, Any] = {"predictions": rows[start : start + count]}
        if extra is not None:
            answer["extraModelOutput"] = _split_form(extra.iloc[start : start + count])
        answers.append(_dump(answer).encode())
        start += count
    return answers


def _split_form(frame: pd.DataFrame) -> dict[str, Any]:
    return {
        "columns": [str(name) for name in frame.columns],
        "index": list(range(len(frame))),
        "data": [list(row) for row in zip(*(_values(frame[name]) for name in frame), strict=True)],
    }


def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedInputError(f"The JSON input must be UTF-8; byte {error.start} is not.") from error


def _parse(text: str, line: int | None = None) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise MalformedInputError("The JSON input is nested too deeply.") from error
    except ValueError as error:
        where = f" in line {line}" if line is not None else ""
        raise MalformedInputError(f"The input is not valid JSON{where}: {error}.") from error


def _frame(content: Any) -> pd.DataFrame:
    import pandas as pd

    if isinstance(content, list):
        return _from_records(content)
    if not isinstance(content, Mapping):
        raise MalformedInputError(f"JSON input must be {SHAPES}, not {type(content).__name__}.")
    split = content.get("dataframe_split")
    try:
        if isinstance(split, Mapping):
            return pd.DataFrame(split["data"], columns=split["columns"])
        return pd.DataFrame({name: _column(name, values) for name, values in content.items()})
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise MalformedInputError(f"JSON input must be {SHAPES}; this is not: {error}.") from error


def _column(name: str, values: Any) -> Any:
    import pandas as pd

    if isinstance(values, Mapping):  # {"a": {"0": 1}}, as pandas writes columns: rows belong together by their keys
        return pd.Series(list(values.values()), index=list(values))
    if not isinstance(values, list):
        raise ValueError(f"the value of '{name}' is no list")
    return values


def _from_records(records: list[Any]) -> pd.DataFrame:
    import pandas as pd

    for number, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise MalformedInputError(
                f"JSON input must be {SHAPES}; element {number} of the list is no record but {type(record).__name__}."
            )
    return pd.DataFrame(records)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = [str(name) for name in frame.columns]
    columns = [_values(frame[name]) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _values(column: pd.Series[Any]) -> list[Any]:
    import numpy as np

    values: list[Any] = column.tolist()
    plain = str(column.dtype) in PLAIN_TYPES or (column.dtype == float and np.isfinite(column.to_numpy()).all())
    return values if plain else [_cell(value) for value in values]


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


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=str)
