"""``drum new model --framework xgboost``: what it writes trains and scores as it is."""

from __future__ import annotations

from pathlib import Path

from drum.testing import run_cli, trained_template


def test_template_trains_and_scores(tmp_path: Path) -> None:
    folder = trained_template("xgboost", tmp_path / "model")
    outcome = run_cli(["score", "--code-dir", folder, "--input", folder / "example.csv"])
    assert outcome.exit_code == 0, outcome.err
    header, *rows = outcome.out.splitlines()
    assert (header, len(rows)) == ("benign,malignant", 20)
