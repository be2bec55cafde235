"""Validate a model: load it once, read its input once, and try it again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from drum.batch.answers import joined_rows
from drum.errors import DrumError
from drum.garbage import spared_by_garbage_collection
from drum.trial.features import Features
from drum.types import Payload, Predictions, TargetType
from drum.validation.batches import batch_checks
from drum.validation.columns import column_checks
from drum.validation.keeping import KeptData
from drum.validation.memory import memory_check
from drum.validation.payloads import payload_checks
from drum.validation.report import Check, Finding, Planned, Report, Status
from drum.validation.subject import Subject, failure
from drum.validation.through_server import server_checks
from drum.validation.unstructured import unstructured_checks

if TYPE_CHECKING:
    from drum.scorer import Scorer

T = TypeVar("T")

BASIC, SAMPLE = "basic prediction", "prediction of a sample"

Progress = Callable[[str, float], None]
"""Called with the name of the check that begins, and with the share of the checks, from 0 to 1, that are done."""


def validate(
    scorer: Scorer,
    features: Features,
    payload: Payload,
    *,
    sample_rows: int,
    tolerance: float,
    keep: Path | None,
    progress: Progress,
) -> Report:
    """Make every check that fits the model's target type and its input.

    :param payload: the input, for the model as for everybody.
    :param sample_rows: rows that each check is made with; 0 for all. The basic prediction is always of all.
    :param tolerance: how far predictions that should be the same may be apart.
    :param keep: a folder for the data that failed.
    :raises InputError: if the input cannot be read.
    :raises ModelError: if the model cannot be loaded.
    :raises OutputError: if the data that failed cannot be kept.
    """
    kept = None if keep is None else KeptData(keep, features, payload.media_type)
    with spared_by_garbage_collection():
        scorer.load()
    run = _Run(kept, progress)
    if scorer.spec.target_type is TargetType.UNSTRUCTURED:
        return run.unstructured(scorer, payload)
    subject = Subject.read(scorer, features, payload, sample_rows=sample_rows, tolerance=tolerance)
    return run.rows(subject)


class _Run:
    """The checks of one validation, made one after the other."""

    def __init__(self, kept: KeptData | None, progress: Progress) -> None:
        self._kept = kept
        self._progress = progress
        self._started = time.perf_counter()
        self._checks: list[Check] = []
        self._error: DrumError | None = None

    def unstructured(self, scorer: Scorer, payload: Payload) -> Report:
        """Validate a model that takes anything."""
        reply = self._needed(BASIC, partial(scorer.score_unstructured, payload), lambda it: f"{len(it.body):,} bytes")
        if reply is not None:
            self._make(unstructured_checks(scorer, payload, reply))
        return self._report(None)

    def rows(self, subject: Subject) -> Report:
        """Validate a model that takes rows."""
        everything = self._needed(BASIC, partial(predict_all, subject), _counted)
        if everything is None:
            return self._report(subject)
        if subject.sample is None:
            self._make(payload_checks(subject, everything))
            return self._report(subject)
        reference: Predictions | None = everything
        if subject.is_sampled:
            reference = self._needed(SAMPLE, partial(subject.predict, subject.sample), _counted)
        if reference is not None:
            self._make(_checks_of_rows(subject, reference, everything))
        return self._report(subject)

    def _needed(self, name: str, predict: Callable[[], T], describe: Callable[[T], str]) -> T | None:
        """Make a prediction without which nothing else makes sense; ``None`` if it fails."""
        answers: list[T] = []

        def run() -> Finding:
            try:
                answers.append(predict())
            except DrumError as error:
                self._error = error
                return Finding(Status.FAILED, failure(error))
            return Finding(Status.PASSED, describe(answers[0]))

        self._make([Planned(name, run)])
        return answers[0] if answers else None

    def _make(self, planned: Iterator[Planned] | list[Planned]) -> None:
        plan = list(planned)
        for number, check in enumerate(plan):
            self._progress(f"{check.name} {check.column or ''}", number / len(plan))
            self._checks.append(self._made(check))

    def _made(self, check: Planned) -> Check:
        started = time.perf_counter()
        finding = check.run()
        seconds = time.perf_counter() - started
        kept = None
        if self._kept is not None and finding.status is Status.FAILED:
            kept = self._kept.keep(finding, f"{check.name} {check.column or ''}")
        return Check(
            name=check.name, column=check.column, status=finding.status, details=finding.details, seconds=seconds,
            refused=finding.refused, kept=kept,
        )  # fmt: skip

    def _report(self, subject: Subject | None) -> Report:
        frame = None if subject is None else subject.frame
        sample = None if subject is None else subject.sample
        return Report(
            checks=tuple(self._checks),
            seconds=time.perf_counter() - self._started,
            rows=None if frame is None else len(frame),
            columns=None if frame is None else len(frame.columns),
            sampled=None if sample is None else len(sample),
            error=self._error,
        )


def predict_all(subject: Subject) -> Predictions:
    """Predict the whole input as ``drum score`` does: in portions where the model allows it."""
    from drum.batch.portions import frame_portions

    scorer, frame = subject.scorer, subject.frame
    if frame is None or scorer.reads_own_payload:
        return scorer.score_payload(subject.payload)
    if not scorer.row_wise or subject.is_sparse:
        return scorer.predict(frame)
    parts = (scorer.predict(portion.batch, first_row=portion.first_row) for portion in frame_portions(frame, None))
    return joined_rows(list(parts))


def _counted(predictions: Predictions) -> str:
    return f"{len(predictions.frame):,} predictions"


def _checks_of_rows(subject: Subject, reference: Predictions, everything: Predictions) -> Iterator[Planned]:
    yield from batch_checks(subject, reference, everything)
    yield from column_checks(subject, reference)
    assert subject.sample is not None
    yield memory_check(partial(subject.predict, subject.sample))
    yield from server_checks(subject, reference)
