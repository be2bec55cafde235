"""What a file holds is told by its members, without torch."""

import zipfile
from pathlib import Path

import pytest

from drum_torch.archives import Kind, kind_of


def zipped(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"")
    return path


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (("model/data.pkl", "model/data/0", "model/version"), Kind.PICKLE),
        (("archive/data.pkl", "archive/constants.pkl", "archive/code/__torch__/net.py"), Kind.SCRIPT),
        (("model/models/model.json", "model/data/weights/weight_0", "model/archive_format"), Kind.PROGRAM),
        (("serialized_exported_program.json", "serialized_state_dict.pt", "version"), Kind.PROGRAM),
        (("model/data/aotinductor/model/model.so", "model/archive_format"), Kind.LIBRARY),
        (("word/document.xml",), None),
        ((), None),
    ],
)
def test_members_tell(tmp_path: Path, names: tuple[str, ...], kind: Kind | None) -> None:
    assert kind_of(zipped(tmp_path / "model.pt", *names)) is kind


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.", Kind.PICKLE),
        (b"\x02\x00\x00\x00\x00\x00\x00\x00{}", Kind.WEIGHTS),
        (b"\xff\x00\x00\x00\x00\x00\x00\x00{}", None),
        (b"PK\x03\x04 and nothing after it", None),
        (b"\x80\x04N.", None),
        (b"import numpy", None),
        (b"", None),
    ],
)
def test_first_bytes_tell(tmp_path: Path, content: bytes, kind: Kind | None) -> None:
    (tmp_path / "model.pth").write_bytes(content)
    assert kind_of(tmp_path / "model.pth") is kind


def test_file_that_cannot_be_read_is_nobodys(tmp_path: Path) -> None:
    assert kind_of(tmp_path / "missing.pt") is None
