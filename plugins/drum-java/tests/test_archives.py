"""Damaged and hostile archives."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from drum.errors import LoadError, NoArtifactError, NoScorerError, PluginDependencyError
from drum.scorer import Scorer
from drum.testing import CodeDir
from drum_java import h2o, scoring_code

Serve = Callable[..., Scorer]


def archive(*names: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name in names:
            made.writestr(name, "[info]\nalgo = gbm\n" * 50)
    return target.getvalue()


@pytest.mark.parametrize("extension", ["zip", "mojo", "jar"])
@pytest.mark.parametrize("kept", [0.2, 0.7, 0.99])
def test_truncated_archive_says_so(serve: Serve, extension: str, kept: float) -> None:
    content = archive("model.ini", "trees/t00_000.bin")
    with pytest.raises(LoadError, match=rf"'m\.{extension}' is truncated: its end is missing"):
        serve({f"m.{extension}": content[: int(len(content) * kept)]}, "regression")


@pytest.mark.parametrize("content", [b"text", b"\x80\x04}\x94.", b"\0" * 100])
def test_file_of_another_kind_is_no_archive(serve: Serve, content: bytes) -> None:
    with pytest.raises(LoadError, match=r"'m\.zip' is no zip archive"):
        serve({"m.zip": content}, "regression")


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "..\\evil", "C:\\evil"])
@pytest.mark.parametrize("extension", ["zip", "mojo", "jar"])
def test_archive_that_leads_out_is_not_loaded(serve: Serve, tmp_path: Path, extension: str, name: str) -> None:
    content = archive("model.ini", "META-INF/services/com.datarobot.prediction.IPredictorInfo", name)
    with pytest.raises(LoadError, match="which leads out of it"):
        serve({f"m.{extension}": content}, "regression")
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [f"m.{extension}"]


def test_damaged_content_is_an_error(serve: Serve, h2o_files: dict[str, Path]) -> None:
    content = bytearray(h2o_files["gbm_number.zip"].read_bytes())
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        start = made.getinfo("model.ini").header_offset + 60
    content[start : start + 40] = b"\xff" * 40
    with pytest.raises(LoadError, match=r"'m\.zip' is damaged, or no MOJO .*Exception: java"):
        serve({"m.zip": bytes(content)}, "regression")


def test_mojo_that_is_none_is_an_error(serve: Serve) -> None:
    with pytest.raises(LoadError, match=r"'m\.zip' is damaged, or no MOJO .*Exception: java"):
        serve({"m.zip": archive("model.ini")}, "regression")


def test_archive_of_data_is_nobodys_model(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path, {"a.zip": archive("data.csv"), "b.zip": archive("more.csv")})
    assert h2o.drum_detect(folder.path) is None
    assert scoring_code.drum_detect(folder.path) is None


def test_archive_of_data_does_not_stand_in_the_way(serve: Serve) -> None:
    with pytest.raises(NoArtifactError):
        serve({"a.zip": archive("data.csv")}, "regression")


# ------------------------------------------------------------------------------------- MOJO pipelines


def test_pipeline_without_its_runtime_names_the_jar(serve: Serve) -> None:
    with pytest.raises(
        PluginDependencyError, match=r"'p\.mojo' is a MOJO pipeline, which needs H2O's mojo2-runtime\.jar"
    ):
        serve({"p.mojo": archive("mojo/pipeline.pb")}, "regression")


def test_pipeline_without_a_licence_says_where_one_is_looked_for(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("DRIVERLESS_AI_LICENSE_FILE", "DRIVERLESS_AI_LICENSE_KEY"):
        monkeypatch.delenv(variable, raising=False)
    runtime = archive("ai/h2o/mojos/runtime/MojoPipeline.class")
    with pytest.raises(PluginDependencyError, match=r"DRIVERLESS_AI_LICENSE_FILE or .*_KEY, or put license\.sig"):
        serve({"p.mojo": archive("mojo/pipeline.pb"), "mojo2-runtime.jar": runtime}, "regression")


@pytest.mark.parametrize("licence", ["license.sig", "DRIVERLESS_AI_LICENSE_FILE", "DRIVERLESS_AI_LICENSE_KEY"])
def test_pipeline_with_all_it_needs_says_what_to_do(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, licence: str
) -> None:
    files = {"p.mojo": archive("mojo/pipeline.pb"), "r.jar": archive("ai/h2o/mojos/runtime/MojoPipeline.class")}
    if licence == "license.sig":
        files[licence] = b"signed"
    else:
        monkeypatch.setenv(licence, "signed")
    with pytest.raises(NoScorerError, match="does not score pipelines itself yet"):
        serve(files, "regression")


def test_mojo_may_be_called_so(serve: Serve, h2o_files: dict[str, Path]) -> None:
    serve({"m.mojo": h2o_files["gbm_number.zip"].read_bytes()}, "regression")
