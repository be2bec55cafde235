"""Frames on their way into R: columns become vectors straight from NumPy's memory; missing values become ``NA``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from drum.columns import in_groups, is_sparse
from drum.errors import MalformedInputError
from drum_r.session import Session

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

NA_INTEGER = -(2**31)
"""What R takes for a missing whole number or truth value."""
MOST_INTEGER = 2**31 - 1
NA_REAL_BITS = 0x7FF00000000007A2
"""What R takes for a missing number: a NaN with the year 1954 in it (R's arithmetic.c)."""
NUMBERS = frozenset({"integer", "floating", "mixed-integer-float", "decimal"})
FEW_ROWS = 64
"""Up to so many rows, several columns are handed over in one vector."""


def to_r(session: Session, frame: pd.DataFrame) -> Any:
    """Return a ``data.frame`` with the frame's columns under their own names, or of a sparse frame a ``dgCMatrix``.

    Text becomes a character vector, a category a factor, a date ``Date``, a time ``POSIXct``.

    :raises MalformedInputError: naming the column, if there is something in it that R has no vector for.
    """
    if is_sparse(frame):
        return _sparse(session, frame)
    names = _names(session, frame)
    small = _small(session, frame) if len(frame) <= FEW_ROWS else None
    if small is not None:
        return session.call("as_small_frame", *small, names, _size(session, len(frame)))
    columns = [_vector(session, str(name), column) for name, column in frame.items()]
    return session.call("as_frame", session.list(columns), names, _size(session, len(frame)))


def _names(session: Session, frame: pd.DataFrame) -> Any:
    names = tuple(map(str, frame.columns))
    _check_text(names)
    return session.names(names)


def _small(session: Session, frame: pd.DataFrame) -> tuple[Any, Any] | None:
    """Return vectors of several columns each, and the places of these; ``None`` if there are columns of other types."""
    groups = in_groups(frame)
    if groups is None:
        return None
    vectors = [_group(session, letter, values.ravel(order="F")) for letter, _, values in groups]
    if any(vector is None for vector in vectors):
        return None
    return session.list(vectors), session.list([_size(session, *(place + 1 for place in at)) for _, at, _ in groups])


def _group(session: Session, letter: str, values: npt.NDArray[Any]) -> Any:
    """Return the columns of one type, one after the other, as one vector; ``None`` if R has none for all of them."""
    import numpy as np

    if letter == "f":
        return session.doubles(_with_na(values))
    if letter == "b":
        return session.logicals(values.astype(np.int32))
    if letter == "i":
        fits = values.max() <= MOST_INTEGER and values.min() > NA_INTEGER
        return session.integers(values.astype(np.int32)) if fits else None
    missing = session.interface.NA_Character
    texts = [value if isinstance(value, str) else missing for value in values]
    try:
        _check_text([text for text in texts if text is not missing])
    except MalformedInputError:
        return None  # column by column, so that its name is told
    return session.interface.StrSexpVector(texts)


def _size(session: Session, *numbers: int) -> Any:
    return session.interface.IntSexpVector(numbers)


def _vector(session: Session, name: str, column: pd.Series[Any]) -> Any:
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _factor(session, name, column)
    if isinstance(dtype, pd.SparseDtype):
        column = column.astype(dtype.subtype)
        dtype = column.dtype
    if dtype.kind == "f":
        return _doubles(session, column)
    if dtype.kind in "iu":
        return _integers(session, column)
    if dtype.kind == "b":
        return _logicals(session, column)
    if dtype.kind == "M":
        return _times(session, column)
    return _strings(session, name, column) if dtype == "str" else _objects(session, name, column)


# ------------------------------------------------------------------------------------- numbers


def _doubles(session: Session, column: pd.Series[Any]) -> Any:
    import numpy as np

    return session.doubles(_with_na(column.to_numpy(np.float64, na_value=np.nan)))


def _with_na(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return doubles in which what is missing is R's ``NA``, which is one of many NaNs."""
    import numpy as np

    missing = np.isnan(values)
    if not missing.any():
        return np.ascontiguousarray(values)
    marked = np.array(values)
    marked.view(np.uint64)[missing] = NA_REAL_BITS
    return marked


def _integers(session: Session, column: pd.Series[Any]) -> Any:
    """Return whole numbers, or doubles where they are too large for R's 32 bits."""
    import numpy as np

    missing = column.isna().to_numpy()
    values = column.to_numpy(np.int64, na_value=0) if missing.any() else column.to_numpy()
    if len(values) and (values.max() > MOST_INTEGER or values.min() <= NA_INTEGER):
        return _doubles(session, column)
    return session.integers(_marked(values, missing))


def _logicals(session: Session, column: pd.Series[Any]) -> Any:
    import numpy as np

    missing = column.isna().to_numpy()
    values = column.to_numpy(np.int64, na_value=0) if missing.any() else column.to_numpy()
    return session.logicals(_marked(values, missing))


def _marked(values: npt.NDArray[Any], missing: npt.NDArray[Any]) -> npt.NDArray[Any]:
    import numpy as np

    narrow = np.ascontiguousarray(values, dtype=np.int32)
    return np.where(missing, np.int32(NA_INTEGER), narrow) if missing.any() else narrow


# ------------------------------------------------------------------------------------- text


def _strings(session: Session, name: str, column: pd.Series[Any]) -> Any:
    codes, known = column.factorize()
    return session.call("as_text", _codes(session, codes), _text(session, [str(text) for text in known], name))


def _factor(session: Session, name: str, column: pd.Series[Any]) -> Any:
    levels = [str(value) for value in column.cat.categories]
    codes = _codes(session, column.cat.codes.to_numpy())
    return session.call("as_factor", codes, _text(session, levels, name), session.logical(bool(column.cat.ordered)))


def _codes(session: Session, codes: npt.NDArray[Any]) -> Any:
    """Return places of values from 1, where missing ones have -1."""
    import numpy as np

    return session.integers(np.where(codes < 0, np.int32(NA_INTEGER), codes.astype(np.int32) + np.int32(1)))


def _text(session: Session, values: list[str], name: str = "") -> Any:
    """Return a character vector.

    :raises MalformedInputError: if there is a character that R's text cannot hold.
    """
    _check_text(values, name)
    return session.interface.StrSexpVector(values)


def _check_text(values: Sequence[str], name: str = "") -> None:
    try:
        whole = "".join(values).encode()
    except UnicodeEncodeError as error:
        raise _no_vector(name, "characters that are not Unicode (lone surrogates)") from error
    if b"\0" in whole:
        raise _no_vector(name, "NUL characters, which R's text cannot hold")


def _no_vector(name: str, what: str) -> MalformedInputError:
    where = f"column '{name.encode(errors='replace').decode()}'" if name else "the names of the columns"
    return MalformedInputError(f"There are {what} in {where}.")


# ------------------------------------------------------------------------------------- dates and objects


def _times(session: Session, column: pd.Series[Any]) -> Any:
    import numpy as np

    zone = getattr(column.dtype, "tz", None)
    moments = column.dt.tz_convert("UTC").dt.tz_localize(None) if zone is not None else column
    exact = moments.to_numpy("datetime64[us]")
    seconds = np.where(np.isnat(exact), np.nan, exact.astype(np.int64) / 1e6)
    return session.call("as_time", session.doubles(_with_na(seconds)), session.text(str(zone or "UTC")))


def _objects(session: Session, name: str, column: pd.Series[Any]) -> Any:
    """Return the vector for a column of Python's objects, by what they are."""
    import numpy as np
    import pandas as pd

    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind == "string":
        return _strings(session, name, column)
    if kind in ("empty", "boolean"):
        return _logicals(session, column.astype("boolean"))
    if kind in NUMBERS:
        return _doubles(
            session, column.astype("Float64" if kind != "decimal" else object).where(column.notna(), np.nan)
        )
    if kind == "date":
        days = pd.to_datetime(column).to_numpy("datetime64[D]")
        values = np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(np.float64))
        return session.call("as_date", session.doubles(_with_na(values)))
    if kind in ("datetime", "datetime64"):
        return _times(session, pd.to_datetime(column, utc=True))
    if all(isinstance(value, str | int | float) for value in column.dropna()):
        return _strings(session, name, column.map(str, na_action="ignore"))
    raise _no_vector(name, f"values of type {kind}, for which R has no vector,")


# ------------------------------------------------------------------------------------- sparse matrices


def _sparse(session: Session, frame: pd.DataFrame) -> Any:
    import numpy as np

    sparse: Any = frame
    matrix = sparse.sparse.to_coo().tocsc()
    matrix.sum_duplicates()
    return session.call(
        "as_sparse",
        session.integers(matrix.indices.astype(np.int32)),
        session.integers(matrix.indptr.astype(np.int32)),
        session.doubles(_with_na(matrix.data.astype(np.float64))),
        _size(session, *matrix.shape),
        _text(session, [str(name) for name in frame.columns]),
    )
