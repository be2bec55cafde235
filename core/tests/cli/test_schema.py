"""``drum schema`` records; from then on, files and requests are read by what was recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from drum.testing import client, run_cli
from drum.testing.command_line import Outcome

SCORE = "def score(data, model):\n    return data[['code']].map(lambda code: float(len(str(code))))\n"
SAMPLE = "code,age,y\nV57,1,0\n250.01,2,1\n"


def drum(*words: object) -> Outcome:
    return run_cli(words)


@pytest.fixture
def code_dir(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "custom.py").write_text(SCORE)
    (tmp_path / "sample.csv").write_text(SAMPLE)
    return tmp_path / "model"


def test_records_the_columns_of_a_sample(code_dir: Path, tmp_path: Path) -> None:
    done = drum("schema", "--input", tmp_path / "sample.csv", "--code-dir", code_dir, "--without", "y")
    assert (done.exit_code, "2 columns" in done.out) == (0, True)
    text = (code_dir / "input-schema.yaml").read_text()
    assert "sample.csv (2 rows)" in text
    assert "- name: code\n  type: text\n  missing: false\n" in text


def test_declared_types_win_in_files(code_dir: Path, tmp_path: Path) -> None:
    drum("schema", "--input", tmp_path / "sample.csv", "--code-dir", code_dir, "--without", "y")
    (tmp_path / "input.csv").write_text("code,age\n250.010,1\n007,2\n")
    done = drum("score", "--code-dir", code_dir, "--input", tmp_path / "input.csv", "--target-type", "regression")
    assert done.out == "Predictions\n7.0\n3.0\n"


def test_declared_types_win_in_blocks(code_dir: Path, tmp_path: Path) -> None:
    drum("schema", "--input", tmp_path / "sample.csv", "--code-dir", code_dir, "--without", "y")
    (tmp_path / "input.csv").write_text("code,age\n" + "1.50,1\n" * 500 + "V57,1\n" * 500)
    words = ("score", "--code-dir", code_dir, "--input", tmp_path / "input.csv", "--target-type", "regression")
    whole, cut = drum(*words, "--batch-rows", "0"), drum(*words, "--batch-rows", "64")
    assert whole.out == cut.out == "Predictions\n" + "4.0\n" * 500 + "3.0\n" * 500


def test_what_breaks_it_is_named_with_its_row_in_the_file(code_dir: Path, tmp_path: Path) -> None:
    drum("schema", "--input", tmp_path / "sample.csv", "--code-dir", code_dir, "--without", "y")
    (tmp_path / "input.csv").write_text("code,age\n" + "a,1\n" * 100 + "a,old\n")
    words = ("score", "--code-dir", code_dir, "--input", tmp_path / "input.csv", "--target-type", "regression")
    for more in ((), ("--batch-rows", "64")):
        done = drum(*words, *more)
        assert (done.exit_code, "Column 'age' holds whole numbers" in done.err, "row 100 " in done.err) == (
            6,
            True,
            True,
        )


def test_declared_types_win_in_requests(code_dir: Path, tmp_path: Path) -> None:
    drum("schema", "--input", tmp_path / "sample.csv", "--code-dir", code_dir, "--without", "y")
    with client(code_dir, "regression") as asked:
        answer = asked.post("/predict/", content=b"code,age\n007,1\n", headers={"Content-Type": "text/csv"})
        assert answer.json() == {"predictions": [3.0]}
        wrong = asked.post("/predict/", json=[{"code": "a", "age": 1.5}])
        assert (wrong.status_code, "Column 'age'" in wrong.json()["message"]) == (422, True)
        api = asked.get("/openapi.json").json()
        assert list(api["components"]["schemas"]["Row"]["properties"]) == ["code", "age"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ((), "Give --force to replace it."),
        (("--force", "--without", "z"), "--without z: the sample has no such column"),
    ],
)
def test_nothing_is_lost(code_dir: Path, tmp_path: Path, more: tuple[str, ...], message: str) -> None:
    (code_dir / "input-schema.yaml").write_text("mine")
    done = drum("schema", "--input", tmp_path / "sample.csv", "--code-dir", code_dir, *more)
    assert (done.exit_code, message in done.err) == (2, True)
    assert (code_dir / "input-schema.yaml").read_text() == "mine"


def test_a_sample_that_cannot_be_read(code_dir: Path) -> None:
    done = drum("schema", "--input", "absent.csv", "--code-dir", code_dir)
    assert (done.exit_code, "'absent.csv' cannot be read" in done.err) == (6, True)
