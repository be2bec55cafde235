"""Every error has a status, and none is a secret of a worker's."""

from __future__ import annotations

import inspect

import pytest

from drum import errors
from drum.server.errors import STATUS, error_named, error_response, status_of

ALL_ERRORS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.DrumError)]


@pytest.mark.parametrize("kind", ALL_ERRORS)
def test_every_error_has_a_status(kind: type[errors.DrumError]) -> None:
    assert status_of(kind) in set(STATUS.values())


@pytest.mark.parametrize("kind", ALL_ERRORS)
def test_an_error_survives_the_wire_by_its_name(kind: type[errors.DrumError]) -> None:
    error = error_named(kind.__name__, "what is wrong", 404)
    assert (type(error), error.message) == (kind, "what is wrong")


def test_error_of_a_plugins_own_class_is_the_models() -> None:
    assert type(error_named("MyError", "x")) is errors.ModelError


@pytest.mark.parametrize("kind", [errors.ModelNotReadyError, errors.OverloadedError, errors.WorkerDiedError])
def test_errors_that_pass_say_when_to_try_again(kind: type[errors.DrumError]) -> None:
    response = error_response(kind("x"), retry_after=7)
    assert (response.status_code, response.headers["retry-after"]) == (503, "7")
