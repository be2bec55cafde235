"""What each process of a ring does with a CSV."""

from __future__ import annotations

from dataclasses import dataclass

from drum.batch.answers import CsvAnswers
from drum.batch.batch_scorer import BatchScorer
from drum.batch.csv_blocks import Block, CsvFile, Cursor
from drum.batch.file_types import FileTypes
from drum.batch.typed_blocks import read_block


@dataclass(frozen=True, slots=True)
class CsvWork:
    """Cut, score and write blocks."""

    scorer: BatchScorer
    file: CsvFile
    types: FileTypes
    answers: CsvAnswers

    def cut(self, cursor: Cursor) -> tuple[Block, Cursor] | None:
        """Cut off the block at the cursor, unless the file has ended."""
        return self.file.cut(cursor)

    def answer(self, block: Block) -> bytes:
        """Score a block; return its lines of output."""
        frame = read_block(self.file.header, block, self.types)
        first_row = block.start.row
        return self.answers.text(self.scorer.predict(frame, first_row=first_row), first_row)

    def write(self, text: bytes) -> None:
        """Append lines to the output."""
        self.answers.write(text)
