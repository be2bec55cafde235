"""Whose objects a pickle holds, told without executing anything."""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickle
import struct
import sys
import zlib
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drum.pickles import pickled_package, pickled_packages

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda body: lzma.compress(body, format=lzma.FORMAT_ALONE),
    "zlib": zlib.compress,
    "zlib, fast": lambda body: zlib.compress(body, 1),
    "zlib, best": lambda body: zlib.compress(body, 9),
}


@pytest.fixture
def model_class(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], type]:
    """Return a function that makes a class of a module that may not be installed, for this test."""

    def make(module: str) -> type:
        kind = type("Model", (), {"__module__": module})
        for name in (module, *(module[:dot] for dot in range(len(module)) if module[dot] == ".")):
            fake = ModuleType(name)
            vars(fake)["Model"] = kind
            monkeypatch.setitem(sys.modules, name, fake)
        return kind

    return make


def write(folder: Path, body: bytes) -> Path:
    path = folder / "model.pkl"
    path.write_bytes(body)
    return path


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_package_is_that_of_the_pickled_object(
    tmp_path: Path, model_class: Callable[[str], type], protocol: int
) -> None:
    path = write(tmp_path, pickle.dumps(model_class("sklearn.linear_model._ridge")(), protocol))
    assert pickled_package(path) == "sklearn"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_packages_stand_in_order_of_appearance(
    tmp_path: Path, model_class: Callable[[str], type], protocol: int
) -> None:
    pipeline, scaler, own, booster = (
        model_class(name)() for name in ("sklearn.pipeline", "sklearn.preprocessing", "mypackage", "xgboost.sklearn")
    )
    vars(pipeline)["steps"] = [("scale", scaler), ("clean", own), ("predict", booster), ("clean again", own)]
    path = write(tmp_path, pickle.dumps(pipeline, protocol))
    assert pickled_packages(path) == ("sklearn", "mypackage", "xgboost")


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("value", [{"a": [1, "sklearn", None]}, OrderedDict(a=1), {1, 2}, b"sklearn", range(3)])
def test_plain_containers_are_of_no_package(tmp_path: Path, value: Any, protocol: int) -> None:
    path = write(tmp_path, pickle.dumps(value, protocol))
    assert (pickled_package(path), pickled_packages(path)) == (None, ())


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_container_is_of_the_package_of_what_it_holds(
    tmp_path: Path, model_class: Callable[[str], type], protocol: int
) -> None:
    held = OrderedDict(models=[model_class("lightgbm")()])
    assert pickled_package(write(tmp_path, pickle.dumps(held, protocol))) == "lightgbm"


@pytest.mark.parametrize("compress", COMPRESSIONS.values(), ids=COMPRESSIONS)
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_compressed_pickles_are_understood(
    tmp_path: Path, model_class: Callable[[str], type], compress: Callable[[bytes], bytes], protocol: int
) -> None:
    assert pickled_package(write(tmp_path, compress(pickle.dumps(model_class("sklearn.svm")(), protocol)))) == "sklearn"


@pytest.mark.parametrize("compress", COMPRESSIONS.values(), ids=COMPRESSIONS)
def test_broken_compression_is_of_no_package(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    assert pickled_package(write(tmp_path, compress(pickle.dumps(list(range(1000))))[:8])) is None
    assert pickled_package(write(tmp_path, compress(b"")[:2] + b"\x00" * 20)) is None


# ------------------------------------------------------------------------------------- joblib


def global_4(module: str) -> bytes:
    """Return the opcodes with which protocol 4 names the class ``Model`` of a module."""
    name = module.encode()
    return b"\x8c" + bytes([len(name)]) + name + b"\x94\x8c\x05Model\x94\x93"


def global_2(module: str) -> bytes:
    return f"c{module}\nModel\n".encode()


RAW = {
    "zeros": bytes(64),
    "doubles": struct.pack("<8d", *(1.5 * n for n in range(8))),
    "padding": b"\x07" + b"\xff" * 7 + bytes(16),
    "looks like the end of a pickle": b"." * 16,
    "looks like a giant of bytes": b"\x8e" + b"\x00" * 5 + b"\x01\x00\x00" + bytes(16),
    "looks like text": b"X\xff\xff\xff\x7f" + bytes(16),
    "looks like a line": b"c" + bytes(16),
}


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW)
@pytest.mark.parametrize(("start", "names"), [(b"\x80\x04", global_4), (b"\x80\x02", global_2)], ids=["4", "2"])
def test_array_bytes_between_the_opcodes_hide_nothing(
    tmp_path: Path, raw: bytes, start: bytes, names: Callable[[str], bytes]
) -> None:
    body = (
        start
        + names("sklearn.pipeline")
        + b")\x81}"
        + names("joblib.numpy_pickle")
        + raw
        + names("xgboost.core")
        + b")."
    )
    path = write(tmp_path, body)
    assert pickled_package(path) == "sklearn"
    assert pickled_packages(path) == ("sklearn", "xgboost")


def test_joblib_stream_is_understood_when_compressed(tmp_path: Path) -> None:
    body = b"\x80\x04" + global_4("numpy") + RAW["doubles"] + global_4("sklearn.svm") + b"."
    assert pickled_package(write(tmp_path, zlib.compress(body))) == "sklearn"


# ------------------------------------------------------------------------------------- not a pickle


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x80",
        b"age,income\n1,2\n",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        b"\x89PNG\r\n\x1a\n" + bytes(64),
        b"\x89HDF\r\n\x1a\n" + bytes(64),
        b"PK\x03\x04" + bytes(64),
        '{"a": "ü"}'.encode(),
        bytes(range(256)),
    ],
)
def test_what_is_no_pickle_is_of_no_package(tmp_path: Path, body: bytes) -> None:
    assert pickled_packages(write(tmp_path, body)) == ()


def test_missing_file_is_of_no_package(tmp_path: Path) -> None:
    assert pickled_package(tmp_path / "missing.pkl") is None


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_truncated_pickle_says_what_it_can(tmp_path: Path, model_class: Callable[[str], type], protocol: int) -> None:
    whole = pickle.dumps({"model": model_class("sklearn.svm")(), "weights": list(range(100))}, protocol)
    path = write(tmp_path, whole[:-20])
    assert pickled_package(path) == "sklearn"
    for length in range(0, len(whole), 7):
        assert set(pickled_packages(write(tmp_path, whole[:length]))) <= {"sklearn"}


@given(
    body=st.binary(max_size=400), start=st.sampled_from([b"", b"\x80\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x78"])
)
@settings(max_examples=300)
def test_any_bytes_give_an_answer(tmp_path_factory: pytest.TempPathFactory, body: bytes, start: bytes) -> None:
    path = write(tmp_path_factory.getbasetemp(), start + body)
    assert all(isinstance(package, str) for package in pickled_packages(path))


class Hostile:
    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._marker,)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nothing_is_executed(tmp_path: Path, protocol: int) -> None:
    marker = tmp_path / "executed"
    path = write(tmp_path, pickle.dumps(Hostile(marker), protocol))
    assert "pathlib" in pickled_packages(path)
    assert not marker.exists()
    pickle.loads(path.read_bytes())
    assert marker.exists(), "the pickle is as hostile as it should be"
