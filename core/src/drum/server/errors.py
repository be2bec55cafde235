"""The HTTP status that stands for each error, and the body that says what is wrong."""

from __future__ import annotations

from starlette.responses import JSONResponse

from drum import errors

STATUS: dict[type[errors.DrumError], int] = {
    errors.ConfigError: 513,
    errors.DetectionError: 513,
    errors.PluginError: 500,
    errors.CustomCodeError: 513,
    errors.LoadError: 513,
    errors.NoScorerError: 513,
    errors.ModelError: 500,
    errors.InputError: 422,
    errors.UnsupportedMediaTypeError: 415,
    errors.NotAcceptableError: 406,
    errors.PayloadTooLargeError: 413,
    errors.UnavailableError: 503,
    errors.ScoreTimeoutError: 504,
    errors.DrumError: 500,
}
"""Status by class; the nearest parent counts. 513: the server is up, but its model cannot be used."""

NOT_LOADED = 513


def status_of(kind: type[errors.DrumError]) -> int:
    """Return the status for an error of this class."""
    return next(STATUS[parent] for parent in kind.__mro__ if parent in STATUS)


def error_named(name: str, message: str, status: int = 0) -> errors.DrumError:
    """Return the error that a worker named; one of a plugin's own classes is a :class:`ModelError` here.

    :param status: the status that user code chose, for a ``ModelHTTPError``.
    """
    if name == errors.ModelHTTPError.__name__:
        return errors.ModelHTTPError(message, status)
    kind = getattr(errors, name, errors.ModelError)
    error: errors.DrumError = kind(message)
    return error


def error_response(error: errors.DrumError, *, retry_after: int = 1, status: int = 0) -> JSONResponse:
    """Return the response for an error: its message, never a traceback.

    :param retry_after: seconds, for the errors that pass.
    """
    chosen = status or getattr(error, "status_code", 0) or status_of(type(error))
    response = JSONResponse({"message": f"ERROR: {error.message}"}, status_code=chosen)
    if chosen == 503:
        response.headers["Retry-After"] = str(retry_after)
    if isinstance(error, errors.ModelHTTPError):
        response.headers["X-Drum-User-Http-Error"] = "true"
    return response
