"""Wheels without tests and symbols are still whole wheels."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import drum_image

SCRIPT = Path(drum_image.__file__).parent / "containers" / "scripts" / "slim_wheels.py"
TAGS = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def wheel(folder: Path, name: str, files: dict[str, str]) -> Path:
    """Write a wheel with a record that is right."""
    info = f"{name}-1.0.dist-info"
    files |= {f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", f"{info}/WHEEL": TAGS}
    named = {path: f'"{path}"' if "," in path else path for path in files}
    record = [f"{named[path]},sha256={_hash(text)},{len(text)}" for path, text in files.items()]
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
        archive.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,", ""]))
    return path


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def slim(folder: Path) -> None:
    subprocess.run([sys.executable, SCRIPT, folder], check=True)


def test_tests_and_headers_go_and_the_record_says_so(tmp_path: Path) -> None:
    path = wheel(
        tmp_path, "numpy",
        {"numpy/__init__.py": "A = 1\n", "numpy/tests/test_a.py": "", "numpy/testing/__init__.py": "B = 2\n",
         "numpy/_core/include/a.h": "", "numpy/core.pyi": "", "numpy/a,b.txt": "c"},
    )  # fmt: skip
    slim(tmp_path)
    kept = {name for name in zipfile.ZipFile(path).namelist() if ".dist-info/" not in name}
    assert kept == {"numpy/__init__.py", "numpy/testing/__init__.py", "numpy/a,b.txt"}
    target = tmp_path / "installed"
    words = ["install", "-q", "--no-index", "--no-deps", "--target", target, path]
    subprocess.run([sys.executable, "-m", "pip", *words], check=True)
    recorded = (target / "numpy-1.0.dist-info" / "RECORD").read_text()
    assert "numpy/testing/__init__.py" in recorded
    assert "test_a" not in recorded


def test_what_others_call_tests_stays(tmp_path: Path) -> None:
    path = wheel(tmp_path, "astropy", {"astropy/__init__.py": "", "astropy/tests/runner.py": ""})
    before = path.read_bytes()
    slim(tmp_path)
    assert path.read_bytes() == before
