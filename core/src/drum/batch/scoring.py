"""Score a file from end to end: ``drum score``."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from drum import media_types
from drum.batch.answers import Answers, CsvAnswers, answers_to
from drum.batch.batch_scorer import BatchScorer
from drum.batch.columnar import columnar_portions
from drum.batch.columnar_files import MEDIA_TYPES as COLUMNAR_TYPES
from drum.batch.csv_blocks import BLOCK_BYTES, CsvFile
from drum.batch.csv_work import CsvWork
from drum.batch.file_types import FileTypes, TypesChangedError, declared_types, guess_types
from drum.batch.memory import keep_freed_memory
from drum.batch.output import pending_output
from drum.batch.portions import Portions, csv_portions, frame_portions, one_portion, prefetched
from drum.batch.progress import Progress, no_progress
from drum.batch.ring import work_in_ring
from drum.batch.source import Source, open_source
from drum.batch.type_scan import scan_types
from drum.garbage import spared_by_garbage_collection
from drum.math_threads import one_math_thread
from drum.types import Concurrency


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a run has done."""

    rows: int
    processes: int
    seconds: float


def score_file(
    scorer: BatchScorer,
    source: Path | BinaryIO,
    output: Path | BinaryIO,
    *,
    media_type: str = "",
    parts: Mapping[str, bytes] | None = None,
    batch_rows: int | None = None,
    jobs: int = 1,
    progress: Progress = no_progress,
) -> Summary:
    """Score all rows of a file, in bounded memory where the model and the format allow it.

    :param source: a file, or a stream such as standard input.
    :param output: the file to write, complete or not at all, or a stream that gets everything at the end.
    :param media_type: the format of the input; by default its extension tells, and a stream is a CSV.
    :param parts: what comes beside the input, such as ``X.colnames``.
    :param batch_rows: rows to score at once; 0 for all, ``None`` to leave it to the engine.
    :param jobs: cores to use.
    :param progress: told of each portion that is done.
    :raises InputError: if the input cannot be read or does not fit the model.
    :raises ModelError: if the model is at fault.
    :raises OutputError: if the output cannot be written.
    :raises WorkerDiedError: if one of several processes ended before its time.
    """
    started = time.perf_counter()
    with (
        pending_output(output) as pending,
        open_source(source, media_type=media_type, parts=parts) as opened,
    ):
        answers = answers_to(output, scorer, pending)
        whole = _is_read_whole(scorer, opened, batch_rows)
        can_be_shared = opened.media_type == media_types.CSV and isinstance(answers, CsvAnswers) and not whole
        processes = max(1, min(jobs, opened.size // BLOCK_BYTES)) if can_be_shared and _may_fork(scorer) else 1
        rows = _Run(scorer, opened, answers, batch_rows, jobs, processes, whole, progress).score()
        answers.finish()
        pending.deliver()
    return Summary(rows=rows, processes=processes, seconds=time.perf_counter() - started)


def _may_fork(scorer: BatchScorer) -> bool:
    """Tell whether forked processes may inherit the model; asked before it is loaded, because it depends on that."""
    return Concurrency.FORK in scorer.concurrency


def _is_read_whole(scorer: BatchScorer, source: Source, batch_rows: int | None) -> bool:
    """Tell whether the input becomes one payload: for a reader of its own, to score at once, or by its format."""
    at_once = batch_rows == 0 or (batch_rows is None and not scorer.row_wise)
    can_be_cut = source.media_type in (media_types.CSV, *COLUMNAR_TYPES)
    return scorer.reads_own_payload or at_once or not can_be_cut


@dataclass(frozen=True, slots=True)
class _Run:
    """One input on its way through the model; its methods return the number of rows that they scored."""

    scorer: BatchScorer
    source: Source
    answers: Answers
    batch_rows: int | None
    jobs: int
    processes: int
    whole: bool
    progress: Progress

    def score(self) -> int:
        """Load the model, then score portion by portion."""
        keep_freed_memory()
        with spared_by_garbage_collection(), one_math_thread() if self.processes > 1 else nullcontext():
            self.scorer.load()
        if self.whole:
            return self._score_portions(self._portions_of_whole())
        if self.source.media_type == media_types.CSV:
            return self._score_csv()
        return self._score_portions(columnar_portions(self.source.file, self.source.media_type, self.batch_rows))

    def _score_csv(self) -> int:
        """Score with the types of the whole file: guessed at first, and once more if the guess was wrong."""
        file = CsvFile(self.source.file, block_rows=self.batch_rows)
        if self.scorer.schema is not None:
            return self._score_blocks(file, declared_types(file, self.scorer.schema))
        try:
            return self._score_blocks(file, guess_types(file))
        except TypesChangedError:
            self.answers.restart()
            return self._score_blocks(file, scan_types(file))

    def _score_blocks(self, file: CsvFile, types: FileTypes) -> int:
        if self.processes > 1 and isinstance(self.answers, CsvAnswers):
            work = CsvWork(self.scorer, file, types, self.answers)
            return work_in_ring(work, file.start, processes=self.processes, size=file.size, progress=self.progress)
        return self._score_portions(csv_portions(file, types))

    def _portions_of_whole(self) -> Portions:
        """Read all; cut frames all the same to bound what scoring takes, but sparse ones are small and slow to cut."""
        batch = self.scorer.read(self.source.as_payload())
        at_once = self.batch_rows is None and (not self.scorer.row_wise or self.source.media_type == media_types.MTX)
        if self.scorer.reads_own_payload or self.batch_rows == 0 or at_once:
            return one_portion(batch)
        return frame_portions(batch, self.batch_rows)

    def _score_portions(self, portions: Portions) -> int:
        """Score in this thread, where some languages insist on living; another one may read ahead."""
        rows = 0
        with closing(prefetched(portions) if self.jobs > 1 else portions) as ahead:
            for portion in ahead:
                predictions = self.scorer.predict(portion.batch, first_row=portion.first_row)
                self.answers.add(predictions, portion.first_row)
                rows += len(predictions.frame)
                self.progress(rows, portion.share)
        return rows
