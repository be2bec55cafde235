"""Damaged and hostile archives."""

import io
import re
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import drum
from drum.errors import LoadError, NoArtifactError
from drum.scorer import Scorer
from drum.testing import CodeDir
from drum_java import h2o, scoring_code

Serve = Callable[..., Scorer]

WEIGHTS = np.random.default_rng(4).integers(0, 32, 3000).astype(np.uint8).tobytes()
"""Without repetitions: where content repeats itself, a flipped bit may lead to another copy of the same bytes."""


def archive(*names: str, compression: int = zipfile.ZIP_STORED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as made:
        for name in names:
            made.writestr(name, WEIGHTS if name == "weights" else "[info]\nalgo = gbm\n" * 50)
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


def flipped(content: bytes, member: str) -> Iterator[bytes]:
    """Yield an archive with one bit flipped in the compressed data of a member, at one place after the other.

    The very first bit stays: it says whether more blocks follow, and the content is the same without it.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        entry = made.getinfo(member)
    start = entry.header_offset + 30 + sum(struct.unpack_from("<HH", content, entry.header_offset + 26))
    for number in range(1, 12):
        changed = bytearray(content)
        changed[start + entry.compress_size * number // 12] ^= 1 << number % 8
        yield bytes(changed)


@pytest.mark.parametrize("member", ["model.ini", "trees/t00_003.bin"])
def test_mojo_with_a_flipped_bit_is_never_scored(tmp_path: Path, h2o_files: dict[str, Path], member: str) -> None:
    for content in flipped(h2o_files["gbm_number.zip"].read_bytes(), member):
        folder = CodeDir(tmp_path / "code", {"m.zip": content})
        with pytest.raises(LoadError, match=rf"'m\.zip' is damaged: '{member}' in it cannot be read \(.*\)\. Save"):
            drum.open(folder, target_type="regression")


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("extension", ["zip", "mojo", "jar"])
def test_archive_with_a_flipped_bit_names_the_member(tmp_path: Path, extension: str, compression: int) -> None:
    service = "META-INF/services/com.datarobot.prediction.IPredictorInfo"
    for content in flipped(archive("model.ini", service, "weights", compression=compression), "weights"):
        folder = CodeDir(tmp_path / "code", {f"m.{extension}": content})
        with pytest.raises(LoadError, match=rf"'m\.{extension}' is damaged: 'weights' in it"):
            drum.open(folder, target_type="regression")


def test_content_that_cannot_be_told_is_damaged(tmp_path: Path) -> None:
    """Encrypted, or compressed in a way that neither Python nor Java knows, as a flipped bit in the directory says."""
    content = archive("model.ini")
    directory = content.rindex(b"PK\x01\x02")
    for place, bit in ((8, 1), (10, 64)):  # flags, compression
        changed = bytearray(content)
        changed[directory + place] ^= bit
        folder = CodeDir(tmp_path / "code", {"m.zip": bytes(changed)})
        with pytest.raises(LoadError, match=r"'m\.zip' is damaged: 'model\.ini' in it cannot be read"):
            drum.open(folder, target_type="regression")


def test_mojo_that_is_none_says_what_h2o_says(serve: Serve) -> None:
    with pytest.raises(LoadError, match=r"'m\.zip' cannot be loaded by H2O's library\. Exception: .*: Unable to find"):
        serve({"m.zip": archive("model.ini")}, "regression")


def test_mojo_of_a_newer_version_says_what_h2o_says(serve: Serve, h2o_files: dict[str, Path]) -> None:
    newer = io.BytesIO()
    with zipfile.ZipFile(h2o_files["gbm_number.zip"]) as old, zipfile.ZipFile(newer, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, re.sub(rb"(?m)^mojo_version = .*$", b"mojo_version = 99.00", content))
    with pytest.raises(LoadError) as caught:
        serve({"m.zip": newer.getvalue()}, "regression")
    assert caught.value.message.startswith(
        "'m.zip' cannot be loaded by H2O's library. Exception: java.io.IOException: MOJO version incompatibility"
    )


def test_archive_of_data_is_nobodys_model(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path, {"a.zip": archive("data.csv"), "b.zip": archive("more.csv")})
    assert h2o.drum_detect(folder.path) is None
    assert scoring_code.drum_detect(folder.path) is None


def test_archive_of_data_does_not_stand_in_the_way(serve: Serve) -> None:
    with pytest.raises(NoArtifactError):
        serve({"a.zip": archive("data.csv")}, "regression")


def test_mojo_may_be_called_so(serve: Serve, h2o_files: dict[str, Path]) -> None:
    serve({"m.mojo": h2o_files["gbm_number.zip"].read_bytes()}, "regression")
