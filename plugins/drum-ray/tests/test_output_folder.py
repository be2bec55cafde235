"""The folder of predictions: complete or marked as not, resumed where it is ours, refused where it is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from partitioned import metadata, names, save, written

from drum.testing import CodeDir, Outcome

Run = Callable[..., Outcome]
DOUBLES = """
import os
from pathlib import Path

HERE = Path(__file__).parent.parent

def score(data, model):
    with (HERE / "calls").open("a") as calls:
        calls.write(f"{data['n'].iloc[0]}\\n")
    if data["n"].iloc[0] == 2 and (HERE / "broken").exists():
        raise ValueError("two is broken")
    return data[["n"]] * 2
"""
ROWS = ("--batch-rows", 0)


@pytest.fixture
def model(tmp_path: Path) -> CodeDir:
    return CodeDir(tmp_path / "model", {"custom.py": DOUBLES, **metadata("regression")})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for number in range(4):
        save(pd.DataFrame({"n": [number, number]}), tmp_path / "in" / f"{number}.csv")
    return tmp_path / "in"


def calls(tmp_path: Path) -> list[str]:
    """Return which parts the model was asked for since this was called last."""
    path = tmp_path / "calls"
    found = path.read_text().split() if path.exists() else []
    path.unlink(missing_ok=True)
    return sorted(found)


def test_failures_are_told_by_name_and_the_next_run_does_what_is_missing(
    on_ray: Run, tmp_path: Path, model: CodeDir, source: Path
) -> None:
    (tmp_path / "broken").touch()
    outcome = on_ray(model, source, *ROWS)
    assert outcome.exit_code == 5
    assert "1 of 4 files could not be scored" in outcome.err
    assert "'2.csv':" in outcome.err
    assert "two is broken" in outcome.err
    assert names(tmp_path / "out") == [
        "_FAILED.json", "_drum.json", "part-00000-0.parquet", "part-00001-1.parquet", "part-00003-3.parquet",
    ]  # fmt: skip
    assert list(json.loads((tmp_path / "out" / "_FAILED.json").read_text())) == ["2.csv"]
    assert calls(tmp_path) == ["0", "1", "2", "3"]
    (tmp_path / "broken").unlink()
    assert on_ray(model, source, *ROWS).exit_code == 0
    assert calls(tmp_path) == ["2"]
    assert "_SUCCESS" in names(tmp_path / "out")
    assert "_FAILED.json" not in names(tmp_path / "out")
    assert written(tmp_path / "out")["Predictions"].tolist() == [0, 0, 2, 2, 4, 4, 6, 6]
    again = on_ray(model, source, *ROWS)
    assert (again.exit_code, calls(tmp_path)) == (0, [])
    assert "is complete" in again.err


def test_what_may_fail_does_not_fail_the_run(on_ray: Run, tmp_path: Path, model: CodeDir, source: Path) -> None:
    (source / "2.csv").write_text("n\n1,2,3\n")
    outcome = on_ray(model, source, *ROWS, "--max-failed-partitions", 1, "--output-format", "csv")
    assert outcome.exit_code == 0, outcome.err
    assert "'2.csv' has no predictions: Line 2 of the CSV input has 3 fields" in outcome.err
    assert {"_SUCCESS", "_FAILED.json"} <= set(names(tmp_path / "out"))
    assert written(tmp_path / "out")["Predictions"].tolist() == [0, 0, 2, 2, 6, 6]
    save(pd.DataFrame({"n": [2]}), source / "2.csv")
    assert on_ray(model, source, *ROWS, "--output-format", "csv").exit_code == 0
    assert written(tmp_path / "out")["Predictions"].tolist() == [0, 0, 2, 2, 4, 6, 6]
    assert "_FAILED.json" not in names(tmp_path / "out")


def test_predictions_made_from_something_else_are_not_mixed_in(
    on_ray: Run, tmp_path: Path, model: CodeDir, source: Path
) -> None:
    (tmp_path / "broken").touch()
    assert on_ray(model, source, *ROWS).exit_code == 5
    (tmp_path / "broken").unlink()

    def refused(*words: object) -> str:
        outcome = on_ray(model, source, *words)
        assert outcome.exit_code == 2, outcome.err
        return outcome.err

    assert "made with other options" in refused("--batch-rows", 1)
    assert "in another format" in refused(*ROWS, "--output-format", "csv")
    save(pd.DataFrame({"n": [9]}), source / "4.csv")
    assert "for other input files" in refused(*ROWS)
    (source / "4.csv").unlink()
    before = (source / "2.csv").read_text()
    (source / "2.csv").write_text("n\n2.5\n")
    assert "made from input of other types" in refused(*ROWS)
    (source / "2.csv").write_text(before)
    model.add("custom.py", DOUBLES + "\n")
    assert "made from another model" in refused(*ROWS)
    model.add("custom.py", DOUBLES)
    (source / "0.csv").write_text("n\n0\n0\n0\n")
    assert "for '0.csv' as it was before it was changed" in refused(*ROWS)


def test_other_peoples_folders_are_left_alone(on_ray: Run, tmp_path: Path, model: CodeDir, source: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    outcome = on_ray(model, source, *ROWS)
    assert (outcome.exit_code, "is not empty: it holds 'mine.txt'" in outcome.err) == (2, True)
    assert names(tmp_path / "out") == ["mine.txt"]
    outcome = on_ray(model, source, *ROWS, output=tmp_path / "out" / "mine.txt")
    assert (outcome.exit_code, "is a file. Name a folder" in outcome.err) == (2, True)


def test_leftovers_of_lost_actors_are_cleared_away(on_ray: Run, tmp_path: Path, model: CodeDir, source: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".part-00000-0.parquet.1234abcd.part").write_text("half of it")
    assert on_ray(model, source, *ROWS).exit_code == 0
    assert len(names(tmp_path / "out")) == 6


@pytest.mark.parametrize("extension", [".csv", ".parquet", ".jsonl"])
def test_empty_partitions_have_no_predictions(on_ray: Run, tmp_path: Path, model: CodeDir, extension: str) -> None:
    save(pd.DataFrame({"n": [1]}), tmp_path / "in" / f"a{extension}")
    save(pd.DataFrame({"n": pd.Series([], dtype="int64")}), tmp_path / "in" / f"b{extension}")
    outcome = on_ray(model, tmp_path / "in", *ROWS)
    assert outcome.exit_code == 0, outcome.err
    assert f"'b{extension}' has no rows" in outcome.err
    assert names(tmp_path / "out") == ["_SUCCESS", "_drum.json", "part-00000-a.parquet"]
