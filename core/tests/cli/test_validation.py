"""``drum validation`` as it is called: the table, JSON, the exit code, and what it leaves behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drum.testing import CodeDir, run_cli
from drum.testing.command_line import Outcome

DATA = "a,b\n1,2\n3,4.5\n5,6\n"
ROBUST = "def score(data, model):\n    print('hello from the model')\n    return data[['a']].fillna(0) * 1.0\n"
FRAGILE = """
def score(data, model):
    assert data["a"].notna().all(), "[red]a[/red] is missing"
    return data[["a"]] * 1.0
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_text(DATA)
    return path


def validation(tmp_path: Path, code: str, source: object, *words: object, **more: Any) -> Outcome:
    code_dir = CodeDir(tmp_path / "model", {"custom.py": code})
    target = () if "--target-type" in words else ("--target-type", "regression")
    return run_cli(["validation", "-cd", code_dir, "--input", source, *target, *words], **more)


def test_a_model_that_passes(tmp_path: Path, source: Path) -> None:
    outcome = validation(tmp_path, ROBUST, source)
    assert outcome.exit_code == 0, outcome.err
    assert "FAILED" not in outcome.out
    assert "predicted without 2 columns" in outcome.out
    assert "12 passed in" in outcome.out
    assert "3 rows of 2 columns" in outcome.out
    assert ("hello" in outcome.out, "hello from the model" in outcome.err) == (False, True)


def test_a_model_that_fails(tmp_path: Path, source: Path) -> None:
    outcome = validation(tmp_path, FRAGILE, source)
    assert outcome.exit_code == 5
    assert "drum: ERROR: 1 of 12 checks failed: missing values." in outcome.err
    assert "missing values: a" in outcome.out
    assert "[red]a[/red]" in outcome.out
    assert "predicted without 1 column " in outcome.out


def test_json(tmp_path: Path, source: Path) -> None:
    outcome = validation(tmp_path, FRAGILE, source, "--json")
    report = json.loads(outcome.out)
    assert (outcome.exit_code, report["passed"], report["rows"], report["columns"]) == (5, False, 3, 2)
    failed = [check for check in report["checks"] if check["status"] == "FAILED"]
    assert [(check["name"], check["column"]) for check in failed] == [("missing values", "a")]


def test_silence_in_a_pipe(tmp_path: Path, source: Path) -> None:
    outcome = validation(tmp_path, ROBUST.replace("print", "str"), source, "--json")
    assert outcome.err == ""


def test_data_that_failed_are_kept(tmp_path: Path, source: Path) -> None:
    outcome = validation(tmp_path, FRAGILE, source, "--keep-failed", tmp_path / "kept", "--json")
    (kept,) = [check["kept"] for check in json.loads(outcome.out)["checks"] if check["kept"]]
    assert Path(kept).read_text().splitlines()[0] == "a,b"
    table = validation(tmp_path, FRAGILE, source, "--keep-failed", tmp_path / "kept").out
    assert "missing-values-a.csv" in "".join(table.split())


def test_refused_columns_share_a_line(tmp_path: Path, source: Path) -> None:
    schema = "columns:\n- {name: a, type: integer, missing: false}\n- {name: b, type: number, missing: true}\n"
    CodeDir(tmp_path / "model", {"input-schema.yaml": schema})
    outcome = validation(tmp_path, FRAGILE, source)
    assert outcome.exit_code == 0
    assert "predicted without 1 column; refused without a" in outcome.out


def test_a_wide_table_shows_the_first_failures(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(30)]
    (tmp_path / "wide.csv").write_text(f"{','.join(names)}\n{','.join('1' * 30)}\n")
    code = "def score(data, model):\n    assert data.notna().all(axis=None)\n    return data[['c0']] * 1.0"
    outcome = validation(tmp_path, code, tmp_path / "wide.csv")
    assert outcome.out.count("missing values: c") == 20
    assert "and 10 more columns" in outcome.out


def test_standard_input(tmp_path: Path) -> None:
    outcome = validation(tmp_path, ROBUST, "-", "--json", stdin=DATA.encode())
    assert json.loads(outcome.out)["rows"] == 3


def test_a_sample(tmp_path: Path) -> None:
    (tmp_path / "long.csv").write_text("a\n" + "1\n" * 1500)
    report = json.loads(validation(tmp_path, ROBUST, tmp_path / "long.csv", "--json").out)
    assert (report["rows"], report["sampled_rows"]) == (1500, 1000)
    outcome = validation(tmp_path, ROBUST, tmp_path / "long.csv", "--sample-rows", "20")
    assert "1,500 rows of 1 columns, checked with 20 of them" in outcome.out


def test_tolerance(tmp_path: Path, source: Path) -> None:
    code = (
        "calls = []\ndef score(data, model):\n    calls.append(1)\n    return data[['a']].fillna(0) + len(calls) * 1e-4"
    )
    assert validation(tmp_path, code, source).exit_code == 5
    assert validation(tmp_path, code, source, "--tolerance", "0.1").exit_code == 0


def test_unstructured(tmp_path: Path, source: Path) -> None:
    code = "def score_unstructured(model, data, query, **kwargs): return f'{len(data)}{query}'"
    words = ("--target-type", "unstructured", "--query", "a=1&b=2", "--content-type", "text/plain")
    outcome = validation(tmp_path, code, source, *words)
    assert (outcome.exit_code, "5 passed" in outcome.out) == (0, True), outcome.err


def test_a_model_that_cannot_score_ends_it_with_its_own_error(tmp_path: Path, source: Path) -> None:
    outcome = validation(tmp_path, "def score(data, model): raise ValueError('never')", source)
    assert outcome.exit_code == 5
    assert "basic prediction" in outcome.out
    assert "failed to make predictions. Exception: ValueError: never" in outcome.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--sample-rows", "-1"], 2),
        (["--tolerance", "-1"], 2),
        (["--tolerance", "nan"], 2),
        (["--keep-failed", "/dev/null/x"], 2),
        (["--input", "missing.csv"], 6),
    ],
)
def test_what_cannot_be(tmp_path: Path, source: Path, words: list[str], code: int) -> None:
    outcome = validation(tmp_path, ROBUST, source, *words)
    assert (outcome.exit_code, outcome.out) == (code, "")
    assert outcome.err.startswith("drum: ERROR: ")


@pytest.mark.parametrize("missing", ["-cd", "--input"])
def test_what_must_be_given(tmp_path: Path, source: Path, missing: str) -> None:
    given = {"-cd": CodeDir(tmp_path / "m", {"custom.py": ROBUST}), "--input": source}
    words = [word for name, value in given.items() if name != missing for word in (name, value)]
    assert run_cli(["validation", "--target-type", "regression", *words]).exit_code == 2
