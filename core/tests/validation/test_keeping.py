"""The data on which a model failed lie in a folder, and fail again from there."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from validating import named, validated

from drum.errors import OutputError
from drum.testing import run_cli
from drum.types import Payload

CRASHING = "def score(data, model):\n    assert data.notna().all(axis=None), 'gap'\n    return data[['a']] * 1.0\n"


def test_each_failure_has_a_file(tmp_path: Path) -> None:
    report = validated(tmp_path, CRASHING, "a,b\n1,x\n2,y\n", keep=tmp_path / "deep" / "kept")
    kept = {check.column: check.kept for check in report.failed}
    assert set(kept) == {"a", "b"}
    assert pd.read_csv(str(kept["b"])).to_dict("list") == {
        "a": [1, 2],
        "b": [pytest.approx(float("nan"), nan_ok=True)] * 2,
    }
    assert len(list((tmp_path / "deep" / "kept").iterdir())) == 2


def test_it_fails_again_from_there(tmp_path: Path) -> None:
    report = validated(tmp_path, CRASHING, "a,b\n1,x\n2,y\n", keep=tmp_path / "kept")
    file = named(report, "missing values", "b").kept
    outcome = run_cli(["score", "-cd", tmp_path / "model", "--input", file or "", "--target-type", "regression"])
    assert (outcome.exit_code, "gap" in outcome.err) == (5, True)


def test_names_that_no_file_can_have(tmp_path: Path) -> None:
    data = '../../etc,"a/b","a:b",' + "long" * 100 + ",A/B,\u00e4\n1,2,3,4,5,6\n"
    code = "def score(data, model):\n    assert data.notna().all(axis=None)\n    return data.iloc[:, :1] * 1.0\n"
    report = validated(tmp_path, code, data, keep=tmp_path / "kept")
    files = [Path(str(check.kept)) for check in report.failed if check.name == "missing values"]
    assert len({file.name.casefold() for file in files}) == 6
    assert all(file.parent == tmp_path / "kept" and file.exists() for file in files)


@pytest.mark.parametrize("extension", ["json", "parquet"])
def test_in_the_format_of_the_input(tmp_path: Path, extension: str) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    path = tmp_path / f"data.{extension}"
    frame.to_json(path, orient="records") if extension == "json" else frame.to_parquet(path)
    report = validated(tmp_path, CRASHING, path, keep=tmp_path / "kept")
    assert str(named(report, "missing values", "b").kept).endswith(f".{extension}")


def test_bytes_of_a_model_for_anything(tmp_path: Path) -> None:
    code = "import random\ndef score_unstructured(model, data, **kwargs): return str(random.SystemRandom().random())"
    payload = Payload(body=b"\x00\xff", media_type="application/x-thing", room=None)
    report = validated(tmp_path, code, payload, "unstructured", keep=tmp_path / "kept")
    file = named(report, "same answer twice").kept
    assert file is not None
    assert (Path(file).suffix, Path(file).read_bytes()) == (".bin", b"\x00\xff")


def test_nothing_is_kept_of_what_passed(tmp_path: Path) -> None:
    validated(tmp_path, keep=tmp_path / "kept")
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot hold the data"):
        validated(tmp_path, keep=tmp_path / "file" / "kept")
