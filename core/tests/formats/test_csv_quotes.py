"""What stands within quotes: the quick answer is that of reading from the left."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drum.formats.csv_quotes import Quoted, find_quoted


def read_from_the_left(text: bytes) -> tuple[list[bool], int | None]:
    """Follow the tokenizer of pandas, byte by byte; closing quotes count as without."""
    inside, opened, may_open = [], -1, True
    place = 0
    while place < len(text):
        byte = text[place : place + 1]
        if opened >= 0:
            doubled = text[place : place + 2] == b'""'
            inside += [True, True] if doubled else [byte != b'"']
            opened = opened if doubled or byte != b'"' else -1
            place += doubled
            may_open = False
        else:
            opened = place if byte == b'"' and may_open else -1
            inside.append(opened >= 0)
            may_open = byte in (b",", b"\n", b"\r")
        place += 1
    return inside, opened if opened >= 0 else None


def separators(text: bytes) -> np.ndarray:
    return np.flatnonzero(np.isin(np.frombuffer(text, np.uint8), list(b",\n\r")))


texts = st.lists(st.sampled_from([b'"', b'""', b",", b"\n", b"\r", b"a", b" ", b'"a"', b"x" * 63]), min_size=1)


@given(texts.map(b"".join))
def test_every_separator_is_seen_as_the_tokenizer_sees_it(text: bytes) -> None:
    inside, open_quote = read_from_the_left(text)
    quoted = find_quoted(text)
    places = separators(text)
    assert quoted.holds(places).tolist() == [inside[place] for place in places]
    assert quoted.open_quote == open_quote


@given(texts.map(b"".join), st.integers(1, 200))
def test_counting_outside_quotes_agrees_with_looking_there(text: bytes, cut: int) -> None:
    quoted = find_quoted(text)
    commas = np.frombuffer(text[:cut], np.uint8) == ord(",")
    assert quoted.count_outside(commas) == int((~quoted.holds(np.flatnonzero(commas))).sum())


@pytest.mark.parametrize(
    ("text", "open_quote"),
    [(b'a,"b', 2), (b'"', 0), (b'a,"b""', 2), (b'a,"""', 2), (b'"a","b\n""c', 4), (b'a"b,"c', 4), (b'a,"b"', None)],
)
def test_an_open_quote_is_found_where_it_opens(text: bytes, open_quote: int | None) -> None:
    assert find_quoted(text).open_quote == open_quote


def test_words_are_packed_from_the_lowest_bit() -> None:
    quoted = find_quoted(b'"' + b"," * 70 + b'",')
    assert isinstance(quoted, Quoted)
    assert quoted.holds(np.array([0, 1, 63, 64, 70, 72])).tolist() == [True] * 5 + [False]
