"""Telling types apart, and ordinary words from those that pandas may read as something else."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from drum.batch.column_types import ColumnType, is_ordinary, is_plain_text, type_of


def read(*words: str) -> pd.Series:
    return pd.read_csv(io.StringIO("w,x\n" + "".join(f"{word},\n" for word in words)), low_memory=False)["w"]


TYPES = {
    ColumnType.MISSING: ("", "NA"),
    ColumnType.INTEGER: ("1", "-0"),
    ColumnType.UNSIGNED: ("1", "18446744073709551615"),
    ColumnType.LARGE_INTEGER: ("", "99999999999999999999"),
    ColumnType.DOUBLE: ("1", ""),
    ColumnType.TRUTH: ("True", "false"),
    ColumnType.TRUTH_OR_MISSING: ("", "True"),
    ColumnType.TEXT: ("", "True", "1"),
}


@pytest.mark.parametrize(("expected", "words"), TYPES.items(), ids=[kind.name for kind in TYPES])
def test_what_pandas_made_of_a_column_is_recognised(expected: ColumnType, words: tuple[str, ...]) -> None:
    assert type_of(read(*words)) is expected


def test_text_is_recognised_where_pandas_holds_it_as_objects() -> None:
    assert type_of(pd.Series([np.nan, "x"], dtype=object)) is ColumnType.TEXT
    assert type_of(pd.Series([np.nan], dtype=object)) is ColumnType.TEXT


@pytest.mark.parametrize(
    "word", ["x", "2020-01-01", "12 Main Street", "1.2.3", "555-1234", "0x10", "1,5", "#", "é", "-x", "-", ".", " "]
)
def test_ordinary_words_are_text_to_every_reader(word: str) -> None:
    assert is_ordinary(word)


NUMBERS = ("1", "-1.5", "1e5", "1_000", " 7 ", "+0", ".5", "e5", "inf", "-Infinity", "99999999999999999999")
MISSING = ("", "nan", "NaN", "-nan", "NA", "n/a", "#N/A", "#N/A N/A", "<NA>", "NULL", "None", "1.#IND", "-1.#QNAN")


@pytest.mark.parametrize("word", [*NUMBERS, *MISSING, "True", "FALSE"])
def test_words_with_a_meaning_are_not_ordinary(word: str) -> None:
    assert not is_ordinary(word)


def test_every_missing_word_of_pandas_has_a_meaning() -> None:
    from pandas._libs.parsers import STR_NA_VALUES

    assert not [word for word in STR_NA_VALUES if is_ordinary(word)]


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        (("x",), True),
        (("007", "x"), True),
        (("", "", "x"), True),
        (("True", "1"), False),
        (("99999999999999999999", "x"), False),
        (("x", "99999999999999999999"), True),
        (("18446744073709551615", ""), False),
    ],
)
def test_text_is_plain_once_an_ordinary_word_comes_before_any_overflow(words: tuple[str, ...], plain: bool) -> None:
    assert is_plain_text(read(*words)) is plain
