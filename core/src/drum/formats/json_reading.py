"""Read JSON into a frame: records, columns, ``{"dataframe_split": …}`` or a record a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from drum.errors import MalformedInputError
from drum.formats.frames import check_number, objects
from drum.formats.room import check_room

if TYPE_CHECKING:
    import pandas as pd

SHAPES = 'a list of records [{"a": 1}], columns {"a": [1]}, or {"dataframe_split": {"columns": ["a"], "data": [[1]]}}'
BYTES_OF_A_VALUE = 2**6
"""What a value costs as an object, however short its text is."""
MOST_NESTED = 100
"""Lists and objects within one another; what is deeper breaks those that walk through it later."""
HALF_A_LETTER = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(body: bytes, room: int | None) -> pd.DataFrame:
    """Read one document.

    :param room: bytes that it may take in memory; ``None`` for as many as it needs.
    :raises MalformedInputError: if it is no JSON, or not in one of the shapes that are known.
    :raises PayloadTooLargeError: if it would take more room.
    """
    text = _decode(body)
    _check_text(text, room)
    return _frame(_parse(text), room)


def read_json_lines(body: bytes, room: int | None) -> pd.DataFrame:
    """Read a record a line; parameters and errors are those of :func:`read_json`."""
    return frame_of_records(parse_json_lines(body, room), room)


def parse_json_lines(body: bytes, room: int | None) -> list[Any]:
    """Return what stands in each line, as objects; parameters and errors are those of :func:`read_json`."""
    text = _decode(body)
    _check_text(text, room)
    lines = ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())
    return [_parse(line, number) for number, line in lines]


# ------------------------------------------------------------------------------------- from text to objects


def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedInputError(f"The JSON input must be UTF-8; byte {error.start} is not.") from error


def _check_text(text: str, room: int | None) -> None:
    """Refuse more values than there is room for, before an object is made of each; texts may hold such letters too."""
    values = text.count(",") + text.count("[") + text.count("{")
    check_room(room, further=values * BYTES_OF_A_VALUE)


def _parse(text: str, line: int | None = None) -> Any:
    where = f" in line {line}" if line is not None else ""
    try:
        content = json.loads(text)
        if HALF_A_LETTER.search(text):
            json.dumps(content, ensure_ascii=False).encode()
    except RecursionError as error:
        raise MalformedInputError(f"The JSON input is nested too deeply{where}.") from error
    except UnicodeEncodeError as error:
        raise MalformedInputError(f"The JSON input{where} holds half a letter: one of a pair of surrogates.") from error
    except ValueError as error:
        raise MalformedInputError(f"The input is not valid JSON{where}: {_said(error)}.") from error
    return content


def _said(error: ValueError) -> str:
    too_long = "integer string conversion" in str(error)  # Python's own words are about Python
    return "a whole number has thousands of digits" if too_long else str(error)


# ------------------------------------------------------------------------------------- from objects to a frame


def _frame(content: Any, room: int | None) -> pd.DataFrame:
    if isinstance(content, list):
        return frame_of_records(content, room)
    if not isinstance(content, Mapping):
        raise MalformedInputError(f"JSON input must be {SHAPES}, not {type(content).__name__}.")
    split = content.get("dataframe_split")
    try:
        return _from_split(split, room) if isinstance(split, Mapping) else _from_columns(content, room)
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise MalformedInputError(f"JSON input must be {SHAPES}; this is not: {error}.") from error


def _from_split(split: Mapping[str, Any], room: int | None) -> pd.DataFrame:
    import pandas as pd

    data, columns = split["data"], split["columns"]
    if not isinstance(data, list) or not isinstance(columns, list):
        raise TypeError("'columns' and 'data' must be lists")
    if not all(isinstance(name, str | int | float) for name in columns):
        raise TypeError("'columns' must hold names")
    check_room(room, rows=len(data), columns=max(len(columns), _most(row for row in data if isinstance(row, list))))
    return _sound(pd.DataFrame(data, columns=columns))


def _from_columns(content: Mapping[str, Any], room: int | None) -> pd.DataFrame:
    import pandas as pd

    for name, values in content.items():
        if not isinstance(values, Mapping | list):
            raise ValueError(f"the value of '{name}' is no list")
    keyed = [values for values in content.values() if isinstance(values, Mapping)]
    rows = max(len(set().union(*keyed)), _most(content.values()))
    check_room(room, rows=rows, columns=len(content))
    return _sound(pd.DataFrame({name: _column(values) for name, values in content.items()}))


def _column(values: Any) -> Any:
    import pandas as pd

    if isinstance(values, Mapping):  # {"a": {"0": 1}}, as pandas writes columns: rows belong together by their keys
        return pd.Series(list(values.values()), index=list(values))
    return values


def frame_of_records(records: list[Any], room: int | None) -> pd.DataFrame:
    """Make a frame of records, with the types that pandas infers from all of them.

    :raises MalformedInputError: if one is no record, or holds what no model can take.
    :raises PayloadTooLargeError: if the frame would take more room.
    """
    import pandas as pd

    for number, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise MalformedInputError(
                f"JSON input must be {SHAPES}; element {number} of the list is no record but {type(record).__name__}."
            )
    check_room(room, rows=len(records), columns=len(set().union(*records)))
    return _sound(pd.DataFrame(records))


def _most(values: Iterable[Sequence[Any] | Mapping[Any, Any]]) -> int:
    return max(map(len, values), default=0)


# ------------------------------------------------------------------------------------- what no model can take


def _sound(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame.

    :raises MalformedInputError: if a number is larger than any column can hold, or a value is nested too deeply.
    """
    for where, value in objects(frame):
        check_number(value, where)
        if isinstance(value, list | dict) and _is_too_deep(value):
            raise MalformedInputError(f"The JSON input is nested too deeply in {where}.")
    return frame


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MOST_NESTED):
        level = [inner for outer in level for inner in _inner(outer) if isinstance(inner, list | dict)]
        if not level:
            return False
    return True


def _inner(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value
