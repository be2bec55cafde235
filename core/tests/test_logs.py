"""Lines for people, and lines for machines."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from drum import logs

LOG = logging.getLogger("drum.test")


@pytest.fixture(autouse=True)
def logging_kept() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("drum")
    kept = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:], level, own = kept
    root.setLevel(level)
    ours.setLevel(own)


def test_text_says_who_writes_and_for_which_request(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("drum worker")
    LOG.warning("Too hot.", extra={"request_id": "r1"})
    LOG.info("never seen")
    assert capsys.readouterr().err == "drum worker: WARNING: Too hot. [r1]\n"


def test_json_is_a_line_whatever_the_message_holds(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("drum", form="json", level="info")
    LOG.info('two\nlines and a "quote"', extra={"request_id": "r1", "fields": {"status": 200}})
    try:
        raise ValueError("x")
    except ValueError:
        LOG.exception("failed")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "level": "info", "process": "drum", "logger": "drum.test", "message": 'two\nlines and a "quote"',
        "status": 200, "request_id": "r1",
    }  # fmt: skip
    assert "ValueError: x" in second["traceback"]


def test_others_are_heard_from_warnings_on(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("drum", level="debug")
    logging.getLogger("somebody.else").info("chatter")
    logging.getLogger("somebody.else").warning("matters")
    assert capsys.readouterr().err == "drum: WARNING: matters\n"
