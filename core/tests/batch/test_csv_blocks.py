"""Cutting: whole records, every byte once, at multiples of 64 or where the caller says."""

from __future__ import annotations

from pathlib import Path

import pytest

from drum.batch.csv_blocks import ROW_MULTIPLE, Block, CsvFile
from drum.errors import MalformedInputError


def blocks_of(path: Path, **options: int) -> list[Block]:
    with path.open("rb") as file:
        return list(CsvFile(file, **options).blocks())


def test_blocks_end_on_multiples_of_rows_and_together_are_the_file(numbers_csv: Path) -> None:
    blocks = blocks_of(numbers_csv, block_bytes=3000)
    assert len(blocks) > 5
    assert all(len(block.records) % ROW_MULTIPLE == 0 for block in blocks[:-1])
    assert b"n,t,x\n" + b"".join(block.records.text for block in blocks) == numbers_csv.read_bytes()
    assert [block.start.row for block in blocks][:2] == [0, len(blocks[0].records)]
    assert blocks[-1].end == numbers_csv.stat().st_size


def test_the_caller_may_say_how_many_rows(numbers_csv: Path) -> None:
    assert [len(block.records) for block in blocks_of(numbers_csv, block_rows=300)] == [300, 300, 300, 100]


def test_a_block_grows_until_it_holds_enough_records(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("t\n" + "".join(f"{'x' * 500}\n" for _ in range(200)))
    blocks = blocks_of(path, block_bytes=100)
    assert sum(len(block.records) for block in blocks) == 200
    assert len(blocks[0].records) >= ROW_MULTIPLE


def test_rows_longer_than_the_sample_are_still_cut_where_asked(tmp_path: Path) -> None:
    path = tmp_path / "growing.csv"
    path.write_text("t\n" + "x\n" * 10 + f"{'x' * 300_000}\n" * 10)
    assert [len(block.records) for block in blocks_of(path, block_rows=7)] == [7, 7, 6]


def test_lines_and_rows_are_counted_from_the_beginning_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_bytes(b'\xef\xbb\xbf\n"a\nb",c\n' + b'"x\ny",1\n\n' * 3 + b"z,2")
    starts = [block.start for block in blocks_of(path, block_rows=2)]
    assert [(start.row, start.line) for start in starts] == [(0, 4), (2, 9)]


def test_cutting_needs_nothing_but_a_cursor(numbers_csv: Path) -> None:
    with numbers_csv.open("rb") as file:
        csv = CsvFile(file, block_rows=10)
        first = csv.cut(csv.start)
        assert first is not None
        second = csv.cut(first[1])
        assert second is not None
        assert second[0].records.text.startswith(b"10,text 3,1.25\n")
        assert csv.cut(csv.start) is not None


def test_trailing_blank_lines_make_no_block(tmp_path: Path) -> None:
    path = tmp_path / "blank.csv"
    path.write_text("a,b\n" + "1,2\n" * 4 + "\n \n")
    assert [len(block.records) for block in blocks_of(path, block_rows=2)] == [2, 2]


def test_a_long_header_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"column {number}" for number in range(8_000)) + "\n" + "1," * 7_999 + "1\n")
    assert [len(block.records) for block in blocks_of(path)] == [1]


@pytest.mark.parametrize("text", ["", "\n\n", "a,b", "a,b\n", "a,b\n\n \n"])
def test_a_file_without_rows_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "none.csv"
    path.write_text(text)
    with pytest.raises(MalformedInputError):
        blocks_of(path)


def test_an_unclosed_quote_is_named_by_its_line_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "open.csv"
    path.write_text("a\n" + "1\n" * 200 + '"2\n' + "3\n" * 200)
    with pytest.raises(MalformedInputError, match="begins in line 202 "):
        blocks_of(path, block_bytes=64)
