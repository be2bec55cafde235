"""Score rows that wait together in one call of the model; each request gets its own rows back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from drum import media_types
from drum.formats.charsets import is_utf8
from drum.formats.csv import READ_TYPES
from drum.formats.json import write_each
from drum.formats.numeric_rows import NumericRows, joined, read_numeric
from drum.formats.plain_rows import PlainRows, join, kinds_of, read_plain
from drum.rows import split
from drum.types import Payload, Predictions
from drum.workers.frames import Answer, Request
from drum.workers.guarding import guarded

if TYPE_CHECKING:
    import pandas as pd

    from drum.scorer import Scorer

    Rows = PlainRows | NumericRows | pd.DataFrame
    Columns = tuple[str, ...] | None


LINES_OF_ONE_ROW = 2
"""With so many lines a CSV is read field by field; with more it is faster to read it as a whole first."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A request whose rows have been read and wait to be scored."""

    place: int
    request: Request
    rows: Rows
    seconds: float


def answer_together(scorer: Scorer, requests: Sequence[Request]) -> list[Answer]:
    """Answer every request, in order; an error is an answer too.

    Each is read on its own, so that no neighbour changes its types. Those whose columns and types agree share one
    call; those whose columns agree may share more, if the runtime knows how. Where that call fails, each of them is
    scored alone, so that it fails alone.
    """
    answers: dict[int, Answer] = {}
    groups: dict[object, list[_Waiting]] = {}
    columns = scorer.matrix_columns
    for place, request in enumerate(requests):
        waiting = guarded(request, partial(_read, scorer, columns, place, request))
        if isinstance(waiting, Answer):  # an error
            answers[place] = waiting
        else:
            groups.setdefault(_kind_of_batch(columns, waiting.rows), []).append(waiting)
    for alike in _alike(scorer, list(groups.values())):
        answers |= _score_alike(scorer, alike)
    return [answers[place] for place in range(len(requests))]


def _read(scorer: Scorer, columns: Columns, place: int, request: Request) -> _Waiting:
    started = time.perf_counter()
    light = _read_lightly(scorer, columns, request.payload)
    rows = scorer.read(request.payload) if light is None else light
    return _Waiting(place, request, rows, time.perf_counter() - started)


def _read_lightly(scorer: Scorer, columns: Columns, payload: Payload) -> PlainRows | NumericRows | None:
    """Read a CSV without a frame, where there is a way that gives the same values."""
    if payload.media_type not in READ_TYPES or not scorer.reads_built_in_formats_only or not is_utf8(payload.charset):
        return None
    if columns is None or scorer.schema is not None:
        return read_plain(payload.body, scorer.schema)
    if payload.body.count(b"\n") <= LINES_OF_ONE_ROW:
        return read_plain(payload.body) or read_numeric(payload.body, columns)
    return read_numeric(payload.body, columns) or read_plain(payload.body)


def _kind_of_batch(columns: Columns, rows: Rows) -> object:
    """Return what two requests must have in common to be joined without changing either's types."""
    if isinstance(rows, NumericRows):
        return False
    if isinstance(rows, PlainRows):
        return rows.is_whole if _fits_a_matrix(columns, rows) else (rows.names, rows.kinds)
    return (tuple(rows.columns), kinds_of(rows)) if hasattr(rows, "dtypes") else object()  # shared with nobody


def _fits_a_matrix(columns: Columns, rows: Rows) -> bool:
    is_plain = isinstance(rows, PlainRows) and rows.is_numeric and rows.names == columns
    return is_plain or isinstance(rows, NumericRows)


def _alike(scorer: Scorer, groups: list[list[_Waiting]]) -> list[list[list[_Waiting]]]:
    """Put the groups together that differ in types alone, where the runtime may score them together."""
    if not scorer.scores_together:
        return [[group] for group in groups]
    found: dict[object, list[list[_Waiting]]] = {}
    for group in groups:
        found.setdefault(_names(group[0].rows), []).append(group)
    return list(found.values())


def _names(rows: Rows) -> object:
    if isinstance(rows, PlainRows):
        return rows.names
    if isinstance(rows, NumericRows) or not hasattr(rows, "dtypes"):
        return object()  # like nobody's
    return tuple(rows.columns)


# ------------------------------------------------------------------------------------- one call


def _score_alike(scorer: Scorer, groups: list[list[_Waiting]]) -> dict[int, Answer]:
    """Score groups that differ in types alone, together or, where that is not possible, one by one."""
    if len(groups) == 1:
        return _score_group(scorer, groups[0])
    started = time.perf_counter()
    batches = [_batch(scorer, group) for group in groups]
    with suppress(Exception):
        predictions = scorer.predict_together(batches)
        if predictions is not None:
            everybody = list(chain.from_iterable(groups))
            return _by_place(scorer, everybody, predictions, score_seconds=time.perf_counter() - started)
    answers: dict[int, Answer] = {}
    for group, batch in zip(groups, batches, strict=True):
        answers |= _score_group(scorer, group, batch)
    return answers


def _score_group(scorer: Scorer, group: list[_Waiting], batch: Any = None) -> dict[int, Answer]:
    """Score requests that agree in types in one call.

    :param batch: their rows, if somebody has joined them already.
    """
    if batch is not None or len(group) > 1 or _fits_a_matrix(scorer.matrix_columns, group[0].rows):
        with suppress(Exception):  # somebody's rows are at fault: each alone then, so that the others do not suffer
            return _score_joined(scorer, group, batch)
    return {waiting.place: guarded(waiting.request, partial(_score_alone, scorer, waiting)) for waiting in group}


def _score_joined(scorer: Scorer, group: list[_Waiting], batch: Any) -> dict[int, Answer]:
    started = time.perf_counter()
    predictions = scorer.predict(_batch(scorer, group) if batch is None else batch, as_read=True)
    return _by_place(scorer, group, predictions, score_seconds=time.perf_counter() - started)


def _by_place(
    scorer: Scorer, group: Sequence[_Waiting], predictions: Predictions, score_seconds: float
) -> dict[int, Answer]:
    answers = _written(scorer, group, predictions, score_seconds)
    return {waiting.place: answer for waiting, answer in zip(group, answers, strict=True)}


def _batch(scorer: Scorer, group: list[_Waiting]) -> Any:
    """Join rows into a matrix where the model takes one, else into a frame; puts the group into their order."""
    group.sort(key=lambda waiting: not isinstance(waiting.rows, PlainRows))
    rows = [waiting.rows for waiting in group]
    plain = [part for part in rows if isinstance(part, PlainRows)]
    if _fits_a_matrix(scorer.matrix_columns, rows[0]):
        numeric = [part.values for part in rows if isinstance(part, NumericRows)]
        return joined([join(plain).matrix(), *numeric] if plain else numeric)
    frames: list[Any] = [part for part in rows if not isinstance(part, PlainRows)]
    if plain:
        frames.insert(0, join(plain).frame())
    if len(frames) == 1:
        return frames[0]
    import pandas as pd

    return pd.concat(frames, ignore_index=True)


def _score_alone(scorer: Scorer, waiting: _Waiting) -> Answer:
    """Score a request as if there were no other, from a frame: what goes wrong is then said by column."""
    started = time.perf_counter()
    predictions = scorer.predict(_frame(scorer, waiting), as_read=True)
    return _written(scorer, [waiting], predictions, score_seconds=time.perf_counter() - started)[0]


def _frame(scorer: Scorer, waiting: _Waiting) -> Any:
    if isinstance(waiting.rows, NumericRows):
        return scorer.read(waiting.request.payload)
    return waiting.rows.frame() if isinstance(waiting.rows, PlainRows) else waiting.rows


def _written(scorer: Scorer, group: Sequence[_Waiting], predictions: Predictions, score_seconds: float) -> list[Answer]:
    """Give each request its own rows, in the format it wants."""
    started = time.perf_counter()
    counts = [len(waiting.rows) for waiting in group] if len(group) > 1 else [len(predictions.frame)]
    types = [waiting.request.accept or media_types.JSON for waiting in group]
    if scorer.writes_built_in_formats_only and set(types) == {media_types.JSON}:
        bodies = write_each(predictions, counts, scorer.spec)
    else:
        parts = split(predictions, counts)
        bodies = [scorer.write(part, media_type) for part, media_type in zip(parts, types, strict=True)]
    write_seconds = (time.perf_counter() - started) / len(group)
    return [
        Answer(
            id=waiting.request.id, body=body, media_type=media_type, rows=count, shared=len(group),
            seconds={"read": waiting.seconds, "score": score_seconds, "write": write_seconds},
        )
        for waiting, body, media_type, count in zip(group, bodies, types, counts, strict=True)
    ]  # fmt: skip
