"""``drum test`` as a whole: which data it takes, and how it reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drum.testing import CodeDir, run_cli

Drum = Callable[..., str]


def trained(drum_ok: Drum, means: CodeDir, table: Path, target: str, target_type: str) -> Path:
    output = table.with_name("trained")
    drum_ok("fit", "--code-dir", means, "--input", table, "--target", target, "--target-type", target_type,
            "--output", output)  # fmt: skip
    return output


@pytest.mark.parametrize(
    ("target", "target_type", "rows", "found"),
    [
        ("price", "regression", ["31,t1,4.0,x,yes,1"], {"mae": pytest.approx(4.0 - 85 / 30)}),
        ("price", "regression", ["31,t1,3.0,x,yes,1"] * 2, {"mae": pytest.approx(3.0 - 85 / 30)}),
        ("sold", "binary", ["31,t1,3.0,x,yes,1"] * 3, {"accuracy": 1, "recall": 1}),
        ("kind", "multiclass", ["31,t1,3.0,y,yes,1"], {"accuracy": 0}),
    ],
)
def test_one_row_or_one_class_will_do(
    drum_ok: Drum, means: CodeDir, table: Path, target: str, target_type: str, rows: list[str], found: dict[str, Any]
) -> None:
    output = trained(drum_ok, means, table, target, target_type)
    data = table.with_name("test.csv")
    data.write_text("\n".join(["a,b,price,kind,sold,weight", *rows]))
    told = json.loads(drum_ok("test", "--code-dir", output, "--input", data, "--target", target, "--json"))
    assert {name: told[name] for name in found} == found


def test_labels_that_the_model_does_not_know_are_refused(drum_ok: Drum, means: CodeDir, table: Path) -> None:
    output = trained(drum_ok, means, table, "kind", "multiclass")
    data = table.with_name("test.csv")
    data.write_text("a,b,kind\n1,t1,w\n")
    outcome = run_cli(["test", "--code-dir", output, "--input", data, "--target", "kind"])
    assert (outcome.exit_code, "'w', which is none of the declared labels: x, y, z" in outcome.err) == (6, True)


def test_data_are_read_by_the_hook_that_reads_them_for_training(
    drum_ok: Drum, means: CodeDir, table: Path, tmp_path: Path
) -> None:
    with (means / "custom.py").open("a") as file:
        file.write("\n\ndef read_input_data(data):\n    from io import BytesIO\n\n"
                   "    return pd.read_csv(BytesIO(data), sep='|')\n")  # fmt: skip
    table.write_text(table.read_text().replace(",", "|"))
    output = trained(drum_ok, means, table, "price", "regression")
    told = json.loads(drum_ok("test", "--code-dir", output, "--input", table, "--target", "price", "--json"))
    assert told["r2"] == pytest.approx(0)
