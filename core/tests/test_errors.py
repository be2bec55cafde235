"""The error tree: whose fault it was."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest

from drum import errors
from drum.errors import DrumError, ModelHTTPError

CLASSES = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, DrumError)]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_stands_in_the_drawing_below_its_parent(kind: type[DrumError]) -> None:
    assert errors.__doc__
    depths = {
        match[2]: len(match[1]) for match in re.finditer(r"^(.*?)([A-Z]\w+Error)\b", errors.__doc__, re.MULTILINE)
    }
    lines = list(depths)
    above = lines[: lines.index(kind.__name__)]
    parents = [name for name in above if depths[name] < depths[kind.__name__]]
    assert kind.__base__ is not None
    assert (parents or ["Exception"])[-1] == kind.__base__.__name__


def test_drawing_shows_no_class_that_does_not_exist() -> None:
    assert errors.__doc__
    assert set(re.findall(r"\b\w+Error\b", errors.__doc__)) == {kind.__name__ for kind in CLASSES}


@pytest.mark.parametrize("kind", CLASSES)
def test_error_is_its_message_and_keeps_the_detail_apart(kind: type[DrumError]) -> None:
    error = kind("What is wrong.")
    assert (str(error), error.message, error.detail) == ("What is wrong.", "What is wrong.", "")
    if kind is not ModelHTTPError:
        assert kind("What is wrong.", detail="line 3").detail == "line 3"
        assert "line 3" not in str(kind("What is wrong.", detail="line 3"))


@pytest.mark.parametrize("status", [400, 404, 499])
def test_http_error_takes_the_statuses_of_the_caller(status: int) -> None:
    assert ModelHTTPError("no", status_code=status).status_code == status
    assert ModelHTTPError("no", status).status_code == status


@pytest.mark.parametrize("status", [399, 500, 200, -1])
def test_http_error_refuses_all_others(status: int) -> None:
    with pytest.raises(ValueError, match=f"status_code must be from 400 to 499, not {status}"):
        ModelHTTPError("no", status_code=status)


def test_http_error_is_400_unless_it_says_otherwise() -> None:
    assert ModelHTTPError("no").status_code == 400


@pytest.mark.parametrize("error", [DrumError("a", detail="b"), ModelHTTPError("no", 404)], ids=repr)
def test_error_survives_the_way_out_of_a_process(error: DrumError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert vars(copy) == vars(error)
    assert type(copy) is type(error)
