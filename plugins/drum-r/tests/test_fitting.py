"""``drum fit`` with the hook of custom.R: what it is given, and that what it leaves is scored."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import drum
from drum.testing import CodeDir, run_cli

LINEAR = """
    fit <- function(X, y, output_dir, class_order, row_weights, parameters) {
      data <- cbind(X, target = if (is.null(class_order)) y else as.integer(y == class_order[[2L]]))
      family <- if (is.null(class_order)) gaussian() else binomial()
      model <- glm(target ~ ., family, data, weights = row_weights)
      saveRDS(model, file.path(output_dir, "model.rds"))
      told <- c(
        names(X), class(y), class(class_order), class(row_weights), paste(names(parameters), lapply(parameters, class)),
        paste(parameters$grid, collapse = "+")
      )
      writeLines(told, file.path(output_dir, "told.txt"))
    }
"""
TARGETS = [5.0, 1.0, 4.0, 1.5, 9.0, 2.0, 6.0, 5.0, 3.0, 5.5]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    pd.DataFrame({
        "größe": range(10), "city": ["a", "b"] * 5, "price": TARGETS,
        "sold": ["ja" if n in (1, 4, 6, 7) else "nein" for n in range(10)], "weight": [1.0, 2.0] * 5,
    }).to_csv(path, index=False)  # fmt: skip
    return path


def fit(code: Path, table: Path, output: Path, *words: object) -> str:
    outcome = run_cli(["fit", "--code-dir", code, "--input", table, "--output", output, *words])
    assert outcome.exit_code == 0, outcome.err
    return outcome.out


def test_what_r_has_learnt_is_scored(table: Path, tmp_path: Path) -> None:
    parameters = {"depth": 3, "rate": 0.5, "deep": True, "grid": [1, 2], "kind": "x"}
    code = CodeDir(tmp_path / "code", {
        "custom.R": LINEAR, "hyperparameters.json": json.dumps({"custom": parameters}),
    })  # fmt: skip
    told = fit(code, table, tmp_path / "out", "--target", "price", "--target-type", "regression",
               "--row-weights", "weight")  # fmt: skip
    assert "Scored twice, all 10 rows and 10 of them: no difference." in told
    assert (tmp_path / "out" / "told.txt").read_text().splitlines() == [
        "größe", "city", "sold", "numeric", "NULL", "numeric", "depth integer", "rate numeric", "deep logical",
        "grid integer", "kind character", "1+2",
    ]  # fmt: skip


def test_weights_count_as_in_r(table: Path, tmp_path: Path) -> None:
    """A line through weighted points, worked out by hand."""
    frame = pd.read_csv(table)[["größe", "price", "weight"]]
    frame.to_csv(table, index=False)
    code = CodeDir(tmp_path / "code", {"custom.R": LINEAR})
    fit(code, table, tmp_path / "out", "--target", "price", "--target-type", "regression", "--row-weights", "weight")
    x, y, w = frame["größe"], frame["price"], frame["weight"]
    mean_x, mean_y = (x * w).sum() / w.sum(), (y * w).sum() / w.sum()
    slope = (w * (x - mean_x) * (y - mean_y)).sum() / (w * (x - mean_x) ** 2).sum()
    with drum.open(tmp_path / "out") as scorer:
        predicted = scorer.predict(frame[["größe"]]).frame["Predictions"]
    assert predicted.to_numpy() == pytest.approx((mean_y + slope * (x - mean_x)).to_numpy(), abs=1e-12)


def test_classes_are_text_in_the_order_of_predictions(table: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(table)[["größe", "sold"]]
    frame.to_csv(table, index=False)
    code = CodeDir(tmp_path / "code", {"custom.R": LINEAR})
    told = fit(code, table, tmp_path / "out", "--target", "sold", "--target-type", "binary",
               "--positive-class-label", "ja", "--negative-class-label", "nein")  # fmt: skip
    assert "no difference" in told
    assert (tmp_path / "out" / "told.txt").read_text().splitlines()[1:4] == ["character", "character", "NULL"]
    with drum.open(tmp_path / "out") as scorer:
        predicted = scorer.predict(frame[["größe"]]).frame
    assert predicted["ja"].mean() == pytest.approx((frame["sold"] == "ja").mean())  # so it is for any logistic model


def test_an_error_is_the_hooks(table: Path, tmp_path: Path) -> None:
    code = CodeDir(tmp_path / "code", {"custom.R": "fit <- function(X, y, output_dir) {\n  stop('too few rows')\n}\n"})
    outcome = run_cli(["fit", "--code-dir", code, "--input", table, "--target", "price", "--target-type", "regression",
                       "--output", tmp_path / "out"])  # fmt: skip
    assert outcome.exit_code == 4
    assert "Model 'fit' hook failed to train. Exception: too few rows" in outcome.err
    assert "custom.R, line 2" in outcome.err
    assert not (tmp_path / "out").exists()


def test_without_the_hook_there_is_nothing_to_call(table: Path, tmp_path: Path) -> None:
    code = CodeDir(tmp_path / "code", {"custom.R": "score <- function(data, model) data['price']\n"})
    outcome = run_cli(["fit", "--code-dir", code, "--input", table, "--target", "price", "--target-type", "regression"])
    assert outcome.exit_code == 2
    assert "'custom.R' has no 'fit' hook" in outcome.err
