"""Registration, what is refused at load, and the seat."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from toys import plugin

from drum import plugins
from drum.errors import PluginLoadError
from drum.hookspecs import hookimpl
from drum.plugins import PluginManager, Seat, create_plugin_manager
from drum.types import Artifact, Detection, ModelSpec, Payload, TargetType

SPEC = ModelSpec(code_dir=Path("."), target_type=TargetType.REGRESSION)
FORMATS = ("arrow", "csv", "json", "mtx", "parquet")


def manager_of(*modules: ModuleType) -> PluginManager:
    manager = PluginManager()
    for module in modules:
        manager.add(module, module.__name__)
    return manager


# ------------------------------------------------------------------------------------- registration


@pytest.mark.parametrize(
    ("hook", "function", "named"),
    [
        ("drum_scoer", lambda batch: batch, "drum_scoer"),
        ("drum_score", lambda data: data, "data"),
        ("drum_after_score", lambda record, predictions: None, "predictions"),
    ],
    ids=["misspelt hook", "wrong argument", "one argument too many"],
)
def test_hook_that_does_not_fit_fails_at_load(hook: str, function: Callable[..., Any], named: str) -> None:
    manager, broken = PluginManager(), plugin("broken", **{hook: function})
    with pytest.raises(PluginLoadError, match=rf"Plugin 'broken' does not fit .*'?{named}'?.*See docs/hooks.md"):
        manager.add(broken, "broken")
    assert not manager.is_registered(broken)
    manager.add(plugin("sound", drum_score=lambda batch: batch), "sound")


def test_optional_hook_may_be_unknown() -> None:
    module = plugin("modern")
    vars(module)["drum_from_the_future"] = hookimpl(optionalhook=True)(lambda: None)
    assert manager_of(module).is_registered(module)


@pytest.mark.parametrize("error", [RuntimeError("no licence"), SystemExit(1), KeyboardInterrupt()])
def test_plugin_whose_configuration_raises_does_not_stay(error: BaseException) -> None:
    def drum_configure() -> None:
        raise error

    manager = PluginManager()
    manager.hook.drum_configure.call_historic(kwargs={"settings": {}, "spec": SPEC})
    broken = plugin("broken", drum_configure=drum_configure, drum_score=lambda: "hijacked")
    with pytest.raises(type(error)):
        manager.add(broken, "broken")
    assert not manager.is_registered(broken)
    assert manager.hook.drum_score(batch=None, model=None, spec=SPEC) is None


def test_late_plugin_is_configured_at_its_registration() -> None:
    specs: list[ModelSpec] = []
    manager = PluginManager()
    manager.hook.drum_configure.call_historic(kwargs={"settings": {}, "spec": SPEC})
    manager.add(plugin("late", drum_configure=lambda spec: specs.append(spec)), "late")
    assert specs == [SPEC]


def test_plugin_that_is_added_twice_stays() -> None:
    module = plugin("twice", drum_score=lambda: "scored")
    manager = manager_of(module)
    with pytest.raises(PluginLoadError, match="'twice'"):
        manager.add(module, "twice")
    assert manager.is_registered(module)


def test_name_that_is_taken_is_refused() -> None:
    first, second = plugin("name"), plugin("name")
    manager = manager_of(first)
    with pytest.raises(PluginLoadError, match="'name'"):
        manager.add(second, "name")
    assert manager.get_plugin("name") is first


def test_implementers_stand_in_the_order_in_which_they_are_called() -> None:
    first, last = plugin("first", drum_detect=lambda: None), plugin("last")
    vars(last)["drum_detect"] = hookimpl(trylast=True)(lambda: None)
    other = plugin("other", drum_score=lambda: None)
    assert manager_of(last, first, other).implementers("drum_detect") == [first, last]
    assert manager_of(last, first, other).runtimes() == [first, last]


def test_each_calls_one_implementation_at_a_time() -> None:
    a, b, c = (plugin(name, drum_detect=lambda name=name: name) for name in "abc")
    manager = manager_of(a, b, c)
    arguments = {"code_dir": Path("."), "spec": SPEC}
    assert [(name, call(**arguments)) for name, call in manager.each("drum_detect", without=[b])] == [
        ("c", ["c"]),
        ("a", ["a"]),
    ]


def test_listeners_are_called_without_anybody_between_unless_calls_are_watched() -> None:
    def listen(record: object) -> None: ...

    manager = manager_of(plugin("whole", drum_after_score=listen), plugin("deaf", drum_after_score=lambda: None))
    calls = dict(manager.listeners("drum_after_score"))
    assert calls["whole"] is listen
    calls["deaf"](record=None)  # pluggy leaves out what it does not take
    manager.add_hookcall_monitoring(lambda *call: None, lambda *outcome: None)
    assert dict(manager.listeners("drum_after_score"))["whole"] is not listen


# ------------------------------------------------------------------------------------- entry points


def test_the_cores_formats_and_its_engine_come_in_by_entry_points() -> None:
    ours = [found for found in create_plugin_manager().installed if found.distribution == "drum-core"]
    expected = {name: f"drum.formats.{name}" for name in FORMATS} | {"local": "drum.cli.local_engine"}
    assert {found.name: found.module.__name__ for found in ours} == expected
    assert all(found.version for found in ours)


def test_blocked_plugin_takes_no_part() -> None:
    manager = create_plugin_manager(["json", "csv"])
    assert {found.name for found in manager.installed} & set(FORMATS) == {"arrow", "mtx", "parquet"}
    assert manager.get_plugin("csv") is None
    assert sorted(manager.left_out) == ["csv", "json"]


def test_blocking_what_is_not_installed_lists_what_is() -> None:
    with pytest.raises(PluginLoadError, match=r"There is no plugin 'csw' to block. Installed are: .*csv"):
        create_plugin_manager(["csw"])


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that installs a distribution with entry points, for this test."""

    def install(distribution: str, source: str = "", **points: str) -> None:
        (tmp_path / f"{distribution.replace('-', '_')}.py").write_text(source)
        info = tmp_path / f"{distribution.replace('-', '_')}-1.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.5\n")
        lines = [f"{name} = {module}" for name, module in points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[drum]", *lines]))

    monkeypatch.syspath_prepend(tmp_path)
    return install


def test_strangers_plugin_enters_by_the_same_door(installed: Callable[..., None]) -> None:
    installed("drum-stranger", "from drum import hookimpl\n@hookimpl\ndef drum_score(): pass", stranger="drum_stranger")
    (found,) = [found for found in create_plugin_manager().installed if found.name == "stranger"]
    assert (found.distribution, found.version, found.module.__name__) == ("drum-stranger", "1.5", "drum_stranger")


def test_strangers_are_asked_before_the_core(installed: Callable[..., None]) -> None:
    source = "from drum import hookimpl\n@hookimpl\ndef drum_read_input(): return 'read'"
    installed("a-stranger", source, a_first_name="a_stranger")
    manager = create_plugin_manager()
    payload = Payload(body=b"a\n1\n", media_type="text/csv")
    assert manager.hook.drum_read_input(payload=payload, spec=SPEC, model=None) == "read"


def test_plugin_that_cannot_be_imported_is_named_with_the_way_around(installed: Callable[..., None]) -> None:
    installed("drum-broken", "import no_such_framework", broken_one="drum_broken")
    with pytest.raises(
        PluginLoadError,
        match=r"'broken_one' \(drum-broken\) cannot be imported: ModuleNotFoundError.*--no-plugin broken_one",
    ):
        create_plugin_manager()
    assert create_plugin_manager(["broken_one"]).get_plugin("broken_one") is None


def test_two_plugins_of_one_name_are_refused(installed: Callable[..., None]) -> None:
    installed("drum-thief", csv="drum_thief")
    with pytest.raises(PluginLoadError, match="Two plugins are named 'csv': one from drum-core, one from drum-thief"):
        create_plugin_manager()


def test_entry_point_without_a_distribution_is_shown_as_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [*entry_points(group="drum"), EntryPoint("zz", "drum.formats.frames", "drum")]
    monkeypatch.setattr(plugins, "entry_points", lambda group: found)
    assert [(p.distribution, p.version) for p in create_plugin_manager().installed if p.name == "zz"] == [("?", "?")]


# ------------------------------------------------------------------------------------- tracing


def strangers() -> list[str]:
    """Return the names of the plugins that are installed beside the core."""
    return [found.name for found in create_plugin_manager().installed if found.distribution != "drum-core"]


def test_trace_logs_who_was_asked_and_what_came_back(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "drum.trace")
    manager = create_plugin_manager(strangers(), trace=True)
    manager.add(plugin("long", drum_score=lambda: "x" * 200), "long")
    manager.hook.drum_score(batch=None, model=None, spec=SPEC)
    manager.hook.drum_transform(batch=None, model=None, spec=SPEC, target=None)
    assert "drum_score -> long" in caplog.messages
    assert f"drum_score returned '{'x' * 76}..." in caplog.messages
    assert "drum_transform -> nobody" in caplog.messages


def test_trace_indents_nested_calls_and_logs_exceptions(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "drum.trace")
    manager = create_plugin_manager(strangers(), trace=True)

    def inner() -> None:
        raise ValueError("inside")

    manager.add(plugin("inner", drum_transform=inner), "inner")
    ask = {"batch": None, "model": None, "spec": SPEC}
    manager.add(plugin("outer", drum_score=lambda: manager.hook.drum_transform(**ask, target=None)), "outer")
    with pytest.raises(ValueError, match="inside"):
        manager.hook.drum_score(**ask)
    assert caplog.messages[-4:] == [
        "drum_score -> outer",
        "  drum_transform -> inner",
        "  drum_transform raised ValueError('inside')",
        "drum_score raised ValueError('inside')",
    ]


def test_trace_shows_the_shape_of_data_not_the_data(caplog: pytest.LogCaptureFixture) -> None:
    import pandas as pd

    caplog.set_level(logging.INFO, "drum.trace")
    manager = create_plugin_manager(trace=True)
    manager.add(plugin("p", drum_score=lambda: pd.DataFrame({"secret": [1, 2]})), "p")
    manager.hook.drum_score(batch=None, model=None, spec=SPEC)
    assert caplog.messages[-1] == "drum_score returned DataFrame of shape (2, 1)"


# ------------------------------------------------------------------------------------- the seat


def runtime(name: str, **hooks: Callable[..., Any]) -> ModuleType:
    return plugin(name, drum_detect=lambda: Detection(runtime=name), **hooks)


CALLS: dict[str, Callable[[Seat], Any]] = {
    "drum_load_model": lambda seat: seat.load_model(Artifact(runtime="r"), SPEC, {}),
    "drum_read_input": lambda seat: seat.read_input(Payload(body=b""), SPEC, None),
    "drum_transform": lambda seat: seat.transform(None, None, SPEC, None),
    "drum_score": lambda seat: seat.score(None, None, SPEC),
    "drum_post_process": lambda seat: seat.post_process(None, None, SPEC),  # type: ignore[arg-type]
    "drum_write_output": lambda seat: seat.write_output(None, "", SPEC),  # type: ignore[arg-type]
    "drum_score_unstructured": lambda seat: seat.score_unstructured(Payload(body=b""), None, SPEC),
}


@pytest.mark.parametrize("hook", CALLS)
def test_seat_asks_the_winner_and_no_other_runtime(hook: str) -> None:
    winner, hijacker = (runtime(name, **{hook: lambda name=name: name}) for name in ("winner", "hijacker"))
    seat = Seat(manager_of(winner, hijacker), winner)
    assert CALLS[hook](seat) == "winner"
    assert seat.runtime_implements(hook)


@pytest.mark.parametrize("hook", CALLS)
def test_seat_without_a_winner_asks_no_runtime(hook: str) -> None:
    seat = Seat(manager_of(runtime("hijacker", **{hook: lambda: "hijacked"})), None)
    assert CALLS[hook](seat) is None
    assert not seat.runtime_implements(hook)


@pytest.mark.parametrize("hook", CALLS)
def test_crosscutting_plugins_are_asked_with_any_winner(hook: str) -> None:
    winner, crosscutting = runtime("winner"), plugin("crosscutting", **{hook: lambda: "crosscutting"})
    seat = Seat(manager_of(winner, crosscutting), winner)
    assert CALLS[hook](seat) == "crosscutting"
    assert not seat.runtime_implements(hook)


def test_everybody_seated_is_told_of_the_end_whoever_fails(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []

    def fail() -> None:
        raise RuntimeError("cannot let go")

    hooks = {name: {"drum_unload_model": lambda name=name: told.append(name)} for name in ("winner", "away", "watcher")}
    winner, away = runtime("winner", **hooks["winner"]), runtime("away", **hooks["away"])
    failing, watcher = plugin("failing", drum_unload_model=fail), plugin("watcher", **hooks["watcher"])
    Seat(manager_of(winner, away, watcher, failing), winner).unload_model("model", SPEC)
    assert sorted(told) == ["watcher", "winner"]
    assert "Plugin 'failing' failed" in caplog.text
