"""What lies in a bundle, and that it is whole, the same each time, or not there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from importlib import metadata
from pathlib import Path

import pandas as pd
import pytest

from drum.errors import OutputError
from drum.testing import CodeDir, run_cli
from drum_monitor.bundle.folder import EPOCH, new_folder

LAYOUT = """\
README.md
docker-compose.yaml
grafana/provisioning/dashboards/drum-column.json
grafana/provisioning/dashboards/drum-drift.json
grafana/provisioning/dashboards/drum-monitor.json
grafana/provisioning/dashboards/drum-predictions.json
grafana/provisioning/dashboards/drum-service.json
grafana/provisioning/dashboards/drum.yaml
grafana/provisioning/datasources/prometheus.yaml
inference/.dockerignore
inference/Dockerfile
inference/README.md
inference/model/model-metadata.yaml
inference/model/model.joblib
inference/requirements.txt
inference/start_server.sh
monitoring/.dockerignore
monitoring/Dockerfile
monitoring/evidently.yaml
monitoring/references.parquet
monitoring/requirements.txt
monitoring/start_server.sh
prometheus/prometheus.yaml
prometheus/rules/alerts.yaml
prometheus/rules/recording.yaml
""".splitlines()

CUSTOM = """\
import pandas as pd

def load_model(code_dir):
    return "a model"

def score(data, model, **kwargs):
    return pd.DataFrame({"Predictions": [1.0] * len(data)})
"""


def bundle_of(code_dir: str | os.PathLike[str], output: Path, *words: str | os.PathLike[str]) -> str:
    """Call the command; it must succeed. Return what it said."""
    outcome = run_cli(["monitor", "bundle", "--code-dir", code_dir, "--output", output, *words])
    assert outcome.exit_code == 0, outcome.err
    return outcome.out


def refused(code_dir: str | os.PathLike[str], output: Path, *words: str | os.PathLike[str]) -> str:
    """Call the command; it must fail, by the caller's mistake. Return what it said."""
    outcome = run_cli(["monitor", "bundle", "--code-dir", code_dir, "--output", output, *words])
    assert outcome.exit_code == 2, outcome.err
    assert "Traceback" not in outcome.err
    return outcome.err


def files_of(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def fingerprint(folder: Path) -> list[tuple[str, str, int, float]]:
    """Return each path with its content, permissions and time."""
    return [
        (
            str(path.relative_to(folder)),
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
            path.stat().st_mode,
            path.stat().st_mtime,
        )
        for path in sorted(folder.rglob("*"))
    ]


def test_layout(bundle: Path) -> None:
    assert files_of(bundle) == LAYOUT


def test_two_builds_are_identical(bundle: Path, code_dir: Path, reference: Path, tmp_path: Path) -> None:
    copied = tmp_path / "model"
    shutil.copytree(code_dir, copied)  # at another time, and with other permissions
    (copied / "model.joblib").chmod(0o600)
    words = ("--row-id", "id", "--window-size", "200", "--calculation-period-sec", "1", "--reference", reference)
    bundle_of(copied, tmp_path / "again", *words)
    assert fingerprint(tmp_path / "again") == fingerprint(bundle)
    assert {time for *_, time in fingerprint(bundle)} == {EPOCH}


def test_only_scripts_and_folders_are_executable(bundle: Path) -> None:
    executable = {str(p.relative_to(bundle)) for p in bundle.rglob("*") if p.is_file() and p.stat().st_mode & 0o111}
    assert executable == {"inference/start_server.sh", "monitoring/start_server.sh"}


def test_without_monitoring_there_is_inference_only(code_dir: Path, tmp_path: Path) -> None:
    bundle_of(code_dir, tmp_path / "plain", "--no-monitoring")
    assert [path.name for path in (tmp_path / "plain").iterdir()] == ["inference"]
    for path in (tmp_path / "plain" / "inference").iterdir():
        assert path.is_dir() or "monitor" not in path.read_text().lower(), path


def test_what_tools_leave_in_a_code_directory_stays_behind(tmp_path: Path) -> None:
    files = {"custom.py": CUSTOM, "__pycache__/custom.pyc": b"old", ".git/HEAD": "ref", "data/table.csv": "a\n1\n"}
    folder = CodeDir(tmp_path / "code", files)
    bundle_of(folder, tmp_path / "out", "--target-type", "regression", "--no-monitoring")
    assert files_of(tmp_path / "out" / "inference" / "model") == ["custom.py", "data/table.csv"]


def test_an_existing_folder_is_left_alone(code_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    assert "exists already" in refused(code_dir, tmp_path / "out", "--no-monitoring")
    assert files_of(tmp_path) == ["out/mine"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "there is no references.parquet"),
        (("--reference", "{tmp}/none.parquet"), "none.parquet' does not exist"),
        (("--reference", "{code}/model-metadata.yaml"), "cannot be read as Parquet"),
        (("--no-monitoring", "--wheels", "{tmp}/none"), "no folder"),
        (("--no-monitoring", "--target-type", "regression"), "Make them agree"),
        (("--no-monitoring", "--window-size", "0"), "'0' is no whole number of 1 or more"),
        (("--no-monitoring", "--window-size", "29"), "--window-size is 29, but --min-reference-size is 30"),
    ],
)
def test_a_mistake_leaves_nothing(code_dir: Path, tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    filled = [word.format(code=code_dir, tmp=tmp_path) for word in words]
    assert message in refused(code_dir, tmp_path / "build" / "out", *filled)
    assert files_of(tmp_path) == []
    assert not (tmp_path / "build" / "out").exists()


def test_a_code_directory_that_is_not_there(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path / "nowhere", tmp_path / "out", "--no-monitoring")
    assert files_of(tmp_path) == []


def test_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path / "code", {"custom.py": CUSTOM})
    (folder / "weights").symlink_to(tmp_path / "nowhere")
    said = refused(folder, tmp_path / "out", "--target-type", "regression", "--no-monitoring")
    assert "weights' in the code directory cannot be copied" in said


def test_labels_can_name_their_rows(code_dir: Path, reference: Path, tmp_path: Path) -> None:
    bundle_of(code_dir, tmp_path / "out", "--reference", reference, "--row-id", "the id")
    assert "--monitor-row-id 'the id' --address" in (tmp_path / "out" / "inference" / "start_server.sh").read_text()


def test_a_model_without_scores_is_not_watched(tmp_path: Path) -> None:
    code = CUSTOM.replace("def score(data, model, **kwargs)", "def transform(data, model)")
    folder = CodeDir(tmp_path / "code", {"custom.py": code})
    said = refused(folder, tmp_path / "out", "--target-type", "transform")
    assert "Bundle it with --no-monitoring" in said


def test_a_reference_of_another_model_is_refused(reference: Path, tmp_path: Path) -> None:
    folder = CodeDir(tmp_path / "code", {"custom.py": CUSTOM})
    said = refused(folder, tmp_path / "out", "--target-type", "regression", "--reference", reference)
    assert "was made for the labels benign, malignant, but the model's are (none)" in said


def test_a_reference_that_states_no_roles_must_hold_the_scores(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path / "code", {"custom.py": CUSTOM})
    pd.DataFrame({"x": [1.0], "y": [2.0]}).to_parquet(tmp_path / "references.parquet")
    words = ("--target-type", "regression", "--reference", tmp_path / "references.parquet")
    assert "lacks the score 'Predictions', and has x, y" in refused(folder, tmp_path / "out", *words)


def test_the_reference_may_lie_in_the_code_directory(code_dir: Path, reference: Path, tmp_path: Path) -> None:
    shutil.copytree(code_dir, tmp_path / "code")
    shutil.copy(reference, tmp_path / "code")
    bundle_of(tmp_path / "code", tmp_path / "out")
    assert (tmp_path / "out" / "monitoring" / "references.parquet").read_bytes() == reference.read_bytes()


def test_the_image_to_build_on_may_be_chosen(code_dir: Path, reference: Path, tmp_path: Path) -> None:
    bundle_of(code_dir, tmp_path / "out", "--reference", reference, "--base-image", "registry.example/python:3.11")
    for service in ("inference", "monitoring"):
        assert "FROM registry.example/python:3.11\n" in (tmp_path / "out" / service / "Dockerfile").read_text()


def test_a_bundle_inside_its_code_directory_is_refused(code_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(code_dir, tmp_path / "code")
    said = refused(tmp_path / "code", tmp_path / "code" / "out", "--no-monitoring")
    assert "inside the code directory" in said


@pytest.mark.parametrize(
    ("target_type", "words", "options"),
    [
        ("regression", (), "--target-type regression"),
        ("anomaly", (), "--target-type anomaly"),
        (
            "binary", ("--negative-class-label", "it's no", "--positive-class-label", "yes"),
            """--target-type binary --negative-class-label 'it'"'"'s no' --positive-class-label yes""",
        ),
        ("multiclass", ("--class-labels", "a b", "$c", "d"), "--target-type multiclass --class-labels 'a b' '$c' d"),
        ("binary", (), "--target-type binary"),
        ("unstructured", (), "--target-type unstructured"),
    ],
)  # fmt: skip
def test_the_server_is_told_what_the_model_predicts(
    tmp_path: Path, target_type: str, words: tuple[str, ...], options: str
) -> None:
    code = CUSTOM + "\ndef score_unstructured(model, data, **kwargs):\n    return data\n"
    hooks = code if target_type == "unstructured" else CUSTOM
    folder = CodeDir(tmp_path / "code", {"custom.py": hooks})
    bundle_of(folder, tmp_path / "out", "--no-monitoring", "--target-type", target_type, *words)
    script = (tmp_path / "out" / "inference" / "start_server.sh").read_text()
    assert f"exec drum server --code-dir model {options} --address" in script


def test_what_no_index_has_is_said(code_dir: Path, tmp_path: Path) -> None:
    said = bundle_of(code_dir, tmp_path / "out", "--no-monitoring")
    origin = metadata.distribution("drum-core").read_text("direct_url.json")
    assert ("bundle again with --wheels" in said) == bool(origin and json.loads(origin)["url"].startswith("file:"))


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with new_folder(tmp_path / "out") as folder:
            (folder / "half").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"), new_folder(tmp_path / "file" / "out"):
        raise AssertionError("never reached")
