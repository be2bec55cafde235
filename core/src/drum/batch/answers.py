"""Turn the predictions for each portion into one file."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from drum import media_types
from drum.batch.batch_scorer import BatchScorer
from drum.batch.output import PendingOutput
from drum.errors import OutputError, UnsupportedMediaTypeError
from drum.types import Predictions


class Answers(Protocol):
    """Where predictions go, portion by portion."""

    def add(self, predictions: Predictions, first_row: int) -> None:
        """Take the predictions for the rows from ``first_row`` on."""

    def restart(self) -> None:
        """Forget what was added."""

    def finish(self) -> None:
        """Write what is still held back."""


class CsvAnswers:
    """A CSV that grows with each portion."""

    def __init__(self, scorer: BatchScorer, output: PendingOutput, *, compressed: bool = False) -> None:
        self._scorer = scorer
        self._output = output
        self._compressed = compressed

    def text(self, predictions: Predictions, first_row: int) -> bytes:
        """Return the lines for a portion; only those for the first one begin with a header."""
        text = self._scorer.write(predictions, media_types.CSV)
        lines = text[_header_size(text) :] if first_row else text
        return gzip.compress(lines, mtime=0) if self._compressed else lines

    def write(self, text: bytes) -> None:
        """Append lines."""
        self._output.write(text)

    def add(self, predictions: Predictions, first_row: int) -> None:
        """Append the lines for a portion."""
        self.write(self.text(predictions, first_row))

    def restart(self) -> None:
        """Begin the file again."""
        self._output.restart()

    def finish(self) -> None:
        """Do nothing: all is written."""


class CollectedAnswers:
    """A file in a format that can only be written as a whole."""

    def __init__(self, scorer: BatchScorer, output: PendingOutput, media_type: str) -> None:
        self._scorer = scorer
        self._output = output
        self._media_type = media_type
        self._parts: list[Predictions] = []

    def add(self, predictions: Predictions, first_row: int) -> None:
        """Keep the predictions for a portion."""
        self._parts.append(predictions)

    def restart(self) -> None:
        """Forget the predictions."""
        self._parts.clear()

    def finish(self) -> None:
        """Write all predictions."""
        self._output.write(self._scorer.write(joined_rows(self._parts), self._media_type))


def answers_to(target: Path | BinaryIO, scorer: BatchScorer, output: PendingOutput) -> Answers:
    """Choose the format that the extension of ``target`` stands for; CSV, if there is none."""
    try:
        media_type = media_types.of_file(target) if isinstance(target, Path) and target.suffix else media_types.CSV
    except UnsupportedMediaTypeError as error:
        raise OutputError(f"Predictions cannot be written: {error.message}") from error
    if media_type == media_types.CSV:
        return CsvAnswers(scorer, output, compressed=isinstance(target, Path) and target.suffix.lower() == ".gz")
    return CollectedAnswers(scorer, output, media_type)


def _header_size(text: bytes) -> int:
    """Measure the header of a CSV: it ends with the first line end that no quotes enclose."""
    end = text.index(b"\n") + 1
    while text.count(b'"', 0, end) % 2:
        end = text.index(b"\n", end) + 1
    return end


def joined_rows(parts: Sequence[Predictions]) -> Predictions:
    """Join the predictions for the portions of one input."""
    if len(parts) == 1:
        return parts[0]
    import pandas as pd

    extras = [part.extra for part in parts if part.extra is not None]
    return Predictions(
        frame=pd.concat([part.frame for part in parts], ignore_index=True),
        extra=pd.concat(extras, ignore_index=True) if extras else None,
    )
