"""Options: how values are parsed, where they come from, and that they remember it."""

from __future__ import annotations

from typing import Any

import pytest

from drum.errors import ConfigError
from drum.options import core_options
from drum.settings import Option, Options, plugin_switches, resolve, threads_per_call
from drum.types import TargetType


def options(*flags: str, **more: Any) -> Options:
    registry = Options()
    registry.add(*(flags or ("-x", "--my-option")), help="an option", **more)
    return registry


def test_last_flag_names_the_option_and_its_variable() -> None:
    (option,) = options("-mo", "--my-option")
    assert (option.name, option.flags, option.variables) == ("my_option", ("-mo", "--my-option"), ("MY_OPTION",))


def test_variables_that_are_named_stand_instead_of_the_options_own() -> None:
    (option,) = options("--language", variables=("DRUM_LANGUAGE",))
    assert option.variables == ("DRUM_LANGUAGE",)


def test_name_that_is_taken_is_refused() -> None:
    registry = options("--input")
    with pytest.raises(ConfigError, match="Option --input is defined twice; a plugin must choose another name"):
        registry.add("-i", "--input", help="mine")


@pytest.mark.parametrize(
    ("given", "environ", "value", "source"),
    [
        ({"my_option": "a"}, {"MY_OPTION": "b"}, "a", "--my-option"),
        ({"my_option": None}, {"MY_OPTION": "b"}, "b", "$MY_OPTION"),
        ({}, {"MY_OPTION": "b", "OLD_NAME": "c"}, "b", "$MY_OPTION"),
        ({}, {"OLD_NAME": "c"}, "c", "$OLD_NAME"),
        ({}, {"MY_OPTION": "", "OLD_NAME": ""}, "d", "default"),
        ({}, {"my_option": "lower case is another variable"}, "d", "default"),
    ],
)
def test_option_goes_before_variable_goes_before_default(
    given: dict[str, Any], environ: dict[str, str], value: str, source: str
) -> None:
    settings = resolve(options(variables=("MY_OPTION", "OLD_NAME"), default="d"), given, environ)
    assert (settings["my_option"], settings.source("my_option")) == (value, source)
    assert settings.is_default("my_option") is (source == "default")


@pytest.mark.parametrize("value", [0, False, "", ()])
def test_falsy_value_that_is_given_is_given(value: object) -> None:
    settings = resolve(options(default="d"), {"my_option": value}, {"MY_OPTION": "b"})
    assert settings["my_option"] == value
    assert not settings.is_default("my_option")


def test_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_OPTION", "from the process")
    assert resolve(options(), {})["my_option"] == "from the process"


def test_settings_are_a_mapping() -> None:
    assert dict(resolve(options(default=1), {}, {})) == {"my_option": 1}
    assert len(resolve(core_options(), {}, {})) == len(list(core_options()))


def test_option_that_does_not_exist_is_named() -> None:
    with pytest.raises(ConfigError, match="There is no option 'target_typ'"):
        resolve(core_options(), {"target_typ": "binary"}, {})


@pytest.mark.parametrize(
    ("more", "text", "value"),
    [
        ({}, " as it is ", " as it is "),
        ({"type": int}, "12", 12),
        ({"many": True}, "a  b\tc", ("a", "b", "c")),
        ({"many": True, "type": int}, "1 2", (1, 2)),
        ({"choices": ("r", "julia")}, "julia", "julia"),
        *(({"switch": True}, word, True) for word in ("1", "true", "True", "YES", "on", " on ")),
        *(({"switch": True}, word, False) for word in ("0", "false", "No", "OFF")),
    ],
)
def test_variable_is_parsed_as_the_option_says(more: dict[str, Any], text: str, value: object) -> None:
    assert resolve(options(**more), {}, {"MY_OPTION": text})["my_option"] == value


@pytest.mark.parametrize(
    ("more", "text", "message"),
    [
        ({"type": int}, "many", r"\$MY_OPTION is 'many', which is no value for --my-option: invalid literal"),
        ({"switch": True}, "maybe", r"\$MY_OPTION is 'maybe', which is no value for --my-option: say true or false"),
        ({"choices": ("r", "julia")}, "perl", r"\$MY_OPTION is 'perl'; it must be one of r, julia"),
    ],
)
def test_variable_that_is_no_value_says_what_would_be(more: dict[str, Any], text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        resolve(options(**more), {}, {"MY_OPTION": text})


# ------------------------------------------------------------------------------------- the core's own options


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("CODE_DIR", "models/a", "models/a"),
        ("TARGET_TYPE", "Text Generation", TargetType.TEXT_GENERATION),
        ("CLASS_LABELS", "a b", ("a", "b")),
        ("ALLOW_NAN", "true", True),
        ("BATCH_ROWS", "0", 0),
        ("LOGGING_LEVEL", "DEBUG", "debug"),
        ("DRUM_LANGUAGE", "julia", "julia"),
    ],
)
def test_core_options_have_variables(variable: str, text: str, value: object) -> None:
    name = variable.removeprefix("DRUM_").lower()
    assert resolve(core_options(), {}, {variable: text})[name] == value


def test_language_of_the_desktop_is_not_that_of_the_model() -> None:
    """``LANGUAGE`` is gettext's, and is set on many machines."""
    assert resolve(core_options(), {}, {"LANGUAGE": "en_GB:en"}).is_default("language")


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("TARGET_TYPE", "bianry", "Did you mean 'binary'"),
        ("BATCH_ROWS", "-1", "must be 0 or more"),
        ("JOBS", "0", "must be 1 or more"),
        ("DRUM_LANGUAGE", "perl", "must be one of python, r, julia, java"),
        ("LOGGING_LEVEL", "loud", "must be one of debug, info, warning, error"),
    ],
)
def test_core_options_refuse_what_makes_no_sense(variable: str, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"\${variable} is '{text}'.*{message}"):
        resolve(core_options(), {}, {variable: text})


@pytest.mark.parametrize("option", list(core_options()), ids=lambda option: option.name)
def test_every_core_option_explains_itself(option: Option) -> None:
    assert option.help
    assert option.flags[-1] == "--" + option.name.replace("_", "-")
    assert option.variables[0].removeprefix("DRUM_") == option.name.upper()


# ------------------------------------------------------------------------------------- before options are known


@pytest.mark.parametrize(
    ("environ", "switches"),
    [
        ({}, ([], False)),
        ({"DRUM_NO_PLUGINS": "a, b c,", "DRUM_TRACE_PLUGINS": "1"}, (["a", "b", "c"], True)),
        ({"DRUM_NO_PLUGINS": "", "DRUM_TRACE_PLUGINS": ""}, ([], False)),
        ({"DRUM_TRACE_PLUGINS": "0"}, ([], False)),
    ],
)
def test_plugin_switches_come_from_the_environment(environ: dict[str, str], switches: tuple[list[str], bool]) -> None:
    assert plugin_switches(environ) == switches


@pytest.mark.parametrize(
    ("cores", "given", "threads"),
    [
        (8, {"workers": 2}, 4),
        (8, {"workers": 3}, 2),
        (8, {"workers": 2, "threads": 2}, 2),
        (2, {"workers": 9}, 1),
        (2, {"workers": 0}, 2),
        (8, {"jobs": 3}, 3),
        (2, {"jobs": 3}, 2),
        (8, {}, 8),
    ],
)
def test_calls_made_at_once_share_the_cores(
    monkeypatch: pytest.MonkeyPatch, cores: int, given: dict[str, int], threads: int
) -> None:
    """Each of these options belongs to one subcommand, so that the others may be missing."""
    monkeypatch.setattr("drum.settings.cores", lambda: cores)
    assert threads_per_call(given) == threads
