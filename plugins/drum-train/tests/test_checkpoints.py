"""Checkpoints on disk: names, replacement, damage; states with tensors."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from drum.errors import ConfigError, LoadError, OutputError
from drum.types import TrainingData
from drum_train import skops_state, torch_state
from drum_train.checkpoints import Checkpoints, best_or_last, folder_of, newest
from drum_train.run_record import RunRecord, record_of

NAME = re.compile(r"last_\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.txt")


def text(content: str) -> Any:
    return lambda path: path.write_text(content)


def test_each_kind_has_one_file(tmp_path: Path) -> None:
    run = Checkpoints(tmp_path)
    for content in "abc":
        run.save_last(".txt", text(content))
    run.save_best(".txt", text("best"))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == 2
    assert NAME.fullmatch(names[1])
    assert run.last is not None
    assert run.last.read_text() == "c"


def test_a_failed_write_leaves_the_one_before(tmp_path: Path) -> None:
    run = Checkpoints(tmp_path)
    run.save_last(".txt", text("whole"))

    def fail(path: Path) -> None:
        path.write_text("hal")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        run.save_last(".txt", fail)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["whole"]


def test_a_resumed_run_replaces_its_checkpoint(tmp_path: Path) -> None:
    old = tmp_path / "last_2020-01-01T00:00:00.txt"
    old.write_text("old")
    best = tmp_path / "best_2020-01-01T00:00:00.txt"
    best.write_text("best")
    run = Checkpoints(tmp_path, old)
    run.save_last(".txt", text("new"))
    assert (old.exists(), best.exists()) == (False, True)
    run.save_best(".txt", text("better"))
    assert not best.exists()


def test_the_record_of_a_run_follows_its_last_checkpoint(tmp_path: Path) -> None:
    record = RunRecord(parameters={"epochs": 3}, labels=["a"], rows=2, columns=1, fingerprint="f")
    old = tmp_path / "last_2020-01-01T00:00:00.txt"
    old.write_text("old")
    record.write(old)
    (tmp_path / "last_2020-01-02T00:00:00_run.json").write_text("{}")  # of a run that was killed while it wrote
    assert newest(tmp_path, "last") == old
    run = Checkpoints(tmp_path, old, record)
    assert not run.saved
    run.save_best(".txt", text("best"))
    run.save_last(".txt", text("new"))
    assert run.saved
    assert run.last is not None
    assert record_of(run.last) == record
    names = sorted(path.name for path in tmp_path.glob("*_run.json"))
    assert names == [f"{run.last.stem}_run.json"]


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "last_1_run.json").write_text('{"rows": 1}')
    with pytest.raises(LoadError, match=r"last_1_run\.json', which says .* is damaged"):
        record_of(tmp_path / "last_1.txt")


def frame(**columns: Any) -> RunRecord:
    weights = columns.pop("weights", None)
    return RunRecord.of(TrainingData(features=pd.DataFrame(columns), target=pd.Series([1, 0]), row_weights=weights), [])


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (frame(a=[1, 2], b=["x", "y"]), None),
        (frame(a=[1, 2], b=["x", "z"]), "other names or values"),
        (frame(a=[1, 2], c=["x", "y"]), "other names or values"),
        (frame(a=[2, 1], b=["y", "x"]), "other names or values"),
        (frame(a=[1, 2], b=["x", "y"], weights=pd.Series([1.0, 2.0])), "other names or values"),
        (frame(a=[1, 2]), "it was 2 rows of 2 features, now it is 2 rows of 1"),
    ],
)
def test_other_data_are_told(other: RunRecord, said: str | None) -> None:
    told = frame(a=[1, 2], b=["x", "y"]).other_data(other)
    assert told is None if said is None else said in str(told)


def test_sparse_data_are_told_apart() -> None:
    def of(values: list[float]) -> RunRecord:
        rows = pd.DataFrame({"a": pd.arrays.SparseArray(values), "b": pd.arrays.SparseArray([0.0, 1.0])})
        return RunRecord.of(TrainingData(features=rows), [])

    assert of([0.0, 1.0]).other_data(of([0.0, 1.0])) is None
    assert of([0.0, 1.0]).other_data(of([1.0, 0.0])) is not None


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    run = Checkpoints(None)
    run.save_last(".txt", text("a"))
    assert (run.last, list(tmp_path.iterdir())) == (None, [])


def test_best_goes_before_last_and_the_newest_last_counts(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no checkpoint"):
        best_or_last(tmp_path)
    for name in ("last_2024-01-01T00:00:00", "last_2025-01-01T00:00:00", "last_2026-01-01T00:00:00_reference"):
        suffix = ".parquet" if name.endswith("reference") else ".txt"
        (tmp_path / f"{name}{suffix}").touch()
    path, told = best_or_last(tmp_path)
    assert (path.name, "There is no best checkpoint" in told) == ("last_2025-01-01T00:00:00.txt", True)
    (tmp_path / "best_2023-01-01T00:00:00.txt").touch()
    assert best_or_last(tmp_path)[0].name.startswith("best_2023")
    assert newest(tmp_path, "last") == path


def test_the_only_dataset_need_not_be_named(tmp_path: Path) -> None:
    (tmp_path / "m" / "one").mkdir(parents=True)
    assert folder_of(tmp_path, "m", None) == tmp_path / "m" / "one"
    (tmp_path / "m" / "two").mkdir()
    with pytest.raises(ConfigError, match=r"--dataset. There are: one, two"):
        folder_of(tmp_path, "m", None)


def test_states_come_back_to_the_last_bit(tmp_path: Path) -> None:
    shared = torch.randn(3, 2, dtype=torch.float64)
    state = {
        "weights": shared, "view": shared.T, "random": torch.get_rng_state(), "loss": 0.1 + 0.2, "none": None,
        "optimizer": {"state": {0: {"step": torch.tensor(3.0)}}, "betas": (0.9, 0.999)}, "list": [1, "a", True],
    }  # fmt: skip
    torch_state.write(tmp_path / "s.safetensors", state)
    back = torch_state.read(tmp_path / "s.safetensors")
    assert back["optimizer"]["betas"] == (0.9, 0.999)
    assert list(back["optimizer"]["state"]) == [0]
    assert (back["loss"], back["none"], back["list"]) == (0.1 + 0.2, None, [1, "a", True])
    assert all(torch.equal(back[name], state[name]) for name in ("weights", "view", "random"))  # type: ignore[arg-type]


def test_what_no_file_can_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="cannot hold a object"):
        torch_state.write(tmp_path / "s.safetensors", {"a": object()})


@pytest.mark.parametrize("state", [torch_state, skops_state])
def test_damaged_files_are_named(tmp_path: Path, state: Any) -> None:
    path = tmp_path / f"last{state.EXTENSION}"
    path.write_bytes(b"half a file")
    with pytest.raises(LoadError, match=r"last\.\w+' is damaged"):
        state.read(path)
