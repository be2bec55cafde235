"""Features that are written come back as they were."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from drum import media_types
from drum.errors import UnsupportedMediaTypeError
from drum.plugins import create_plugin_manager
from drum.testing import CodeDir
from drum.trial.features import Features, has_sparse_columns
from drum.types import Payload

FRAME = pd.DataFrame({"n": [0.1, 1 / 3, None], "t": ['x,"y"\nz', "é", None], "i": [1, 2, 2**53 + 1]})


def features(tmp_path: Path) -> Features:
    return Features(create_plugin_manager(), tmp_path)


@pytest.mark.parametrize(
    "media_type",
    ["", media_types.CSV, media_types.JSON, media_types.JSON_LINES, media_types.PARQUET, media_types.ARROW_FILE],
)
def test_a_frame_comes_back(tmp_path: Path, media_type: str) -> None:
    installed = features(tmp_path)
    read = installed.read(Payload(body=installed.write(FRAME, media_type), media_type=media_type))
    assert read is not None
    pd.testing.assert_frame_equal(read, FRAME, check_exact=True)


def test_a_matrix_comes_back(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    sparse = pd.DataFrame({"0": [0.0, 1.5], "1": [2.5, 0.0]}).astype(pd.SparseDtype(float, 0.0))
    installed = features(tmp_path)
    read = installed.read(Payload(body=installed.write(sparse, media_types.MTX), media_type=media_types.MTX))
    assert read is not None
    assert has_sparse_columns(read)
    assert read.sparse.to_dense().to_numpy().tolist() == [[0.0, 2.5], [1.5, 0.0]]


def test_what_nobody_writes_or_reads(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedMediaTypeError, match="application/x-thing"):
        features(tmp_path).write(FRAME, "application/x-thing")
    assert features(tmp_path).read(Payload(body=b"x", media_type="application/x-thing")) is None


def test_custom_code_takes_no_part(tmp_path: Path) -> None:
    code = "def read_input_data(input_binary_data): raise AssertionError\ndef score(data, model): return data"
    manager = create_plugin_manager()
    from drum.library import find

    with find(manager, CodeDir(tmp_path / "m", {"custom.py": code}).path, target_type="regression"):
        frame = Features(manager, tmp_path).read(Payload(body=b"a\n1\n", media_type=media_types.CSV))
    assert frame is not None
    assert frame["a"].tolist() == [1]


def test_columns_of_numbers_and_text_are_not_sparse() -> None:
    assert not has_sparse_columns(FRAME)
    assert has_sparse_columns(pd.DataFrame({"x": pd.arrays.SparseArray([0.0, 1.0])}))
