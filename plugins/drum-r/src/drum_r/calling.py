"""Call the user's hooks in R, in the words in which those in Python are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from drum.errors import DrumError, MalformedInputError, ModelContractError, ModelHTTPError, ScoreError
from drum_r import from_r
from drum_r.model import Kept, Model
from drum_r.session import Failure, RError, Session
from drum_r.to_r import to_r

if TYPE_CHECKING:
    import pandas as pd

    from drum.types import Batch

T = TypeVar("T")
Making = Callable[[Session], Any]
"""Makes an argument in R's own thread."""
FRAMES = ("frame", "sparse")


def failed(hook: str, purpose: str, failure: Failure, error_class: type[DrumError] = ScoreError) -> DrumError:
    """Return the error for a hook that has failed."""
    if failure.status is not None:
        return ModelHTTPError(failure.message, failure.status)
    if failure.is_of_input:
        return MalformedInputError(failure.message)
    return error_class(f"Model '{hook}' hook failed to {purpose}. Exception: {failure.message}", detail=failure.detail)


def call(
    model: Model,
    hook: str,
    arguments: Mapping[str, Making | Batch | None],
    purpose: str,
    take: Callable[[Session, Any, str], T],
    keywords: Mapping[str, Any] | None = None,
    *,
    may_be_null: bool = False,
) -> T:
    """Call a hook and return what is taken of its answer.

    :param arguments: by position: how to make them in R, or a batch; ``None`` for that of the loaded model, ``model``.
    :param take: makes of R's answer, in R's own thread, what Python is to have.
    :param keywords: of which the hook is given those that it takes.
    :param may_be_null: whether ``NULL`` is an answer too. Else it is an error, never a pass to the next plugin.
    :raises ScoreError: with the user's own lines first, if the hook fails.
    :raises ModelContractError: if the answer is not what it must be.
    """

    def work(session: Session, loaded: Any) -> T:
        made = {name: _made(session, value) for name, value in arguments.items()}
        answer = attempt(session, loaded, hook, made, keywords or {})
        if answer is session.null and not may_be_null:
            raise ModelContractError(f"Model '{hook}' hook returned NULL. Return its result.")
        return take(session, answer, f"Model '{hook}' hook")

    try:
        return model.run(work)
    except RError as error:
        raise failed(hook, purpose, error.failure) from None


def attempt(session: Session, loaded: Any, hook: str, arguments: Mapping[str, Any], keywords: Mapping[str, Any]) -> Any:
    """Call a hook, in R's own thread, and return R's answer.

    :param arguments: in R, by position; the one called ``model`` is the loaded model, whatever is given for it.
    :param keywords: text, several texts, texts by name, or how to make them in R.
    :raises RError: if the hook fails.
    """
    words = {name: _keyword(session, value) for name, value in keywords.items()}
    values = session.list(tuple(arguments.values()))
    names = session.names(tuple(arguments))
    return session.attempt("call_hook", loaded, session.names((hook,)), values, names, session.named(words))


def _made(session: Session, value: Making | Batch | None) -> Any:
    if value is None:
        return session.null
    return value(session) if callable(value) else given(session, value)


def given(session: Session, batch: Batch) -> Any:
    """Return a batch in R: a frame, or what the user's ``read_input_data`` has read."""
    return batch.value(session) if isinstance(batch, Kept) else to_r(session, batch)


def _keyword(session: Session, value: Any) -> Any:
    if callable(value):
        return value(session)
    if isinstance(value, Mapping):
        return session.named({str(name): session.text(str(text)) for name, text in value.items()})
    return session.text(value) if isinstance(value, str) else session.text(*map(str, value))


# ------------------------------------------------------------------------------------- what hooks answer


def kind_of(session: Session, value: Any) -> str:
    """Return what an answer is: ``frame``, ``sparse``, ``list``, ``text``, ``raw``, or else its class."""
    return str(session.call("kind_of", value)[0])


def taken_frame(session: Session, value: Any, stage: str) -> pd.DataFrame:
    """Take a ``data.frame`` or a sparse matrix.

    :raises ModelContractError: if it is anything else.
    """
    return from_r.frame(session, value, stage)


def taken_pair(session: Session, value: Any, stage: str) -> pd.DataFrame | tuple[pd.DataFrame, pd.DataFrame | None]:
    """Take features, or a list of features and target."""
    if kind_of(session, value) != "list" or len(value) != 2:
        return taken_frame(session, value, stage)
    features, target = value
    return (
        taken_frame(session, features, stage),
        None if target is session.null else taken_frame(session, target, f"{stage} (target)"),
    )
