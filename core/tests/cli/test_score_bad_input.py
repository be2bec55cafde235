"""Whatever is wrong: one clear message, the exit code of the table, no traceback, and no output or the old one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from drum.testing import CodeDir, Outcome, run_cli

DATA = "a,b\n1,2\n3,4\n5,6\n"
SUM = """
import pandas as pd

def score(data, model, **kwargs):
    return pd.DataFrame({"Predictions": data.sum(axis=1)})
"""


def score(code_dir: CodeDir, data: str | bytes = DATA, *options: str, target_type: str = "regression") -> Outcome:
    """Score ``data`` and check what holds after every failure."""
    source = code_dir.path.parent / "data.csv"
    source.write_bytes(data if isinstance(data, bytes) else data.encode())
    output = code_dir.path.parent / "predictions.csv"
    output.write_text("the old one")
    outcome = run_cli(
        ["score", "--code-dir", code_dir, "--input", source, "--output", output, "--target-type", target_type, *options]
    )
    if outcome.exit_code:
        assert "Traceback" not in outcome.err
        assert outcome.err.count("ERROR") == 1, outcome.err
        assert output.read_text() == "the old one"
        assert sorted(path.name for path in output.parent.iterdir() if path.is_file()) == [
            "data.csv",
            "predictions.csv",
        ]
    return outcome


def hooks(tmp_path: Path, body: str) -> CodeDir:
    return CodeDir(tmp_path / "model", {"custom.py": f"import pandas as pd, sys\n{body}"})


# ------------------------------------------------------------------------------------- the folder


@pytest.mark.parametrize(
    ("files", "exit_code", "message"),
    [
        ({}, 2, "holds neither a model artifact nor a custom.py"),
        ({"model.pth": b"x"}, 2, "pip install drum-torch"),
        ({"model.ONNX": b"x"}, 2, "pip install 'drum-onnx[cpu]'"),
        ({"model.rds": b"x"}, 2, "pip install 'drum-r[rpy2]'"),
        ({"model.jlso": b"x"}, 2, "pip install drum-julia"),
        ({"model.pmml": b"x"}, 2, "pip install 'drum-java[pmml]'"),
        ({"model.h5": b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n"}, 4, "git lfs pull"),
        ({"model.keras": b""}, 4, "is empty (0 bytes)"),
        ({"custom.py": "def score(:"}, 4, "custom.py cannot be imported. Exception: SyntaxError"),
        ({"custom.py": "import nonesuch"}, 4, "No module named 'nonesuch'"),
        ({"custom.py": "import sys\nsys.exit(0)"}, 4, "the code called sys.exit(0)"),
        ({"custom.py": SUM, "model-metadata.yaml": "name: x\ntype: inference\ntargetTyp: binary"}, 2, "'targetType'"),
        ({"custom.py": SUM, "model-metadata.yaml": "name: x\ntype: inference\ntargetType: binary"}, 2, "--target-type"),
        ({"custom.py": SUM, "model-metadata.yaml": "name: ["}, 2, "is not valid YAML"),
    ],
)  # fmt: skip
def test_folder(tmp_path: Path, files: dict[str, str | bytes], exit_code: int, message: str) -> None:
    outcome = score(CodeDir(tmp_path / "model", files))
    assert (outcome.exit_code, message in outcome.err) == (exit_code, True), outcome.err


def test_folder_that_does_not_exist(tmp_path: Path) -> None:
    outcome = run_cli(["score", "--code-dir", tmp_path / "nowhere", "--input", "x.csv", "--target-type", "binary"])
    assert (outcome.exit_code, "does not exist" in outcome.err) == (2, True)


# ------------------------------------------------------------------------------------- hooks


@pytest.mark.parametrize(
    ("body", "exit_code", "message"),
    [
        ("def init(code_dir): raise OSError('no key')\n" + SUM, 4, "failed to initialize. Exception: OSError: no key"),
        ("def load_model(code_dir): return None\n" + SUM, 4, "Model 'load_model' hook returned None"),
        ("def load_model(code_dir): return {}", 4, "which no installed runtime recognises"),
        ("def read_input_data(input_binary_data): return None\n" + SUM, 5, "'read_input_data' hook returned None"),
        ("def transform(data, model): return data[1:]\n" + SUM, 5, "returned 2 rows for 3 rows of data"),
        ("def transform(data, model): return None\n" + SUM, 5, "Model 'transform' hook returned None"),
        ("def score(data, model): return None", 5, "Model 'score' hook returned None"),
        ("def score(data, model): return 1 / 0", 5, "'score' hook failed to make predictions. Exception: ZeroDivision"),
        ("def score(data, model): sys.exit(3)", 5, "the code called sys.exit(3)"),
        ("def score(data, model): return [1, 2, 3]", 5, "must return a pandas DataFrame"),
        ("def score(data, model): return data[['a']][:2]", 5, "returned 2 rows for 3 rows of data"),
        ("def score(data, model): return data", 5, "to have columns ['Predictions'], but encountered"),
        ("def score(data, model): return pd.DataFrame({'p': ['x'] * 3})", 5, "numbers are needed"),
        ("def score(data, model): return pd.DataFrame({'p': [1, None, 3]})", 5, "in row 1 "),
        ("def score(data, model): return pd.DataFrame({'p': [1, 2, float('inf')]})", 5, "in row 2 "),
        (SUM + "\ndef post_process(predictions, model): return predictions[:1]", 5, "returned 1 rows for 3 rows"),
    ],
)  # fmt: skip
def test_hooks(tmp_path: Path, body: str, exit_code: int, message: str) -> None:
    outcome = score(hooks(tmp_path, body))
    assert (outcome.exit_code, message in outcome.err) == (exit_code, True), outcome.err


def test_own_frames_are_shown(tmp_path: Path) -> None:
    outcome = score(hooks(tmp_path, "def score(data, model): return inner()\ndef inner(): return [][0]"))
    assert "  custom.py, line 3, in inner\n" in outcome.err


def test_a_megabyte_of_print_goes_to_standard_error(tmp_path: Path) -> None:
    code_dir = hooks(tmp_path, "def load_model(code_dir): print('x' * 1_000_000); return 1\n" + SUM)
    outcome = score(code_dir)
    assert (outcome.exit_code, outcome.out, len(outcome.err) > 1_000_000) == (0, "", True)


def test_stacktrace_on_demand(tmp_path: Path) -> None:
    source = CodeDir(tmp_path, {"data.csv": DATA}) / "data.csv"
    code_dir = hooks(tmp_path, "def score(data, model): return 1 / 0")
    arguments = ["score", "--code-dir", code_dir, "--input", source, "--target-type", "regression", "--show-stacktrace"]
    assert "Traceback" in run_cli(arguments).err


# ------------------------------------------------------------------------------------- labels and probabilities

LABELS = ("--positive-class-label", "yes", "--negative-class-label", "no")


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ("{'yes': [.5] * 3, 'no': [.4] * 3}", "Your prediction probabilities do not add up to 1"),
        ("{'yes': [1.5] * 3, 'no': [-.5] * 3}", "Your prediction probabilities have negative values"),
        ("{'yes': [1.5] * 3, 'no': [0] * 3}", "Your prediction probabilities have values greater than 1"),
        ("{'yes': [1] * 3, 'nope': [0] * 3}", "Expected predictions to have columns ['no', 'yes'], but encountered"),
        ("{'yes': [1] * 3, 'YES': [0] * 3, 'No': [0] * 3, 'nO': [0] * 3}", "Label 'no' is ambiguous"),
    ],
)
def test_probabilities(tmp_path: Path, frame: str, message: str) -> None:
    code_dir = hooks(tmp_path, f"def score(data, model): return pd.DataFrame({frame})")
    outcome = score(code_dir, DATA, *LABELS, target_type="binary")
    assert (outcome.exit_code, message in outcome.err) == (5, True), outcome.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--positive-class-label", "yes"), "or neither"),
        (("--class-labels", "a", "b"), "takes no such labels"),
        (("--positive-class-label", "x", "--negative-class-label", "x"), "stands twice"),
        (("--query", "a=1"), "for target type 'unstructured' only"),
        (("--content-type", "text/plain"), "for target type 'unstructured' only"),
        (("--batch-rows", "-1"), "must be 0 or more"),
        (("--jobs", "none"), "invalid literal"),
        (("--runtime", "fortran"), "finds nothing to score here"),
        (("--runtime-params-file", "nowhere.yaml"), "cannot be read"),
    ],
)
def test_options(tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    outcome = score(hooks(tmp_path, SUM if "--runtime" not in options else ""), DATA, *options, target_type="binary")
    assert (outcome.exit_code, message in outcome.err) == (2, True), outcome.err


# ------------------------------------------------------------------------------------- data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "empty"),
        ("a,b\n", "no rows"),
        ("a,b\n1,2\n3\n", "Line 3 "),
        ("a,b\n1,2\n3,4,5\n", "Line 3 "),
        ("a,b\n1,2,9\n3,4,5\n", "Line 2 "),
        ("a,a\n1,2\n", "'a'"),
        ("a,b\n1,2\n3,\xe4\n".encode("latin-1"), "Supplied CSV input file encoding must be UTF-8."),
        ('a,b\n1,"2\n3,4\n', "quote"),
    ],
)
@pytest.mark.parametrize("options", [(), ("--batch-rows", "64")])
def test_data(tmp_path: Path, data: str | bytes, message: str, options: tuple[str, ...]) -> None:
    outcome = score(hooks(tmp_path, SUM), data, *options)
    assert (outcome.exit_code, message in outcome.err) == (6, True), outcome.err


def test_one_column_keeps_its_blank_lines(tmp_path: Path) -> None:
    count = "def score(data, model): return data.isna().astype(float)"
    outcome = score(hooks(tmp_path, count), "a\n1\n\n3\n")
    assert outcome.exit_code == 0
    assert (tmp_path / "predictions.csv").read_text() == "Predictions\n0.0\n1.0\n0.0\n"


@pytest.mark.parametrize("name", ["nowhere.csv", "data.xlsx"])
def test_input_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "data.xlsx").write_text("x")
    outcome = run_cli(
        ["score", "--code-dir", hooks(tmp_path, SUM), "--input", tmp_path / name, "--target-type", "regression"]
    )
    assert (outcome.exit_code, name in outcome.err, outcome.out) == (6, True, "")


# ------------------------------------------------------------------------------------- output


@pytest.mark.parametrize("output", ["/dev/full", "nowhere/predictions.csv", "a-folder", "predictions.xlsx"])
def test_output_that_cannot_be_written(tmp_path: Path, output: str) -> None:
    (tmp_path / "a-folder").mkdir()
    source = CodeDir(tmp_path, {"data.csv": DATA}) / "data.csv"
    target = tmp_path / output
    outcome = run_cli(
        [
            "score",
            "--code-dir",
            hooks(tmp_path, SUM),
            "--input",
            source,
            "--output",
            target,
            "--target-type",
            "regression",
        ]
    )
    assert (outcome.exit_code, target.name in outcome.err, "Traceback" in outcome.err) == (2, True, False), outcome.err


def test_broken_pipe(tmp_path: Path) -> None:
    source = CodeDir(tmp_path, {"data.csv": "a,b\n" + "1,2\n" * 100_000}) / "data.csv"
    reading, writing = os.pipe()
    os.close(reading)
    arguments = ["score", "--code-dir", os.fspath(hooks(tmp_path, SUM)), "--input", os.fspath(source)]
    done = subprocess.run(
        [sys.executable, "-m", "drum", *arguments, "--target-type", "regression"],
        stdout=writing, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, "standard output" in done.stderr, "Traceback" in done.stderr) == (2, True, False)
