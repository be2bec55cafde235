"""Cut a CSV file into blocks of whole records."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from drum.errors import MalformedInputError
from drum.formats.csv_parsing import Header, read_header
from drum.formats.csv_records import Records, check_quotes_closed, find_records

BLOCK_BYTES = 4 * 2**20
SAMPLE_BYTES = 2**16
ROW_MULTIPLE = 64
"""Linear algebra works in blocks of rows: cuts elsewhere can change the last bits of a prediction."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two records of a file: its byte, the rows before it and the number of its line."""

    offset: int
    row: int
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """Some records of a file: where they begin, and at which byte they end."""

    records: Records
    start: Cursor
    end: int


class NoRowsError(MalformedInputError):
    """The input is sound but empty."""


class CsvFile:
    """A seekable CSV file; its blocks can be cut from any process that inherits it.

    :param block_rows: records in a block; ``None`` for as many as make some megabytes.
    :raises MalformedInputError: if there is no header.
    :raises NoRowsError: if there is no row after it.
    """

    def __init__(self, file: BinaryIO, *, block_rows: int | None = None, block_bytes: int = BLOCK_BYTES) -> None:
        self._descriptor = file.fileno()
        self.size = os.fstat(self._descriptor).st_size
        self.header = self._read_header()
        self.start = Cursor(self.header.size, 0, self.header.lines + 1)
        self._block_rows = block_rows
        self._block_bytes = block_bytes if block_rows is None else self._bytes_of_rows(block_rows)
        if self.cut(self.start) is None:
            raise NoRowsError("The CSV input has a header but no rows. Give at least one.")

    def cut(self, cursor: Cursor) -> tuple[Block, Cursor] | None:
        """Cut off the block that begins at ``cursor``; ``None`` says that the file has ended.

        :raises MalformedInputError: if a quote in it is never closed.
        """
        size = self._block_bytes
        while True:
            at_end = cursor.offset + size >= self.size
            records = self._records(cursor.offset, size)
            if at_end:
                check_quotes_closed(records, cursor.line)
            if count := self._count_to_cut(len(records), at_end):
                return _cut_behind(cursor, records.first(count))
            if at_end:
                return None
            size *= 2

    def blocks(self) -> Iterator[Block]:
        """Cut the whole file, block by block."""
        cursor = self.start
        while (cut := self.cut(cursor)) is not None:
            block, cursor = cut
            yield block

    def _count_to_cut(self, available: int, at_end: bool) -> int:
        if self._block_rows and available >= self._block_rows:
            return self._block_rows
        if at_end:
            return available
        return 0 if self._block_rows else available - available % ROW_MULTIPLE

    def _bytes_of_rows(self, rows: int) -> int:
        """Estimate how much to read for some rows, rather a bit too much."""
        sample = self._records(self.start.offset, SAMPLE_BYTES)
        bytes_per_row = len(sample.text) / max(len(sample), 1)
        return int(rows * bytes_per_row * 1.2) + SAMPLE_BYTES

    def _records(self, offset: int, size: int) -> Records:
        text = read_at(self._descriptor, offset, size)
        return find_records(text, at_end=offset + size >= self.size, blank_lines_count=self.header.is_one_column)

    def _read_header(self) -> Header:
        size = SAMPLE_BYTES
        while True:
            header = read_header(read_at(self._descriptor, 0, size), at_end=size >= self.size)
            if header is not None:
                return header
            size *= 2


def _cut_behind(cursor: Cursor, records: Records) -> tuple[Block, Cursor]:
    after = Cursor(
        offset=cursor.offset + len(records.text),
        row=cursor.row + len(records),
        line=cursor.line + records.count_lines(),
    )
    return Block(records, cursor, after.offset), after


def read_at(descriptor: int, offset: int, size: int) -> bytes:
    """Read bytes without moving the file's position, which forked processes share."""
    parts = []
    while size > 0 and (part := os.pread(descriptor, size, offset)):
        parts.append(part)
        offset += len(part)
        size -= len(part)
    return b"".join(parts)
