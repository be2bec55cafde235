"""The nouns: what target types are, and that what hooks exchange cannot be changed."""

from __future__ import annotations

import dataclasses
import inspect
from enum import Enum
from pathlib import Path

import pytest

from drum import types
from drum.types import Concurrency, Detection, Match, ModelSpec, Payload, Reply, TargetType

NOUNS = [noun for noun in vars(types).values() if dataclasses.is_dataclass(noun)]


@pytest.mark.parametrize("member", TargetType)
def test_target_type_is_of_one_kind(member: TargetType) -> None:
    apart = member in (TargetType.TRANSFORM, TargetType.UNSTRUCTURED)
    assert [member.is_classification, member.is_single_column, apart].count(True) == 1


def test_kinds_of_target_types() -> None:
    assert {member.value for member in TargetType if member.is_classification} == {"binary", "multiclass", "multilabel"}
    assert {member.value for member in TargetType if member.is_numeric and member.is_single_column} == {
        "regression",
        "anomaly",
    }
    assert {member.value for member in TargetType if member.is_single_column and not member.is_numeric} == {
        "textgeneration",
        "geopoint",
        "vectordatabase",
        "agenticworkflow",
    }


def test_target_type_reads_as_its_word() -> None:
    assert TargetType("binary") is TargetType.BINARY
    assert TargetType.BINARY == "binary"


def test_content_is_stronger_than_a_name() -> None:
    assert Match.PROVEN > Match.NAMED


def test_concurrency_combines() -> None:
    both = Concurrency.THREADS | Concurrency.FORK
    assert Concurrency.THREADS in both
    assert Concurrency.FORK in both
    assert not Concurrency.SERIAL


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.__name__)
def test_nouns_are_frozen_and_built_by_name(noun: type) -> None:
    assert all(p.kind is p.KEYWORD_ONLY for p in inspect.signature(noun).parameters.values())
    assert not hasattr(noun, "__dict__") or "__dict__" not in dir(noun)
    instance = noun(**dict.fromkeys(inspect.signature(noun).parameters))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(instance, dataclasses.fields(instance)[0].name, 1)


@pytest.mark.parametrize(
    "noun", [value for value in vars(types).values() if inspect.isclass(value) and value.__module__ == "drum.types"]
)
def test_every_noun_explains_itself(noun: type) -> None:
    assert noun.__doc__
    assert issubclass(noun, Enum) or dataclasses.is_dataclass(noun)


def test_defaults_say_nothing_that_was_not_said() -> None:
    assert Detection(runtime="r") == Detection(runtime="r", match=Match.NAMED, concurrency=Concurrency.SERIAL)
    assert ModelSpec(code_dir=Path("."), target_type=TargetType.ANOMALY).labels == ()
    assert Payload(body=b"").media_type == ""
    assert (Reply(body=b"").media_type, Reply(body=b"").charset) == ("application/octet-stream", "utf8")
