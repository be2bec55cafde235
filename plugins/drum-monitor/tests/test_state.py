"""A restart keeps the window; a crash leaves the old state whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from drum.errors import ConfigError
from drum_monitor.serving import state
from drum_monitor.serving.command import open_engine
from drum_monitor.serving.configuration import Configuration
from drum_monitor.serving.engine import Engine
from drum_monitor.serving.judgement import State
from drum_monitor.serving.watch import Rows, Truth

Draw = Callable[..., pd.DataFrame]
Configure = Callable[..., Configuration]


def ran(engine: Engine, *items: Rows | Truth) -> Engine:
    """Start an engine, give it these, and stop it."""
    engine.start()
    for item in items:
        engine.offer(item)
    engine.stop()
    return engine


def test_a_restart_keeps_the_window_and_what_waits_for_labels(configured: Configure, rows: Draw) -> None:
    monitors = ("data_drift", "classification_performance")
    ids = [str(number) for number in range(200)]
    ran(open_engine(configured(monitors=monitors)), Rows(rows(200, shift=2.0), ids), Truth(ids[:20], ["yes"] * 20))
    engine = open_engine(configured(monitors=monitors))
    judgement = engine.shown.judgement
    assert (judgement.state, judgement.window_rows, judgement.coverage) == (State.DRIFT, 200, 0.1)
    assert engine.shown.windows == 1
    assert len(engine.shown.history) >= 2
    ran(engine, Truth(ids[20:40], ["no"] * 20))
    assert engine.shown.judgement.coverage == 0.2
    assert "accuracy" in engine.shown.judgement.performance


def test_another_reference_or_window_begins_anew(
    configured: Configure, rows: Draw, caplog: pytest.LogCaptureFixture
) -> None:
    ran(open_engine(configured()), Rows(rows(200, shift=2.0)))
    assert open_engine(configured(window_size=100)).shown.judgement.state is State.WARMING
    assert "belongs to another reference or window size" in caplog.text


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[: len(data) // 2], lambda data: b"no zip"])
def test_a_damaged_state_is_said_and_the_window_begins_anew(
    configured: Configure, rows: Draw, caplog: pytest.LogCaptureFixture, damage: Callable[[bytes], bytes]
) -> None:
    engine = ran(open_engine(configured()), Rows(rows(200, shift=2.0)))
    path = engine.watch.configuration.state_path / state.FILE
    path.write_bytes(damage(path.read_bytes()))
    assert open_engine(configured()).shown.judgement.window_rows == 0
    assert "is damaged" in caplog.text


def test_a_save_that_fails_leaves_the_old_state_whole(
    configured: Configure, rows: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = ran(open_engine(configured()), Rows(rows(200, shift=2.0)))
    folder: Path = engine.watch.configuration.state_path
    before = (folder / state.FILE).read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        state.save(engine.watch, [], folder / state.FILE)
    assert (folder / state.FILE).read_bytes() == before
    assert [path.name for path in folder.iterdir()] == [state.FILE]


def test_a_place_that_cannot_be_written_is_an_error_at_once(configured: Configure, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(ConfigError, match="state_path"):
        open_engine(configured())


def test_state_does_not_grow_with_traffic(configured: Configure, rows: Draw) -> None:
    def size(count: int) -> int:
        engine = ran(open_engine(configured()), *[Rows(rows(1000)) for _ in range(count)])
        return (engine.watch.configuration.state_path / state.FILE).stat().st_size

    assert size(20) < 1.5 * size(2)
