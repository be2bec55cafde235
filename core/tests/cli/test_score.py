"""``drum score``: every target type that custom code serves, every source of labels, every way in and out."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest

from drum.testing import CodeDir, run_cli

DATA = "a,b\n1,2\n3,4.5\n5,6\n"
FRAME = pd.read_csv(io.StringIO(DATA))
SUM = """
import pandas as pd

def score(data, model, **kwargs):
    return pd.DataFrame({"Predictions": data.sum(axis=1)})
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_text(DATA)
    return path


def model(tmp_path: Path, code: str, **files: str) -> CodeDir:
    return CodeDir(tmp_path / "model", {"custom.py": code, **files})


def test_predictions_go_to_standard_output_and_all_else_to_standard_error(tmp_path: Path, source: Path) -> None:
    code = "import os\nprint('hello')\nos.system('echo from a shell')\n" + SUM
    outcome = run_cli(["score", "-cd", model(tmp_path, code), "--input", source, "--target-type", "regression"])
    assert (outcome.exit_code, outcome.out) == (0, "Predictions\n3.0\n7.5\n11.0\n")
    assert "hello\n" in outcome.err
    assert "from a shell\n" in outcome.err


def test_standard_input(tmp_path: Path) -> None:
    arguments = ["score", "-cd", model(tmp_path, SUM), "--input", "-", "--target-type", "regression"]
    assert run_cli(arguments, stdin=DATA.encode()).out == "Predictions\n3.0\n7.5\n11.0\n"


@pytest.mark.parametrize("target_type", ["regression", "anomaly"])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_numbers(tmp_path: Path, source: Path, target_type: str, jobs: str) -> None:
    output = tmp_path / "out.csv"
    arguments = ["--input", source, "--output", output, "--target-type", target_type, "--jobs", jobs]
    outcome = run_cli(["score", "-cd", model(tmp_path, SUM), *arguments])
    assert (outcome.exit_code, outcome.out, outcome.err) == (0, "", "")
    assert output.read_text() == "Predictions\n3.0\n7.5\n11.0\n"


@pytest.mark.parametrize("target_type", ["textgeneration", "geopoint", "vectordatabase", "agenticworkflow"])
def test_texts(tmp_path: Path, source: Path, target_type: str) -> None:
    code = "import pandas as pd\ndef score(data, model): return pd.DataFrame({'answer': ['a', 'b, c', 'd\"e']})"
    outcome = run_cli(["score", "-cd", model(tmp_path, code), "--input", source, "--target-type", target_type])
    assert outcome.out == 'Predictions\na\n"b, c"\n"d""e"\n', outcome.err


def test_text_generation_with_extra_output(tmp_path: Path, source: Path) -> None:
    code = "import pandas as pd\ndef score(data, model): return pd.DataFrame({'answer': ['x'] * 3, 'cost': [1, 2, 3]})"
    arguments = ["--input", source, "--target-type", "textgeneration"]
    outcome = run_cli(["score", "-cd", model(tmp_path, code), *arguments], env={"TARGET_NAME": "answer"})
    assert outcome.out == "Predictions,cost\nx,1\nx,2\nx,3\n", outcome.err


def test_transform(tmp_path: Path, source: Path) -> None:
    code = "def transform(data, model): return data * 2"
    outcome = run_cli(["score", "-cd", model(tmp_path, code), "--input", source, "--target-type", "transform"])
    assert outcome.out == "a,b\n2,4.0\n6,9.0\n10,12.0\n", outcome.err


# ------------------------------------------------------------------------------------- labels

BINARY = "import pandas as pd\ndef score(data, model, **kwargs): return pd.DataFrame({'p': data['a'] / 10})"
CLASSES = """
import pandas as pd
def score(data, model, class_labels):
    return pd.DataFrame([[0.5, 0.25, 0.25]] * len(data), columns=sorted(class_labels))
"""


@pytest.mark.parametrize(
    ("options", "env", "metadata"),
    [
        (["--target-type", "binary", "--positive-class-label", "yes", "--negative-class-label", "no"], {}, ""),
        ([], {"TARGET_TYPE": "binary", "POSITIVE_CLASS_LABEL": "yes", "NEGATIVE_CLASS_LABEL": "no"}, ""),
        ([], {}, "targetType: binary\ninferenceModel: {positiveClassLabel: 'yes', negativeClassLabel: 'no'}"),
    ],
)
def test_sources_of_binary_labels(
    tmp_path: Path, source: Path, options: list[str], env: dict[str, str], metadata: str
) -> None:
    files = {"model-metadata.yaml": f"name: x\ntype: inference\n{metadata}\n"} if metadata else {}
    outcome = run_cli(["score", "-cd", model(tmp_path, BINARY, **files), "--input", source, *options], env=env)
    assert outcome.out == "no,yes\n0.9,0.1\n0.7,0.3\n0.5,0.5\n", outcome.err


@pytest.mark.parametrize("target_type", ["multiclass", "multilabel"])
@pytest.mark.parametrize("way", ["words", "file", "variable", "metadata", "metadata file"])
def test_sources_of_class_labels(tmp_path: Path, source: Path, target_type: str, way: str) -> None:
    code_dir = model(tmp_path, CLASSES, **{"labels.txt": "z\nx\ny\n"})
    env: dict[str, str] = {}
    options = ["--target-type", target_type]
    if way == "words":
        options += ["--class-labels", "z", "x", "y"]
    elif way == "file":
        options += ["--class-labels-file", str(code_dir / "labels.txt")]
    elif way == "variable":
        env["CLASS_LABELS"] = "z x y"
    else:
        key = "classLabels: [z, x, y]" if way == "metadata" else "classLabelsFile: labels.txt"
        text = f"name: n\ntype: inference\ntargetType: {target_type}\ninferenceModel:\n  {key}\n"
        code_dir.add("model-metadata.yaml", text)
    outcome = run_cli(["score", "-cd", code_dir, "--input", source, *options], env=env)
    assert outcome.out == "z,x,y\n" + "0.25,0.5,0.25\n" * 3, outcome.err


# ------------------------------------------------------------------------------------- formats


@pytest.mark.parametrize("extension", ["csv", "csv.gz", "parquet", "arrow", "feather", "json", "jsonl", "CSV"])
def test_input_formats(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"data.{extension}"
    writers = {
        "csv": lambda: FRAME.to_csv(path, index=False),
        "csv.gz": lambda: FRAME.to_csv(path, index=False, compression="gzip"),
        "parquet": lambda: FRAME.to_parquet(path),
        "arrow": lambda: FRAME.to_feather(path),
        "feather": lambda: FRAME.to_feather(path),
        "json": lambda: FRAME.to_json(path, orient="records"),
        "jsonl": lambda: FRAME.to_json(path, orient="records", lines=True),
    }
    writers[extension.lower()]()
    outcome = run_cli(["score", "-cd", model(tmp_path, SUM), "--input", path, "--target-type", "regression"])
    assert outcome.out == "Predictions\n3.0\n7.5\n11.0\n", outcome.err


def test_sparse_input_with_column_names(tmp_path: Path) -> None:
    (tmp_path / "data.mtx").write_text("%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1.5\n2 2 2.5\n")
    (tmp_path / "names.txt").write_text("size\nweight\n")
    code = "import pandas as pd\ndef score(data, model): return pd.DataFrame({'p': 2 * data['weight'] + data['size']})"
    arguments = ["--input", tmp_path / "data.mtx", "--sparse-column-file", tmp_path / "names.txt"]
    outcome = run_cli(["score", "-cd", model(tmp_path, code), *arguments, "--target-type", "regression"])
    assert outcome.out == "Predictions\n1.5\n5.0\n", outcome.err


@pytest.mark.parametrize("extension", ["parquet", "arrow", "json", "jsonl", "mtx"])
def test_output_formats(tmp_path: Path, source: Path, extension: str) -> None:
    output = tmp_path / f"out.{extension}"
    arguments = ["--input", source, "--output", output, "--target-type", "regression"]
    outcome = run_cli(["score", "-cd", model(tmp_path, SUM), *arguments])
    assert (outcome.exit_code, outcome.out) == (0, ""), outcome.err
    readers = {
        "parquet": lambda: pd.read_parquet(output)["Predictions"].tolist(),
        "arrow": lambda: pd.read_feather(output)["Predictions"].tolist(),
        "json": lambda: json.loads(output.read_text())["predictions"],
        "jsonl": lambda: [json.loads(line)["Predictions"] for line in output.read_text().splitlines()],
        "mtx": lambda: [float(line.split()[-1]) for line in output.read_text().splitlines()[-3:]],
    }
    assert readers[extension]() == [3.0, 7.5, 11.0]


# ------------------------------------------------------------------------------------- unstructured

ECHO = """
def load_model(code_dir):
    return "model"

def score_unstructured(model, data, query, mimetype, charset):
    if isinstance(data, bytes):
        return data[::-1]
    return f"{data}|{query}|{mimetype}|{charset}", {"charset": "latin-1"}
"""


@pytest.mark.parametrize(
    ("body", "options", "expected"),
    [
        ("ä".encode(), [], "ä|{}|text/plain|utf8".encode("latin-1")),
        (b"\xe4", ["--content-type", "text/html; charset=latin-1"], "ä|{}|text/html|latin-1".encode("latin-1")),
        (b"x", ["--query", "a=1&b=two%20words"], b"x|{'a': '1', 'b': 'two words'}|text/plain|utf8"),
        (b"\x00\xff", ["--content-type", "application/octet-stream"], b"\xff\x00"),
    ],
)
def test_unstructured(tmp_path: Path, body: bytes, options: list[str], expected: bytes) -> None:
    (tmp_path / "body").write_bytes(body)
    output = tmp_path / "answer"
    arguments = ["--input", tmp_path / "body", "--output", output, "--target-type", "unstructured", *options]
    outcome = run_cli(["score", "-cd", model(tmp_path, ECHO), *arguments])
    assert (outcome.exit_code, outcome.out) == (0, ""), outcome.err
    assert output.read_bytes() == expected


def test_unstructured_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(b"\xff")
    arguments = ["--input", tmp_path / "body", "--target-type", "unstructured"]
    outcome = run_cli(["score", "-cd", model(tmp_path, ECHO), *arguments])
    assert (outcome.exit_code, "--content-type" in outcome.err) == (6, True)


# ------------------------------------------------------------------------------------- the rest


def test_runtime_parameters_reach_user_code(tmp_path: Path, source: Path) -> None:
    code = "from drum import RuntimeParameters\nimport pandas as pd\n" \
           "def score(data, model): return data[['a']] * RuntimeParameters.get('factor')"  # fmt: skip
    definitions = "runtimeParameterDefinitions: [{fieldName: factor, type: numeric, defaultValue: 2}]"
    code_dir = model(
        tmp_path, code, **{"model-metadata.yaml": f"name: x\ntype: inference\ntargetType: regression\n{definitions}\n"}
    )
    values = CodeDir(tmp_path, {"values.yaml": "factor: 10"}) / "values.yaml"
    assert run_cli(["score", "-cd", code_dir, "--input", source]).out == "Predictions\n2.0\n6.0\n10.0\n"
    outcome = run_cli(["score", "-cd", code_dir, "--input", source, "--runtime-params-file", values])
    assert outcome.out == "Predictions\n10.0\n30.0\n50.0\n"


def test_allow_nan(tmp_path: Path, source: Path) -> None:
    code = "def score(data, model): return data[['a']].where(data['a'] > 1)"
    arguments = ["--input", source, "--target-type", "regression", "--allow-nan"]
    assert run_cli(["score", "-cd", model(tmp_path, code), *arguments]).out == 'Predictions\n""\n3.0\n5.0\n'


def test_batch_rows_cut_what_hooks_see(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a\n" + "1\n" * 300)
    code = "def score(data, model): return data * 0 + len(data)"
    arguments = ["--input", tmp_path / "data.csv", "--target-type", "regression"]
    whole = run_cli(["score", "-cd", model(tmp_path, code), *arguments]).out
    cut = run_cli(["score", "-cd", model(tmp_path, code), *arguments, "--batch-rows", "128"]).out
    assert set(whole.splitlines()[1:]) == {"300.0"}
    assert cut.splitlines()[1:] == ["128.0"] * 256 + ["44.0"] * 44


def test_show_perf(tmp_path: Path, source: Path) -> None:
    arguments = ["--input", source, "--target-type", "regression", "--show-perf"]
    outcome = run_cli(["score", "-cd", model(tmp_path, SUM), *arguments])
    assert "3 rows" in outcome.err
