"""Scanning a file for its exact types."""

from __future__ import annotations

from pathlib import Path

import pytest

from drum.batch.column_types import ColumnType
from drum.batch.csv_blocks import CsvFile
from drum.batch.type_scan import scan_types

COLUMNS = {
    ("1", "2"): ColumnType.INTEGER,
    ("", "NA"): ColumnType.MISSING,
    ("1", ""): ColumnType.DOUBLE,
    ("1", "1.5", "1e300"): ColumnType.DOUBLE,
    ("True", "false"): ColumnType.TRUTH,
    ("True", ""): ColumnType.TRUTH_OR_MISSING,
    ("True", "1"): ColumnType.TEXT,
    ("", "x"): ColumnType.TEXT,
    ("x", "99999999999999999999", ""): ColumnType.TEXT,
    ("1", "18446744073709551615"): ColumnType.UNSIGNED,
    ("-1", "18446744073709551615"): ColumnType.TEXT,
    ("1", "", "18446744073709551615"): ColumnType.VERBATIM,
    ("1", "", "18446744073709551615", "1.5"): ColumnType.DOUBLE,
    ("1", "", "18446744073709551615", "x"): ColumnType.TEXT,
    ("1.5", "99999999999999999999"): ColumnType.DOUBLE,
    ("99999999999999999999", "1.5"): ColumnType.TEXT,
    ("1", "99999999999999999999", ""): ColumnType.LARGE_INTEGER,
    ("99999999999999999999", "", "x"): ColumnType.VERBATIM,
    ("", "-99999999999999999999", "-"): ColumnType.VERBATIM,
    ("", "-99999999999999999999", "-", "x"): ColumnType.TEXT,
    ("18446744073709551615", "-1.5", "1.5"): ColumnType.DOUBLE,
}


@pytest.mark.parametrize(("words", "expected"), COLUMNS.items(), ids=map(",".join, COLUMNS))
@pytest.mark.parametrize("rows", [1, 2, 10])
def test_the_types_of_a_file(tmp_path: Path, words: tuple[str, ...], expected: ColumnType, rows: int) -> None:
    path = tmp_path / "data.csv"
    path.write_text("w,x\n" + "".join(f"{word},1\n" for word in words))
    with path.open("rb") as file:
        types = scan_types(CsvFile(file, block_rows=rows))
    assert types.columns == (expected, ColumnType.INTEGER)
    assert not types.guessed
