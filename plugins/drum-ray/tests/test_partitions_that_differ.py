"""Partitions whose columns differ: named, with both types, and nothing is scored that cannot be put right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from partitioned import example, metadata, names, save, written

from drum.testing import CodeDir, Outcome

Run = Callable[..., Outcome]
GOOD = pd.DataFrame({"height": [1.5, 2.0], "weight": [50.0, 60.0]})


def test_types_are_told(on_ray: Run, tmp_path: Path) -> None:
    save(GOOD, tmp_path / "in" / "a.parquet")
    save(GOOD.astype({"weight": "int32"}), tmp_path / "in" / "b.parquet")
    save(GOOD, tmp_path / "in" / "c.parquet")
    words = (example("custom-only"), tmp_path / "in", "--batch-rows", 0)
    outcome = on_ray(*words)
    assert outcome.exit_code == 6
    assert "'b.parquet': Its column 'weight' is of type int32, but of type double in 'a.parquet'." in outcome.err
    assert not (tmp_path / "out").exists()
    outcome = on_ray(*words, "--max-failed-partitions", 1)
    assert outcome.exit_code == 0, outcome.err
    assert "'b.parquet' has no predictions: Its column 'weight'" in outcome.err
    assert names(tmp_path / "out")[:2] == ["_FAILED.json", "_SUCCESS"]
    assert len(written(tmp_path / "out")) == 4


def test_csv_columns_are_told(on_ray: Run, tmp_path: Path) -> None:
    save(GOOD, tmp_path / "in" / "a.csv")
    save(GOOD.rename(columns={"weight": "mass"}), tmp_path / "in" / "b.csv")
    outcome = on_ray(example("custom-only"), tmp_path / "in", "--batch-rows", 0)
    assert (outcome.exit_code, "'b.csv': It lacks the column 'weight' of 'a.csv'." in outcome.err) == (6, True)


def test_an_input_of_which_nothing_can_be_read(on_ray: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.parquet").write_text("no such thing")
    words = (example("custom-only"), tmp_path / "in", "--batch-rows", 0)
    outcome = on_ray(*words)
    assert (outcome.exit_code, "'a.parquet': The input is no valid file of type" in outcome.err) == (6, True)
    save(GOOD.iloc[:0], tmp_path / "in" / "a.parquet")
    outcome = on_ray(*words)
    assert (outcome.exit_code, "None of the 1 files" in outcome.err) == (6, True)


def test_a_model_that_cannot_be_loaded_is_told_once(on_ray: Run, tmp_path: Path) -> None:
    code = "def load_model(code_dir): raise ValueError('no luck')\ndef transform(data, model): return data"
    model = CodeDir(tmp_path / "model", {"custom.py": code, **metadata("transform")})
    save(GOOD, tmp_path / "in" / "a.csv")
    save(GOOD, tmp_path / "in" / "b.csv")
    outcome = on_ray(model, tmp_path / "in", "--batch-rows", 0)
    assert outcome.exit_code == 4, outcome.err
    assert outcome.err.count("failed to load the model. Exception: ValueError: no luck") == 1, outcome.err
    assert "custom.py, line 1, in load_model" in outcome.err
