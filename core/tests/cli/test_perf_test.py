"""``drum perf-test`` as it is called: a real server, the table, JSON, the page, the exit code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from drum.testing import CodeDir, run_cli
from drum.testing.command_line import Outcome

DATA = "a,b\n1,2\n3,4.5\n5,6\n"
SCORE = "def score(data, model):\n    print('hello from the model')\n    return data[['a']] * 1.0\n"
SLOW = "import time\ndef score(data, model):\n    time.sleep(0.05)\n    return data[['a']] * 1.0\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_text(DATA)
    return path


def perf_test(tmp_path: Path, source: object, *words: object, code: str = SCORE, **more: object) -> Outcome:
    code_dir = CodeDir(tmp_path / "model", {"custom.py": code})
    target = () if "--target-type" in words else ("--target-type", "regression")
    return run_cli(["perf-test", "-cd", code_dir, "--input", source, *target, *words], **more)  # type: ignore[arg-type]


def test_the_usual_sizes(tmp_path: Path, source: Path) -> None:
    outcome = perf_test(tmp_path, source, "--iterations", "1", "--html", tmp_path / "report.html")
    assert outcome.exit_code == 0, outcome.err
    assert outcome.err == ""
    rows = [re.split(r"\s{2,}", line.strip())[:3] for line in outcome.out.splitlines()]
    for name in ("1 row", "0.1 MB", "10 MB", "50 MB"):
        assert [name, "1", "0"] in rows
    for heading in ("median ms", "p95 ms", "p99 ms", "rows/s", "memory MB", "queue", "read", "score", "write"):
        assert heading in outcome.out
    page = (tmp_path / "report.html").read_text()
    assert page.count("<svg") == 2
    assert "drum perf-test of model" in page


def test_json_of_a_case_of_ones_own(tmp_path: Path, source: Path) -> None:
    words = ("--samples", "4", "--iterations", "20", "--concurrency", "3", "--workers", "2", "--json")
    outcome = perf_test(tmp_path, source, *words)
    assert (outcome.exit_code, outcome.err) == (0, "")
    report = json.loads(outcome.out)
    (case,) = report["cases"]
    assert (case["case"], case["rows"], case["requests"], case["concurrency"]) == ("4 rows", 4, 20, 3)
    assert case["failed"] == {}
    times = case["ms"]
    assert 0 < times["min"] <= times["median"] <= times["p95"] <= times["p99"] <= times["max"]
    assert set(case["stages_ms"]) == {"queue", "read", "score", "write", "the rest"}
    assert case["rows_per_second"] == pytest.approx(4 * case["requests_per_second"], rel=1e-3)
    assert case["memory_bytes"] > 2**20
    assert "2 workers" in report["about"]["server"]


def test_answers_that_are_no_success_fail_it(tmp_path: Path, source: Path) -> None:
    code = "def score(data, model):\n    assert data['a'][0] != 3, 'not three'\n    return data[['a']] * 1.0\n"
    outcome = perf_test(tmp_path, source, "--samples", "1", "--iterations", "9", "--json", code=code)
    assert outcome.exit_code == 5
    assert "3 of 9 requests of '1 row' failed: 500" in outcome.err
    assert "not three" in outcome.err
    assert sum(json.loads(outcome.out)["cases"][0]["failed"].values()) == 3


def test_data_that_the_model_refuses_are_the_callers_fault(tmp_path: Path, source: Path) -> None:
    code = "from drum import ModelHTTPError\ndef score(data, model): raise ModelHTTPError('no', status_code=422)\n"
    outcome = perf_test(tmp_path, source, "--samples", "1", "--iterations", "2", code=code)
    assert (outcome.exit_code, "2 of 2 requests" in outcome.err) == (6, True)
    assert "1 row" in outcome.out


def test_a_model_that_cannot_be_loaded(tmp_path: Path, source: Path) -> None:
    code = f"def load_model(code_dir): raise OSError('no key')\n{SCORE}"
    outcome = perf_test(tmp_path, source, code=code)
    assert (outcome.exit_code, outcome.out) == (4, "")
    assert "drum: ERROR: " in outcome.err
    assert "no key" in outcome.err


@pytest.mark.parametrize("target_type", ["transform", "unstructured"])
def test_other_target_types(tmp_path: Path, source: Path, target_type: str) -> None:
    code = "def transform(data, model): return data\ndef score_unstructured(model, data, **kwargs): return data"
    words = ("--target-type", target_type, "--iterations", "3", "--json")
    outcome = perf_test(tmp_path, source, *words, *(("--samples", "2") * (target_type == "transform")), code=code)
    assert outcome.exit_code == 0, outcome.err
    (case,) = json.loads(outcome.out)["cases"]
    assert (case["requests"], case["rows"]) == (3, 2 if target_type == "transform" else None)


def test_query_and_media_type_of_an_unstructured_model(tmp_path: Path, source: Path) -> None:
    code = "from drum import ModelHTTPError\ndef score_unstructured(model, data, query, mimetype, **kwargs):\n" \
           "    if (query, mimetype) != ({'top': '2'}, 'text/x-words'):\n" \
           "        raise ModelHTTPError(f'{query} {mimetype}')\n    return data"  # fmt: skip
    words = ("--target-type", "unstructured", "--query", "top=2", "--content-type", "text/x-words")
    outcome = perf_test(tmp_path, source, *words, "--iterations", "2", code=code)
    assert outcome.exit_code == 0, outcome.err


def test_standard_input_and_labels(tmp_path: Path) -> None:
    code = "def score(data, model): return data[['a']] / 10\n"
    labels = ("--positive-class-label=-yes", "--negative-class-label", "no way")
    words = ("--target-type", "binary", *labels, "--samples", "2", "--iterations", "2")
    outcome = perf_test(tmp_path, "-", *words, code=code, stdin=DATA.encode())
    assert outcome.exit_code == 0, outcome.err


def test_blocked_plugins_stay_blocked_in_the_server(tmp_path: Path, source: Path) -> None:
    words = ("--samples", "1", "--iterations", "1", "--no-plugin", "csv")
    outcome = perf_test(tmp_path, source, *words)
    assert (outcome.exit_code, "text/csv" in outcome.err) == (6, True)


# ------------------------------------------------------------------------------------- tuning


def test_tune_prints_what_is_fast_enough(tmp_path: Path, source: Path) -> None:
    words = ("--tune", "--p99-ms", "60000", "--iterations", "10", "--concurrency", "2", "--workers", "1")
    outcome = perf_test(tmp_path, source, *words)
    assert (outcome.exit_code, outcome.err) == (0, "")
    assert "  drum server --workers 1 --threads 1\n" in outcome.out
    assert "  drum server --workers 1 --threads 1 --batch\n" in outcome.out
    assert "--batch is right only if" in outcome.out


def test_tune_says_that_none_helps(tmp_path: Path, source: Path) -> None:
    words = ("--tune", "--p99-ms", "10", "--iterations", "4", "--concurrency", "1", "--workers", "1")
    outcome = perf_test(tmp_path, source, *words, code=SLOW)
    assert outcome.exit_code == 2
    assert "None of the 2 configurations answers 99 in 100 requests within 10 ms" in outcome.err
    assert "most of it in: score" in outcome.err
    assert outcome.out.count(" no") >= 2


def test_tune_as_json(tmp_path: Path, source: Path) -> None:
    words = (
        "--tune",
        "--p99-ms",
        "60000",
        "--iterations",
        "4",
        "--batch",
        "--threads",
        "2",
        "--workers",
        "1",
        "--json",
    )
    outcome = perf_test(tmp_path, source, *words)
    report = json.loads(outcome.out)
    assert report["meeting"] == ["--workers 1 --threads 2 --batch"]
    assert [(trial["meets"], trial["requests"]) for trial in report["trials"]] == [(True, 4)]


def test_tune_says_what_fails(tmp_path: Path, source: Path) -> None:
    words = ("--tune", "--p99-ms", "60000", "--iterations", "2", "--workers", "1")
    outcome = perf_test(tmp_path, source, *words, code="def score(data, model): raise ValueError('never')\n")
    assert outcome.exit_code == 2
    assert "never" in outcome.err


# ------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--samples", "0"], 2, "--samples"),
        (["--iterations", "-1"], 2, "--iterations"),
        (["--concurrency", "0"], 2, "--concurrency"),
        (["--tune"], 2, "--p99-ms"),
        (["--p99-ms", "5"], 2, "--tune"),
        (["--tune", "--p99-ms", "nan"], 2, "--p99-ms"),
        (["--tune", "--p99-ms", "5", "--html", "x.html"], 2, "--html"),
        (["--html", "/no/such/folder/x.html"], 2, "/no/such/folder"),
        (["--input", "missing.csv"], 6, "missing.csv"),
        (["--input", "data.mtx"], 6, "data.mtx"),
        (["--target-type", "unstructured", "--samples", "3"], 2, "--samples"),
    ],
)
def test_what_cannot_be(tmp_path: Path, source: Path, words: list[str], code: int, told: str) -> None:
    outcome = perf_test(tmp_path, source, *words)
    assert (outcome.exit_code, outcome.out) == (code, "")
    assert told in outcome.err


def test_a_code_directory_that_is_none(tmp_path: Path, source: Path) -> None:
    outcome = run_cli(["perf-test", "-cd", tmp_path / "nowhere", "--input", source, "--target-type", "regression"])
    assert (outcome.exit_code, "nowhere" in outcome.err) == (2, True)
