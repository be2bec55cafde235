"""What goes over the wire comes out as it went in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drum.types import Payload
from drum.workers.frames import PREFIX, Answer, Request, decode, encode

texts = st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3)
payloads = st.builds(
    Payload,
    body=st.binary(max_size=50),
    media_type=st.text(max_size=10),
    charset=st.text(max_size=10),
    parts=st.dictionaries(st.text(max_size=5), st.binary(max_size=20), max_size=3),
    query=texts,
    headers=texts,
)
requests = st.builds(Request, id=st.integers(0, 2**40), payload=payloads, accept=st.text(max_size=10))
answers = st.builds(
    Answer,
    id=st.integers(0, 2**40),
    body=st.binary(max_size=50),
    error=st.text(max_size=10),
    seconds=st.dictionaries(st.text(max_size=5), st.floats(0, 1e3), max_size=3),
)


def through_the_wire(kind: str, items: list[Request] | list[Answer]) -> tuple[str, list[object]]:
    whole = b"".join(encode(kind, [item.to_item() for item in items]))
    header, blobs = PREFIX.unpack_from(whole)
    assert len(whole) == PREFIX.size + header + blobs
    back, decoded = decode(whole[PREFIX.size : PREFIX.size + header], memoryview(whole)[PREFIX.size + header :])
    return back, [type(items[0]).from_item(item) for item in decoded]


@given(st.lists(requests, min_size=1, max_size=4))
def test_requests(items: list[Request]) -> None:
    assert through_the_wire("requests", items) == ("requests", items)


@given(st.lists(answers, min_size=1, max_size=4))
def test_answers(items: list[Answer]) -> None:
    assert through_the_wire("answers", items) == ("answers", items)
