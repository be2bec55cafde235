"""What R returns, on its way into Python; nothing that is returned here refers to R's memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drum.contract import framed
from drum.errors import ModelContractError, PluginDependencyError
from drum_r.session import Session
from drum_r.to_r import NA_INTEGER

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

SEPARATOR = "\x1f"
"""Stands between the names of two classes that share a column."""


def texts(session: Session, vector: Any) -> list[str | None]:
    """Return a character vector as a list, with ``None`` for ``NA``."""
    missing = session.interface.NA_Character
    return [None if value is missing else str(value) for value in vector]


def predictions(session: Session, answer: Any) -> tuple[npt.NDArray[Any], list[str] | None]:
    """Return predictions as a 2-D array of float64, and the names of its columns if it has any."""
    values, size, names = answer
    matrix = session.array(values).reshape(tuple(size), order="F")
    return matrix, None if names is session.null else [text or "" for text in texts(session, names)]


def frame(session: Session, value: Any, stage: str) -> pd.DataFrame:
    """Return a ``data.frame`` or a sparse matrix as a frame.

    Factors become categories, ``Date`` dates, ``POSIXct`` times, ``NA`` what pandas takes for missing.

    :param stage: whose answer it is, for messages.
    :raises ModelContractError: if it is anything else, or naming the column that is of a class no column can hold.
    """
    import numpy as np
    import pandas as pd

    kind, names, rows, parts = session.call("taken_apart", value)
    if kind[0] == "sparse":
        return _sparse(session, parts, texts(session, names), stage)
    if kind[0] != "frame":
        raise ModelContractError(f"{stage} must return a data.frame, but returned an object of class '{kind[0]}'.")
    labels = [text or "" for text in texts(session, names)]
    if parts and all(part[0][0] == "number" for part in parts):
        return framed(np.column_stack([session.array(part[1]) for part in parts]), labels)
    columns = [_column(session, part, name, stage) for part, name in zip(parts, labels, strict=True)]
    made = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(int(rows[0])), copy=False)
    made.columns = pd.Index(labels, dtype="str")
    return made


def _column(session: Session, part: Any, name: str, stage: str) -> Any:
    """Return the values of a column that R has taken apart."""
    import numpy as np

    kind, values = part[0][0], part[1]
    if kind == "number":
        return session.array(values)
    if kind == "integer":
        whole = session.array(values)
        missing = whole == NA_INTEGER
        return np.where(missing, np.nan, whole) if missing.any() else whole.astype(np.int64)
    if kind == "logical":
        return _logical(session.array(values))
    if kind == "text":
        return _text(session.array(values), texts(session, part[2]))
    if kind == "factor":
        return _factor(session.array(values), texts(session, part[2]), ordered=bool(part[3][0]))
    if kind == "date":
        return _dates(session.array(values))
    if kind == "time":
        return _times(session.array(values), str(part[2][0]))
    raise ModelContractError(
        f"{stage} returned the column '{name}' of class '{values[0]}'; a column holds numbers, text, factors, truth "
        "values, dates or times."
    )


def _logical(values: npt.NDArray[Any]) -> Any:
    import numpy as np

    missing = values == NA_INTEGER
    return np.where(missing, np.nan, (values != 0).astype(object)) if missing.any() else values != 0


def _text(places: npt.NDArray[Any], known: list[str | None]) -> Any:
    import numpy as np
    import pandas as pd

    return pd.array(np.array(known, dtype=object)[places - 1], dtype="str")


def _factor(codes: npt.NDArray[Any], levels: list[str | None], *, ordered: bool) -> Any:
    import numpy as np
    import pandas as pd

    places = np.where(codes == NA_INTEGER, -1, codes - 1)
    return pd.Categorical.from_codes(places, pd.Index(levels, dtype="str"), ordered=ordered)


def _dates(days: npt.NDArray[Any]) -> Any:
    import numpy as np

    missing = np.isnan(days)
    dates = np.floor(np.where(missing, 0, days)).astype("datetime64[D]").astype(object)
    dates[missing] = None
    return dates


def _times(seconds: npt.NDArray[Any], zone: str) -> Any:
    import numpy as np
    import pandas as pd

    missing = np.isnan(seconds)
    exact = np.round(np.where(missing, 0, seconds) * 1e6).astype("datetime64[us]")
    exact[missing] = np.datetime64("NaT")
    return pd.DatetimeIndex(exact).tz_localize("UTC").tz_convert(zone or "UTC")


def _sparse(session: Session, parts: Any, names: list[str | None], stage: str) -> pd.DataFrame:
    import pandas as pd

    try:
        from scipy.sparse import csc_matrix
    except ImportError as error:
        raise PluginDependencyError(
            f"{stage} returned a sparse matrix, which needs scipy. Run: pip install 'drum-core[sparse]'"
        ) from error
    rows, starts, values, size = parts
    arrays = session.array(values), session.array(rows), session.array(starts)
    sparse: Any = pd.DataFrame.sparse
    made: pd.DataFrame = sparse.from_spmatrix(csc_matrix(arrays, shape=tuple(size)), columns=names)
    return made
