"""The hooks that users write, in any language: what they are called, what they are given and what they may return.

``custom_code.py`` calls them for Python; a runtime of another language calls them for ``custom.R`` or ``custom.jl``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from drum.errors import MalformedInputError, ModelContractError
from drum.types import ModelSpec, Payload, Predictions, Reply, TargetType, TrainingData

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

SCORING_HOOKS = ("init", "read_input_data", "load_model", "transform", "score", "post_process", "score_unstructured")
HOOKS = (*SCORING_HOOKS, "fit")
HOOKS_ACROSS_ROWS = frozenset({"read_input_data", "transform", "score", "post_process"})
"""The hooks whose answer for one row could depend on others."""
ANSWERING_HOOKS: Mapping[TargetType, str] = {
    TargetType.TRANSFORM: "transform",
    TargetType.UNSTRUCTURED: "score_unstructured",
}
"""The hook that gives the answer, for the target types for which it is not ``score``."""
CUSTOM_FILES = {"r": "custom.R", "julia": "custom.jl"}
"""Where hooks are written, by the language of the artifact, if not in ``custom.py``."""

HEADER_VALUE = re.compile(r"[\w!#$&^.+/;=\" -]+", re.ASCII)
"""What a media type or a charset may look like in a header."""


def answering_hook(target_type: TargetType) -> str:
    """Return the name of the hook that gives the answer; with it, no runtime is needed to score."""
    return ANSWERING_HOOKS.get(target_type, "score")


def misspelt(names: Iterable[str], defined: Collection[str]) -> Iterator[tuple[str, str]]:
    """Pair each function that is no hook, but is called nearly like one, with the hook that was probably meant.

    :param names: the names of the user's functions.
    :param defined: the hooks that the user's code does define.
    """
    for name in names:
        if name not in HOOKS:
            for near in difflib.get_close_matches(name, set(HOOKS) - set(defined), n=1, cutoff=0.85):
                yield name, near


def label_arguments(spec: ModelSpec) -> dict[str, Any]:
    """Return the keyword arguments of ``score``: the class labels, as the target type names them."""
    if not spec.labels:
        return {}
    if spec.target_type is TargetType.BINARY:
        negative, positive = spec.labels
        return {"positive_class_label": positive, "negative_class_label": negative}
    return {"class_labels": list(spec.labels)}


def fit_arguments(training: TrainingData, output_dir: Path, spec: ModelSpec) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what ``fit`` is given: by position, and as keyword arguments. The rows are copies, and the hook's own."""
    target, weights = training.target, training.row_weights
    positional = {
        "X": training.features.copy(),
        "y": None if target is None else target.copy(),
        "output_dir": str(output_dir),
    }
    keywords = {
        "class_order": list(spec.labels) or None,
        "row_weights": None if weights is None else weights.copy(),
        "parameters": dict(training.parameters),
    }
    return positional, keywords


def post_process_argument(predictions: Predictions) -> pd.DataFrame:
    """Return what ``post_process`` is given: the checked predictions, and the extra columns beside them."""
    return predictions.frame if predictions.extra is None else predictions.frame.join(predictions.extra)


def unstructured_arguments(payload: Payload) -> tuple[str | bytes, dict[str, Any]]:
    """Return what ``score_unstructured`` is given: text or bytes, as the media type says, and keyword arguments.

    :raises MalformedInputError: if text is not in the charset that it says it is in.
    """
    media_type = payload.media_type or "text/plain"
    keywords = {
        "mimetype": media_type,
        "charset": payload.charset,
        "query": dict(payload.query),
        "headers": {name.title(): value for name, value in payload.headers.items()},
    }
    return _text_or_bytes(payload, media_type), keywords


def _text_or_bytes(payload: Payload, media_type: str) -> str | bytes:
    if not (media_type.startswith("text/") or media_type == "application/json"):
        return payload.body
    try:
        return payload.body.decode(payload.charset)
    except UnicodeDecodeError as error:
        raise MalformedInputError(
            f"The data is not {payload.charset} text (byte {error.start}). State its type, such as "
            "application/octet-stream, in the Content-Type header or with --content-type."
        ) from error
    except LookupError as error:
        raise MalformedInputError(f"The charset '{payload.charset}' is not known.") from error


def unstructured_reply(answer: Any) -> Reply:
    """Turn what ``score_unstructured`` returned into a reply.

    :param answer: text, bytes or ``None``, or a pair of one of them with ``{"mimetype": …, "charset": …}``.
    :raises ModelContractError: if it is something else.
    """
    content, extra = answer if isinstance(answer, tuple) and len(answer) == 2 else (answer, None)
    stated = extra or {}
    if not isinstance(content, str | bytes | None) or not isinstance(stated, Mapping):
        raise ModelContractError(
            "Model 'score_unstructured' hook must return str, bytes or None, or a pair of one of them with a dict "
            f"of 'mimetype' and 'charset'; it returned {type(answer).__name__}."
        )
    charset = stated.get("charset") or "utf8"
    for name, value in (("mimetype", stated.get("mimetype") or "text/plain"), ("charset", charset)):
        if not isinstance(value, str) or not HEADER_VALUE.fullmatch(value):
            raise ModelContractError(f"The reply of 'score_unstructured' cannot be written as {name} {value!r}.")
    if isinstance(content, bytes):
        return Reply(body=content, media_type=stated.get("mimetype") or "application/octet-stream", charset=charset)
    try:
        body = (content or "").encode(charset)
    except (LookupError, UnicodeEncodeError, TypeError) as error:
        raise ModelContractError(
            f"The reply of 'score_unstructured' cannot be written as '{charset}': {error}."
        ) from error
    return Reply(body=body, media_type=stated.get("mimetype") or "text/plain", charset=charset)
