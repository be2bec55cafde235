"""A result is complete or absent, and what was there before survives every error."""

from __future__ import annotations

import io
import os
import stat
import tempfile
import threading
from pathlib import Path
from typing import BinaryIO

import pytest

from drum.batch.output import pending_output
from drum.errors import OutputError


def write(target: Path, data: bytes = b"new") -> None:
    with pending_output(target) as output:
        output.write(data)
        output.deliver()


def write_half(target: Path | BinaryIO) -> None:
    with pending_output(target) as output:
        output.write(b"half")
        raise KeyboardInterrupt


def test_a_file_appears_when_it_is_delivered(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    with pending_output(target) as output:
        output.write(b"a")
        output.write(b"b")
        assert not target.exists()
        output.deliver()
    assert target.read_bytes() == b"ab"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("old", [None, b"old"])
def test_without_delivery_nothing_has_happened(tmp_path: Path, old: bytes | None) -> None:
    target = tmp_path / "out.csv"
    if old is not None:
        target.write_bytes(old)
    with pytest.raises(KeyboardInterrupt):
        write_half(target)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == ([] if old is None else [old])


def test_a_restart_forgets_what_was_written(tmp_path: Path) -> None:
    with pending_output(tmp_path / "out.csv") as output:
        output.write(b"wrong, and longer")
        output.restart()
        output.write(b"right")
        output.deliver()
    assert (tmp_path / "out.csv").read_bytes() == b"right"


def test_the_mode_is_that_of_the_old_file_or_what_the_umask_leaves(tmp_path: Path) -> None:
    (tmp_path / "old").touch(mode=0o640)
    before = os.umask(0o027)
    try:
        write(tmp_path / "old")
        write(tmp_path / "new")
    finally:
        os.umask(before)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("old", "new")] == [0o640, 0o640]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data" / "real")
    write(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "data" / "real").read_bytes() == b"new"


def test_a_very_long_name_is_no_hindrance(tmp_path: Path) -> None:
    write(tmp_path / ("x" * 255))
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [(".", "is a folder"), ("missing/out.csv", "there is no folder"), ("file/out.csv", "there is no folder")],
)
def test_a_place_where_nothing_can_be_written_is_refused_at_once(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=message), pending_output(tmp_path / name):
        raise AssertionError("the work must not begin")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_without_permission_is_refused_at_once(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied"), pending_output(tmp_path / "out.csv"):
        raise AssertionError("the work must not begin")


def test_a_full_device_is_an_error_that_names_it() -> None:
    with pytest.raises(OutputError, match="'/dev/full': No space left on device"):
        write(Path("/dev/full"))


def test_a_pipe_gets_everything_at_the_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write(tmp_path / "pipe", b"x" * 300_000)
    reader.join()
    assert received == [b"x" * 300_000]


def test_a_stream_gets_everything_or_nothing() -> None:
    stream = io.BytesIO()
    with pytest.raises(KeyboardInterrupt):
        write_half(stream)
    assert stream.getvalue() == b""
    with pending_output(stream) as output:
        output.write(b"wrong")
        output.restart()
        output.write(b"all")
        output.deliver()
    assert stream.getvalue() == b"all"


def test_a_reader_that_has_gone_is_an_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as stream, pending_output(stream) as output:
        output.write(b"new")
        with pytest.raises(OutputError, match="The reader of standard output left before all"):
            output.deliver()


def test_no_room_for_a_temporary_file_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(OutputError, match="No space left"), pending_output(io.BytesIO()):
        raise AssertionError("the work must not begin")
