"""What a file holds is told without Keras."""

import zipfile
from pathlib import Path

import pytest

from drum_keras.artifacts import Kind, kind_of


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89HDF\r\n\x1a\n....model_config....", Kind.HDF5),
        (b"\x89HDF\r\n\x1a\n....layer_names....", Kind.WEIGHTS),
        (b"PK\x03\x04 and nothing after it", None),
        (b"\x80\x04N.", None),
        (b"", None),
    ],
)
def test_first_bytes_tell(tmp_path: Path, content: bytes, kind: Kind | None) -> None:
    (tmp_path / "model.h5").write_bytes(content)
    assert kind_of(tmp_path / "model.h5") is kind


@pytest.mark.parametrize(("member", "kind"), [("config.json", Kind.ARCHIVE), ("word/document.xml", None)])
def test_members_tell(tmp_path: Path, member: str, kind: Kind | None) -> None:
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr(member, b"{}")
    assert kind_of(tmp_path / "model.keras") is kind


def test_file_that_cannot_be_read_is_nobodys(tmp_path: Path) -> None:
    assert kind_of(tmp_path / "missing.h5") is None
