"""What users' hooks are given, and what they may return, in any language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from drum.custom_hooks import (
    answering_hook,
    label_arguments,
    misspelt,
    post_process_argument,
    unstructured_arguments,
    unstructured_reply,
)
from drum.errors import MalformedInputError, ModelContractError
from drum.types import ModelSpec, Payload, Predictions, TargetType


@pytest.mark.parametrize(
    ("target_type", "hook"), [("binary", "score"), ("transform", "transform"), ("unstructured", "score_unstructured")]
)
def test_hook_that_answers_depends_on_the_target_type(target_type: str, hook: str) -> None:
    assert answering_hook(TargetType(target_type)) == hook


def test_names_that_are_nearly_hooks_are_told_from_others() -> None:
    assert list(misspelt(["scores", "helper", "transform"], ["transform"])) == [("scores", "score")]
    assert list(misspelt(["scores"], ["score"])) == []


@pytest.mark.parametrize(
    ("target_type", "labels", "arguments"),
    [
        ("binary", ("no", "yes"), {"positive_class_label": "yes", "negative_class_label": "no"}),
        ("multiclass", ("a", "b", "c"), {"class_labels": ["a", "b", "c"]}),
        ("regression", (), {}),
    ],
)
def test_score_is_given_the_labels_of_its_target_type(
    target_type: str, labels: tuple[str, ...], arguments: dict[str, Any]
) -> None:
    spec = ModelSpec(code_dir=Path(), target_type=TargetType(target_type), labels=labels)
    assert label_arguments(spec) == arguments


def test_post_process_is_given_extra_columns_too() -> None:
    frame, extra = pd.DataFrame({"Predictions": [1.0]}), pd.DataFrame({"why": ["a"]})
    assert post_process_argument(Predictions(frame=frame)) is frame
    assert list(post_process_argument(Predictions(frame=frame, extra=extra))) == ["Predictions", "why"]


@pytest.mark.parametrize(
    ("media_type", "data"),
    [("", "grün"), ("text/html", "grün"), ("application/json", "grün"), ("image/png", "grün".encode())],
)
def test_unstructured_data_are_text_or_bytes_by_media_type(media_type: str, data: str | bytes) -> None:
    payload = Payload(body="grün".encode(), media_type=media_type, query={"q": "1"}, headers={"x-a": "b"})
    given, keywords = unstructured_arguments(payload)
    assert given == data
    assert keywords == {
        "mimetype": media_type or "text/plain", "charset": "utf-8", "query": {"q": "1"}, "headers": {"X-A": "b"},
    }  # fmt: skip


@pytest.mark.parametrize(("charset", "reason"), [("ascii", r"not ascii text \(byte 2\)"), ("klingon", "is not known")])
def test_text_in_another_charset_is_the_callers_fault(charset: str, reason: str) -> None:
    with pytest.raises(MalformedInputError, match=reason):
        unstructured_arguments(Payload(body="grün".encode(), charset=charset))


@pytest.mark.parametrize("answer", [1, ["a"], {"a": 1}, ("a", "b"), ("a", {}, "c"), (1, {})], ids=repr)
def test_reply_of_another_kind_is_refused(answer: object) -> None:
    with pytest.raises(ModelContractError, match=r"must return str, bytes or None, or a pair .*; it returned"):
        unstructured_reply(answer)


@pytest.mark.parametrize("charset", ["ascii", "klingon"])
def test_text_that_does_not_fit_its_charset_is_refused(charset: str) -> None:
    with pytest.raises(ModelContractError, match=f"The reply of 'score_unstructured' cannot be written as '{charset}'"):
        unstructured_reply(("grün", {"charset": charset}))


@pytest.mark.parametrize("charset", [5, b"utf8", ["utf8"]])
def test_charset_that_is_no_text_is_the_authors_fault(charset: object) -> None:
    with pytest.raises(ModelContractError, match="cannot be written as"):
        unstructured_reply(("x", {"charset": charset}))


@pytest.mark.parametrize("stated", [{"mimetype": "text/plain\r\nX-Evil: 1"}, {"mimetype": 5}, {"charset": "utf8\n"}])
def test_reply_that_is_no_header_is_the_authors_fault(stated: dict[str, Any]) -> None:
    with pytest.raises(ModelContractError, match="cannot be written as"):
        unstructured_reply((b"x", stated))
