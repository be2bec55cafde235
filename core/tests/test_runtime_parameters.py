"""Runtime parameters: where values come from, what they may be, and that secrets stay secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drum.errors import ConfigError, MetadataError
from drum.runtime_parameters import PREFIX, TYPES, Credential, RuntimeParameters, publish, read_definitions
from drum.testing import CodeDir, scorer


def define(kind: str, name: str = "P", **more: Any) -> dict[str, Any]:
    return {"runtimeParameterDefinitions": [{"fieldName": name, "type": kind, **more}]}


def published(metadata: dict[str, Any], file: Path | None = None, environ: dict[str, str] | None = None) -> Any:
    """Publish into an environment and return what ``P`` holds there."""
    env = dict(environ or {})
    publish(metadata, file, env)
    return json.loads(env[PREFIX + "P"])["payload"]


@pytest.fixture
def values_file(tmp_path: Path) -> Path:
    return tmp_path / "values.yaml"


# ------------------------------------------------------------------------------------- user code's view


@pytest.mark.parametrize("payload", ["text", "", 1, 1.5, True, None, "ünï"])
def test_value_comes_as_it_was_published(monkeypatch: pytest.MonkeyPatch, payload: object) -> None:
    monkeypatch.setenv(PREFIX + "P", json.dumps({"type": "string", "payload": payload}))
    assert RuntimeParameters.has("P")
    assert RuntimeParameters.get("P") == payload


def test_credential_is_a_mapping_that_never_shows_its_values(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = {"user": "joe", "password": "hunter2"}
    monkeypatch.setenv(PREFIX + "P", json.dumps({"type": "credential", "payload": secret}))
    value = RuntimeParameters.get("P")
    assert value == secret
    for shown in (repr(value), str(value), f"{value}", f"{[value]}", "%s" % value):  # noqa: UP031 - as loggers do
        assert "hunter2" not in shown
        assert "joe" not in shown
        assert "password" in shown


def test_missing_value_says_where_to_give_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PREFIX + "P", raising=False)
    assert not RuntimeParameters.has("P")
    with pytest.raises(
        ConfigError, match=r"Runtime parameter 'P' has no value.*defaultValue.*--runtime-params-file.*MLOPS"
    ):
        RuntimeParameters.get("P")


@pytest.mark.parametrize("text", ["hunter2", "[1]", '"hunter2"', '{"payload": "hunter2"}', '{"type": "string"}', ""])
def test_variable_that_holds_something_else_is_named_but_not_shown(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(PREFIX + "P", text)
    with pytest.raises(ConfigError, match=r"\$MLOPS_RUNTIME_PARAM_P must hold JSON of the form") as caught:
        RuntimeParameters.get("P")
    assert "hunter2" not in str(caught.value) + caught.value.detail


def test_user_code_finds_its_parameters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + "FACTOR", json.dumps({"type": "numeric", "payload": 3}))
    code_dir = CodeDir(tmp_path, {
        "model-metadata.yaml": """
            name: n
            type: inference
            targetType: regression
            runtimeParameterDefinitions: [{fieldName: FACTOR, type: numeric, defaultValue: 2}]
        """,
        "custom.py": """
            import drum
            def score(data, model, **kwargs): return data * drum.RuntimeParameters.get("FACTOR")
        """,
    })  # fmt: skip
    assert scorer(code_dir).score(b"a\n1\n").frame["Predictions"].tolist() == [3.0]


# ------------------------------------------------------------------------------------- where values come from


def test_environment_goes_before_file_goes_before_default(values_file: Path) -> None:
    values_file.write_text("P: file")
    metadata = define("string", defaultValue="default")
    environ = {PREFIX + "P": json.dumps({"type": "string", "payload": "environment"})}
    assert published(metadata) == "default"
    assert published(metadata, values_file) == "file"
    assert published(metadata, values_file, environ) == "environment"


def test_type_is_published_with_the_value() -> None:
    env: dict[str, str] = {}
    publish(define("numeric", defaultValue=1), None, env)
    content = json.loads(env[PREFIX + "P"])
    assert (content["type"], content["payload"]) == ("numeric", 1)


def test_what_the_operator_set_is_left_as_it_is() -> None:
    """Even where it holds words that look like our own mark."""
    for payload in ("plain", '"source": "drum"', {"source": "drum", "password": "hunter2"}):
        text = json.dumps({"type": "credential", "payload": payload})
        env = {PREFIX + "P": text}
        publish(define("credential" if isinstance(payload, dict) else "string"), None, env)
        assert env == {PREFIX + "P": text}


def test_value_that_is_refused_is_not_published() -> None:
    env: dict[str, str] = {}
    with pytest.raises(ConfigError):
        publish(define("numeric", defaultValue="one"), None, env)
    assert env == {}


def test_without_definitions_nothing_is_published() -> None:
    env: dict[str, str] = {}
    publish({}, None, env)
    publish({"runtimeParameterDefinitions": None}, None, env)
    assert env == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Q: 1", "The runtime parameters file '.*values.yaml' has the unknown key 'Q'"),
        ("PP: 1", "has the unknown key 'PP'. Did you mean 'P'?"),
        ("- P", "must be a mapping of keys to values, not list"),
        ("P: [", "is not valid YAML: ParserError"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_file_that_does_not_fit_is_named(values_file: Path, text: str | None, message: str) -> None:
    if text is not None:
        values_file.write_text(text)
    with pytest.raises(ConfigError, match=message):
        published(define("string"), values_file)


def test_broken_file_does_not_show_what_is_in_it(values_file: Path) -> None:
    values_file.write_text("P: [hunter2")
    with pytest.raises(ConfigError) as caught:
        published(define("credential"), values_file)
    assert "hunter2" not in str(caught.value)


def test_empty_file_gives_no_values(values_file: Path) -> None:
    values_file.write_text("")
    assert published(define("string", defaultValue="d"), values_file) == "d"


def test_one_models_defaults_are_not_the_next_ones_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was published for one model must not look like the operator's own choice to another."""
    monkeypatch.setenv(PREFIX + "SHARED", "to be put back afterwards")
    monkeypatch.delenv(PREFIX + "SHARED")
    answers = []
    for default in (1, 2):
        code_dir = CodeDir(tmp_path / str(default), {
            "model-metadata.yaml": f"""
                name: n
                type: inference
                targetType: regression
                runtimeParameterDefinitions: [{{fieldName: SHARED, type: numeric, defaultValue: {default}}}]
            """,
            "custom.py": """
                from drum import RuntimeParameters
                def score(data, model, **kwargs): return data * RuntimeParameters.get("SHARED")
            """,
        })  # fmt: skip
        with scorer(code_dir) as opened:
            answers.append(opened.score(b"a\n1\n").frame["Predictions"].item())
    assert answers == [1.0, 2.0]


# ------------------------------------------------------------------------------------- what values may be


GOOD = {
    "string": ["text"],
    "boolean": [True, False],
    "numeric": [0, -1.5],
    "credential": [{"password": "hunter2"}],
    "deployment": ["65f0"],
}
BAD = {
    "string": [1, True, ["a"]],
    "boolean": ["true", 1],
    "numeric": ["1", True],
    "credential": ["hunter2", ["hunter2"]],
    "deployment": [1],
}


def pairs(values: dict[str, list[Any]]) -> list[tuple[str, Any]]:
    return [(kind, value) for kind, several in values.items() for value in several]


def test_every_type_is_tried_here() -> None:
    assert set(GOOD) == set(BAD) == set(TYPES)


@pytest.mark.parametrize(("kind", "value"), pairs(GOOD))
def test_value_of_its_type_is_published(kind: str, value: Any) -> None:
    assert published(define(kind, defaultValue=value)) == value


@pytest.mark.parametrize(("kind", "value"), pairs(BAD))
def test_value_of_another_type_is_refused(kind: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"Runtime parameter 'P' must be of type {kind};") as caught:
        published(define(kind, defaultValue=value))
    assert "hunter2" not in str(caught.value), "a secret never reaches a message"


@pytest.mark.parametrize("kind", ["string", "numeric"])
def test_credential_in_the_wrong_place_is_not_shown(kind: str) -> None:
    environ = {PREFIX + "P": json.dumps({"type": "credential", "payload": {"password": "hunter2"}})}
    with pytest.raises(ConfigError, match=f"must be of type {kind}") as caught:
        published(define(kind), None, environ)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("kind", TYPES)
def test_empty_value_passes_unless_it_is_forbidden(kind: str, value: str | None) -> None:
    assert published(define(kind, defaultValue=value)) == value
    with pytest.raises(
        ConfigError, match="Runtime parameter 'P' must not be empty: give it in --runtime-params-file or"
    ):
        published(define(kind, defaultValue=value, allowEmpty=False))


@pytest.mark.parametrize("falsy", [0, False])
def test_zero_and_false_are_values(falsy: object) -> None:
    kind = "boolean" if falsy is False else "numeric"
    assert published(define(kind, defaultValue=falsy, allowEmpty=False)) is falsy


@pytest.mark.parametrize(("value", "holds"), [(1, True), (5, True), (3.5, True), (0.999, False), (5.001, False)])
def test_number_keeps_its_bounds(value: float, holds: bool) -> None:
    metadata = define("numeric", minValue=1, maxValue=5)
    environ = {PREFIX + "P": json.dumps({"type": "numeric", "payload": value})}
    if holds:
        assert published(metadata, None, environ) == value
    else:
        with pytest.raises(ConfigError, match=f"Runtime parameter 'P' is {value}; it must be at least 1 and at most 5"):
            published(metadata, None, environ)


@pytest.mark.parametrize(("bound", "value"), [("minValue", 0), ("maxValue", 2)])
def test_one_bound_alone_is_checked(bound: str, value: int) -> None:
    with pytest.raises(ConfigError, match=f"Runtime parameter 'P' is {value}"):
        published(define("numeric", defaultValue=value, **{bound: 1}))


# ------------------------------------------------------------------------------------- definitions


@pytest.mark.parametrize(
    ("definitions", "message"),
    [
        ([{"fieldName": "P"}], "each needs a fieldName and a type out of string, boolean, .*see 'P'"),
        ([{"type": "string"}], "each needs a fieldName"),
        ([{"fieldName": "P", "type": "text"}], "a type out of string"),
        ([{"fieldName": "P", "type": "string", "default": 1}], "unknown key 'default'. Did you mean 'defaultValue'"),
        ([{"fieldName": "P", "type": "string"}] * 2, "defines 'P' twice"),
        (["P"], "must be a mapping of keys to values, not str"),
        (5, "runtimeParameterDefinitions"),
    ],
)
def test_malformed_definition_is_a_metadata_error(definitions: Any, message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        read_definitions({"runtimeParameterDefinitions": definitions})


def test_credential_lists_its_fields_in_order() -> None:
    assert repr(Credential(b="x", a="y")) == "Credential(a, b: ***)"
