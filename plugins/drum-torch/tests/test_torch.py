"""From a file to predictions: they are torch's own, whatever the file and the target type."""

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch_models import FORMATS, LAST, directly, exported, net_ending_in, scripted, whole

import drum
import drum_torch
from drum.errors import AmbiguousArtifactError, LoadError, NoScorerError
from drum.library import find
from drum.plugins import create_plugin_manager
from drum.scorer import Scorer
from drum.testing import CodeDir, run_cli
from drum.types import Concurrency, Match, TargetType

Serve = Callable[..., Scorer]
TARGETS = [
    ("values", "regression", None),
    ("values", "anomaly", None),
    ("sigmoid", "binary", ["no", 'yes, "sir"']),
    ("softmax of two", "binary", ["0", "1.0"]),
    ("softmax", "multiclass", ["[z]", "a, b", "1.50"]),
    ("sigmoids", "multilabel", ["[z]", "a, b", "1.50"]),
]


@pytest.mark.parametrize("saved", FORMATS)
@pytest.mark.parametrize(("output", "target_type", "labels"), TARGETS)
def test_predictions_are_torchs_own(
    serve: Serve, rows: pd.DataFrame, saved: str, output: str, target_type: str, labels: list[str] | None
) -> None:
    expected = directly(net_ending_in(output), rows)
    answer = serve(FORMATS[saved](output), target_type, labels).score(rows).frame
    assert list(answer.columns) == (labels or ["Predictions"])
    if output == "sigmoid":
        expected = np.column_stack((1 - expected, expected))
    assert len(answer) >= 1_000
    assert np.abs(answer.to_numpy() - expected).max() < 1e-5


def test_second_of_two_columns_is_the_positive_class(serve: Serve, rows: pd.DataFrame) -> None:
    answer = serve(FORMATS["whole"]("softmax of two"), "binary", ["no", "yes"]).score(rows).frame
    assert answer["yes"].to_numpy() == pytest.approx(directly(net_ending_in("softmax of two"), rows)[:, 1])


def test_csv_is_scored_as_its_frame(serve: Serve, rows: pd.DataFrame) -> None:
    scorer = serve(FORMATS["whole"]("values"), "regression")
    whole_file = scorer.score(rows.to_csv(index=False).encode()).frame
    pd.testing.assert_frame_equal(whole_file, scorer.score(rows).frame)


# ------------------------------------------------------------------------------------- the vote


@pytest.mark.parametrize(
    ("saved", "note", "threads"),
    [
        ("whole", "pickled", False),
        ("whole, before torch 1.6", "pickled", False),
        ("weights", "pickled", False),
        ("safetensors", "safetensors", False),
        ("scripted", "TorchScript", True),
        ("traced", "TorchScript", True),
        ("exported", "torch.export", True),
    ],
)
def test_content_tells_what_it_is(tmp_path: Path, saved: str, note: str, threads: bool) -> None:
    vote = drum_torch.drum_detect(CodeDir(tmp_path, FORMATS[saved]("values")).path)
    assert vote is not None
    assert note in vote.note
    assert vote.match is Match.PROVEN
    assert (Concurrency.THREADS in vote.concurrency) is threads


def test_model_may_be_forked_only_where_there_is_no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = CodeDir(tmp_path, whole(nn.Linear(4, 1))).path
    for nodes, forks in (((), True), ((str(folder),), False)):
        monkeypatch.setattr(drum_torch, "GPU_NODES", nodes)
        vote = drum_torch.drum_detect(folder)
        assert vote is not None
        assert (Concurrency.FORK in vote.concurrency) is forks


def test_file_of_somebody_elses_is_claimed_by_its_name_alone(tmp_path: Path) -> None:
    vote = drum_torch.drum_detect(CodeDir(tmp_path, {"model.pt": "not a model"}).path)
    assert vote is not None
    assert vote.match is Match.NAMED


@pytest.mark.parametrize("name", ["model.pkl", "model.PICKLE"])
def test_what_torch_has_saved_as_a_pickle_is_its_own(serve: Serve, rows: pd.DataFrame, name: str) -> None:
    save = whole(net_ending_in("values"))["model.pth"]
    answer = serve({name: save, "names.pkl": pickle.dumps({"a": 1})}, "regression").score(rows).frame
    assert answer.to_numpy() == pytest.approx(directly(net_ending_in("values"), rows), abs=1e-5)


def test_module_that_pickle_itself_has_saved_is_told_from_others_and_refused(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path, {"model.pkl": pickle.dumps(nn.Sequential(nn.Linear(4, 1)))})
    with pytest.raises(LoadError, match=r"no file of torch's\. Save the model again with torch\.save"):
        drum.open(folder, target_type="regression")


def test_pickles_of_others_are_left_to_them(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path, {"a.pkl": pickle.dumps({"a": 1}), "b.pkl": b"cut"})
    assert drum_torch.drum_detect(folder.path) is None


def test_two_artifacts_are_one_too_many(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path, {**whole(nn.Linear(4, 1)), "model.safetensors": b"{"})
    with pytest.raises(AmbiguousArtifactError, match=r"model\.pth, model\.safetensors"):
        drum.open(folder, target_type="regression")


def test_module_of_custom_code_is_recognised_and_put_into_evaluation_mode(serve: Serve, rows: pd.DataFrame) -> None:
    custom = """
        import torch

        def load_model(code_dir):
            return torch.load(f"{code_dir}/weights.bin", weights_only=False)
    """
    files = {"custom.py": custom, "weights.bin": whole(net_ending_in("values"))["model.pth"]}
    answer = serve(files, "regression").score(rows).frame
    assert answer.to_numpy() == pytest.approx(directly(net_ending_in("values"), rows), abs=1e-5)


def test_program_that_custom_code_has_loaded_is_scored(serve: Serve, rows: pd.DataFrame) -> None:
    custom = """
        import torch

        def load_model(code_dir):
            return torch.export.load(f"{code_dir}/kept/program.pt2").module()
    """
    files = {"custom.py": custom, "kept/program.pt2": exported(net_ending_in("values"))["model.pt2"]}
    answer = serve(files, "regression").score(rows).frame
    assert answer.to_numpy() == pytest.approx(directly(net_ending_in("values"), rows), abs=1e-5)


def test_what_is_no_module_is_not_recognised() -> None:
    assert drum_torch.drum_recognize(torch.zeros(1)) is None
    assert drum_torch.drum_recognize(object()) is None


def test_custom_hooks_get_the_module_itself(serve: Serve, rows: pd.DataFrame) -> None:
    custom = """
        import pandas as pd
        import torch

        def score(data, model, **kwargs):
            with torch.no_grad():
                return pd.DataFrame(model(torch.tensor(data.to_numpy(), dtype=torch.float32)).numpy())
    """
    answer = serve({**whole(net_ending_in("values")), "custom.py": custom}, "regression").score(rows).frame
    assert answer.to_numpy() == pytest.approx(directly(net_ending_in("values"), rows), abs=1e-6)


def test_transforms_are_not_promised(serve: Serve, rows: pd.DataFrame) -> None:
    with pytest.raises(NoScorerError, match="has no 'transform' for target type 'transform'"):
        serve(whole(nn.Linear(4, 2)), "transform").score(rows)


def test_nothing_is_loaded_before_it_must_be(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path, {"model.pth": "not a model"})
    with find(create_plugin_manager(), folder.path, target_type=TargetType.REGRESSION) as scorer:
        assert scorer.artifact.runtime == "torch"


def test_command_line_scores_on_the_cpu_in_silence(tmp_path: Path, rows: pd.DataFrame) -> None:
    folder = CodeDir(tmp_path / "model", scripted(net_ending_in("values")))
    rows.to_csv(tmp_path / "data.csv", index=False)
    words = ["score", "--code-dir", folder, "--input", tmp_path / "data.csv", "--target-type", "regression"]
    done = run_cli([*words, "--device", "cpu"])
    assert (done.exit_code, done.err, done.out.count("\n")) == (0, "", len(rows) + 1)


# ------------------------------------------------------------------------------------- matrices

SCHEMA = """
    columns:
    - {name: b, type: number}
    - {name: a, type: integer, missing: false}
    - {name: d, type: number}
    - {name: c, type: %s}
"""


def test_schema_of_numbers_names_the_columns_of_a_matrix(serve: Serve, rows: pd.DataFrame) -> None:
    files = {**whole(net_ending_in("values")), "input-schema.yaml": SCHEMA % "number"}
    scorer = serve(files, "regression")
    assert scorer.matrix_columns == ("b", "a", "d", "c")
    frame = rows.set_axis(["b", "a", "d", "c"], axis=1).assign(a=range(len(rows)))
    shuffled = frame[["a", "b", "c", "d"]]
    expected = directly(net_ending_in("values"), frame)
    assert scorer.score(shuffled).frame.to_numpy() == pytest.approx(expected, abs=1e-5, rel=1e-5)


def test_matrix_is_scored_as_its_frame(rows: pd.DataFrame) -> None:
    module: Any = net_ending_in("values").eval()
    spec = drum_torch.ModelSpec(code_dir=Path(), target_type=TargetType.REGRESSION)
    for frame in (rows, (rows * 10).astype("int64"), rows.assign(**{"a b": range(len(rows))})):
        of_frame = drum_torch.drum_score(frame, module, spec)
        pd.testing.assert_frame_equal(drum_torch.drum_score(frame.to_numpy(), module, spec), of_frame)


@pytest.mark.parametrize("kind", ["text", "boolean", "any"])
def test_columns_of_anything_else_need_a_frame(serve: Serve, kind: str) -> None:
    scorer = serve({**whole(nn.Linear(4, 1)), "input-schema.yaml": SCHEMA % kind}, "regression")
    assert scorer.matrix_columns is None


def test_without_a_schema_nobody_knows_the_columns(serve: Serve) -> None:
    assert serve(whole(nn.Linear(4, 1)), "regression").matrix_columns is None


# ------------------------------------------------------------------------------------- several processes


def test_forked_processes_score_as_one(tmp_path: Path) -> None:
    """In a process of its own: here, torch has started threads already."""
    import subprocess

    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(130_000, 4)), columns=list("abcd"))
    folder = CodeDir(tmp_path / "model", whole(net_ending_in("values")))
    frame.to_csv(tmp_path / "data.csv", index=False)
    answers = []
    for jobs in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "drum", "score", "--code-dir", folder, "--input", tmp_path / "data.csv", "--output",
             tmp_path / f"{jobs}.csv", "--target-type", "regression", "--jobs", jobs, "--show-perf"],
            check=True, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert jobs == "1" or "2 processes" in done.stderr, done.stderr
        answers.append(pd.read_csv(tmp_path / f"{jobs}.csv")["Predictions"].to_numpy())
    assert np.abs(answers[0] - answers[1]).max() < 1e-6
    assert np.abs(answers[0] - directly(net_ending_in("values"), frame)[:, 0]).max() < 1e-5


def test_every_output_is_tested() -> None:
    assert {output for output, _, _ in TARGETS} == set(LAST)
