"""Score the parts of an input one by one, wherever they are, and get the predictions of ``drum score`` for the whole.

For engines that plugins bring. The type of a column depends on all of its values, so an engine surveys every part
first (:func:`survey`), looks closer at the columns that this leaves open (:func:`survey_words`), joins what was found
in the order of the parts (:func:`joined`), and only then scores each part (:func:`score_part`). What is passed to and
fro is small and can be pickled. Where the model has an input schema, :func:`declared` may spare the survey.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from drum import media_types
from drum.batch.alignment import Alignment, predict_padded, with_final
from drum.batch.answers import answers_to
from drum.batch.batch_scorer import BatchScorer
from drum.batch.columnar_files import open_columnar
from drum.batch.columnar_types import types_of
from drum.batch.csv_blocks import NoRowsError
from drum.batch.json_records import types_of_records
from drum.batch.memory import keep_freed_memory
from drum.batch.output import pending_output
from drum.batch.scoring import Summary
from drum.batch.source import Source, open_source
from drum.batch.surveys import ColumnarSurvey, CsvSurvey, DeclaredTypes, JsonSurvey, Survey, WholeTypes, csv_file
from drum.batch.type_scan import Witnesses, collect_evidence, find_witnesses
from drum.types import InputSchema

__all__ = [
    "FORMATS",
    "Alignment",
    "NoRowsError",
    "Summary",
    "Survey",
    "WholeTypes",
    "Witnesses",
    "declared",
    "differences",
    "joined",
    "open_places",
    "score_part",
    "survey",
    "survey_columns",
    "survey_words",
]

FORMATS = (media_types.CSV, media_types.PARQUET, media_types.JSON_LINES)
"""The media types of inputs that may come in parts."""


def survey(path: Path) -> Survey:
    """Look through a part of the input for what it tells about the types of the whole.

    :param path: a file; its extension stands for one of the :data:`FORMATS`.
    :raises MalformedInputError: if it cannot be read.
    :raises NoRowsError: if it has no rows; it then says nothing.
    """
    with open_source(path) as source:
        if source.media_type == media_types.CSV:
            return _survey_csv(source)
        if source.media_type == media_types.JSON_LINES:
            return _survey_json_lines(source)
        return survey_columns(source.file, source.media_type)


def survey_columns(file: BinaryIO, media_type: str = media_types.PARQUET) -> Survey:
    """Look through an open file of columns, of which little need be read: it may lie far away.

    :raises MalformedInputError: if it cannot be read.
    :raises NoRowsError: if it has no rows.
    """
    with open_columnar(file, media_type) as columnar:
        types = types_of(columnar)
        if not columnar.rows:
            raise NoRowsError("The input has no rows. Give at least one.")
        return ColumnarSurvey(types, columnar.rows)


def _survey_csv(source: Source) -> Survey:
    file = csv_file(source)
    return CsvSurvey(file.header.names, *collect_evidence(file))


def _survey_json_lines(source: Source) -> Survey:
    types = types_of_records(source.as_payload().body)
    if not types.rows:
        raise NoRowsError("The input has no rows. Give at least one.")
    return JsonSurvey(types)


def survey_words(path: Path, places: Sequence[int]) -> Mapping[int, Witnesses]:
    """Look for the words that decide the types of some columns of a CSV.

    :param places: what :func:`open_places` returned.
    """
    with open_source(path) as source:
        return find_witnesses(csv_file(source), places)


def differences(surveys: Mapping[str, Survey]) -> dict[str, str]:
    """Compare each part with those before it: what does not fit, by the name of the part.

    A part that does not fit says nothing about those behind it.
    """
    known: dict[str, tuple[str, str]] = {}
    names: tuple[str, ...] | None = None
    found = {}
    for part, one in surveys.items():
        first = next(iter(surveys))
        if not one.fixes_columns:
            continue
        difference = _difference_in_names(tuple(one.columns), names, first) or _difference_in_types(one, known)
        if difference:
            found[part] = difference
            continue
        names = tuple(one.columns)
        known.update({name: (kind, part) for name, kind in one.columns.items() if kind and name not in known})
    return found


def _difference_in_names(names: tuple[str, ...], expected: tuple[str, ...] | None, first: str) -> str:
    if expected is None or names == expected:
        return ""
    lacking = [name for name in expected if name not in names]
    more = [name for name in names if name not in expected]
    if lacking:
        return f"It lacks the column '{lacking[0]}' of '{first}'."
    return f"It has the column '{more[0]}', which '{first}' has not." if more else (
        f"Its columns stand in another order than those of '{first}'."
    )  # fmt: skip


def _difference_in_types(one: Survey, known: Mapping[str, tuple[str, str]]) -> str:
    for name, kind in one.columns.items():
        expected, part = known.get(name, (kind, ""))
        if kind and kind != expected:
            return f"Its column '{name}' is of type {kind}, but of type {expected} in '{part}'."
    return ""


def open_places(surveys: Sequence[Survey]) -> Sequence[int]:
    """Return the places of the columns of a CSV whose words must be looked at: none, most often.

    :param surveys: those of all parts that have rows, in order.
    """
    return type(surveys[0]).open_places(surveys)


def joined(surveys: Sequence[Survey], words: Sequence[Mapping[int, Witnesses]] = ()) -> WholeTypes:
    """Return the types of the whole.

    :param surveys: those of all parts that have rows, in order; none of them :func:`differences` has named.
    :param words: what :func:`survey_words` found in each, if places were open.
    """
    return type(surveys[0]).joined(surveys, words)


def declared(schema: InputSchema | None, media_type: str) -> WholeTypes | None:
    """Return types for which no survey is needed, if the model has a schema and the format has columns."""
    return None if schema is None or media_type == media_types.JSON_LINES else DeclaredTypes(schema)


def score_part(
    scorer: BatchScorer,
    path: Path,
    output: Path,
    types: WholeTypes,
    *,
    batch_rows: int | None = None,
    alignment: Alignment | None = None,
) -> int:
    """Score a part of the input; its predictions are complete or absent. Return the number of rows.

    :param output: the file to write, in the format of its extension.
    :param batch_rows: rows to score at once; 0 for all of the part, ``None`` for some megabytes.
    :param alignment: where the part lies in the input, so that predictions are equal to the last bit. It counts only
        where rows may be added to a batch: each is answered on its own, unobserved, and nobody has set ``batch_rows``.
    :raises NoRowsError: if it has no rows: then nothing is written.
    :raises InputError: if it cannot be read or does not fit the model.
    :raises ModelError: if the model is at fault.
    :raises OutputError: if the output cannot be written.
    """
    keep_freed_memory()
    aligned = batch_rows is None and scorer.row_wise and not scorer.is_observed
    rows = 0
    with pending_output(output) as pending, open_source(path) as source:
        answers = answers_to(output, scorer, pending)
        for portion, is_final in with_final(types.portions(source, batch_rows)):
            padding = alignment.padding(len(portion.batch), rows, is_final) if alignment and aligned else (0, 0)
            predictions = predict_padded(scorer, portion, *padding)
            answers.add(predictions, portion.first_row)
            rows += len(predictions.frame)
        answers.finish()
        pending.deliver()
    return rows
