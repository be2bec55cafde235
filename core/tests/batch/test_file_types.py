"""Guessing types from the first block, and noticing that a guess does not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from drum.batch.column_types import ColumnType
from drum.batch.csv_blocks import CsvFile
from drum.batch.file_types import FileTypes, TypesChangedError, guess_types
from drum.batch.typed_blocks import read_block


def guess(path: Path, *words: str) -> tuple[ColumnType, list[str]]:
    """Guess from the first word of a column; return also the words that contradict the guess."""
    path.write_text("w,x\n" + "".join(f"{word},1\n" for word in words))
    with path.open("rb") as file:
        csv = CsvFile(file, block_rows=1)
        types = guess_types(csv)
        contradicting = []
        for block in csv.blocks():
            try:
                read_block(csv.header, block, types)
            except TypesChangedError:
                contradicting.append(block.records.text.decode().partition(",")[0])
    return types.columns[0], contradicting


@pytest.mark.parametrize(
    ("words", "first", "contradicting"),
    [
        (("1", "2", "", "1.5"), ColumnType.INTEGER, ["", "1.5"]),
        (("", "1", "1.5", "x", "True", "1e20"), ColumnType.MISSING, ["x", "True"]),
        (("1.5", "1", "1e20", "x", "18446744073709551615"), ColumnType.DOUBLE, ["x", "18446744073709551615"]),
        (("18446744073709551615", "1", "-1", ""), ColumnType.UNSIGNED, ["1", "-1", ""]),
        (("True", "false", "", "1"), ColumnType.TRUTH, ["", "1"]),
        (("x", "1", "", "True", "99999999999999999999"), ColumnType.TEXT, []),
    ],
)
def test_a_guess_holds_or_is_contradicted(
    tmp_path: Path, words: tuple[str, ...], first: ColumnType, contradicting: list[str]
) -> None:
    assert guess(tmp_path / "data.csv", *words) == (first, contradicting)


@pytest.mark.parametrize("word", ["99999999999999999999", "1_000"])
def test_a_first_block_that_could_become_anything_is_no_base_for_a_guess(tmp_path: Path, word: str) -> None:
    with pytest.raises(TypesChangedError):
        guess(tmp_path / "data.csv", word)


def test_nothing_contradicts_scanned_types(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("w,x\n1,1\nx,2\n")
    with path.open("rb") as file:
        csv = CsvFile(file, block_rows=1)
        types = FileTypes((ColumnType.TEXT, ColumnType.INTEGER))
        frames = [read_block(csv.header, block, types) for block in csv.blocks()]
    assert [frame["w"][0] for frame in frames] == ["1", "x"]
