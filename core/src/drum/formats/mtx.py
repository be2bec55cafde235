"""Matrix Market: sparse features, with their column names beside them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from drum import media_types
from drum.errors import MalformedInputError, ModelContractError
from drum.formats.frames import checked, import_extra, is_sparse, joined
from drum.formats.mtx_reading import read_matrix
from drum.hookspecs import hookimpl
from drum.types import Payload, Predictions

if TYPE_CHECKING:
    import pandas as pd

COLUMN_NAMES = "X.colnames"


@hookimpl(trylast=True)
def drum_read_input(payload: Payload) -> pd.DataFrame | None:
    """Read a matrix into a sparse frame; without names, columns are called ``0``, ``1`` and so on."""
    if payload.media_type != media_types.MTX:
        return None
    import_extra("scipy", "sparse", "Matrix Market input")
    try:
        matrix = read_matrix(payload.body, payload.room)
    except (ValueError, OverflowError) as error:
        raise MalformedInputError(f"The input is no valid Matrix Market file: {error}.") from error
    return checked(_frame(matrix, _names(payload, matrix.shape[1])))


@hookimpl(trylast=True)
def drum_write_output(predictions: Predictions, media_type: str) -> bytes | None:
    """Write a matrix in coordinate form; column names do not travel in this format."""
    if media_type != media_types.MTX:
        return None
    mmwrite = import_extra("scipy.io", "sparse", "Matrix Market output").mmwrite
    sparse: Any = import_extra("scipy.sparse", "sparse", "Matrix Market output")
    frame: Any = joined(predictions)
    text = [str(name) for name, dtype in frame.dtypes.items() if not _is_number(dtype)]
    if text:
        raise ModelContractError(f"Column '{text[0]}' is no number and cannot be written as Matrix Market. Use .csv.")
    zeros_left_out = all(is_sparse(dtype) and dtype.fill_value == 0 for dtype in frame.dtypes)
    matrix = frame.sparse.to_coo() if zeros_left_out else sparse.coo_matrix(frame.to_numpy(dtype="float64"))
    sink = io.BytesIO()
    mmwrite(sink, matrix, precision=17)
    return sink.getvalue()


def _is_number(dtype: Any) -> bool:
    return getattr(dtype, "subtype", dtype).kind in "fiub"


def _names(payload: Payload, width: int) -> list[str]:
    body = payload.parts.get(COLUMN_NAMES)
    if body is None:
        return [str(number) for number in range(width)]
    try:
        names = body.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise MalformedInputError(
            f"The column names of the matrix must be UTF-8; byte {error.start} is not."
        ) from error
    if len(names) != width:
        raise MalformedInputError(f"The matrix has {width} columns, but {len(names)} column names are given.")
    return names


def _frame(matrix: Any, names: list[str]) -> pd.DataFrame:
    import pandas as pd

    if not hasattr(matrix, "tocsc"):
        return pd.DataFrame(matrix, columns=names)
    sparse: Any = pd.DataFrame.sparse
    frame: pd.DataFrame = sparse.from_spmatrix(matrix.tocsc(), columns=names)
    return frame
