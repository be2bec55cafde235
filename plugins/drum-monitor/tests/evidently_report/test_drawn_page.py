"""The page that Evidently draws, seen by a browser."""

from __future__ import annotations

import os
import re
import shutil
import site
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from drum.testing import CodeDir, run_cli
from drum_monitor.evidently_report.tables import harmless
from drum_monitor.reference import write_reference
from drum_monitor.roles import Roles

HOSTILE = "</script><img src=x onerror=document.hacked=true>"
SWITCHES = ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "virtual-time-budget=20000")


class Seen(HTMLParser):
    """What a page shows: its texts but for scripts and styles, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self._inside = ""
        self._texts: list[str] = []
        self.feed(page)
        self.text = re.sub(r"\s+", " ", " ".join(self._texts))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside not in ("script", "style"):
            self._texts.append(data)


@pytest.fixture
def look(tmp_path: Path) -> Callable[[Path], Seen]:
    """Return a function that opens a file in a browser, off line, and returns what it shows once scripts have run."""
    browser = shutil.which("chromium")
    if browser is None:
        must_be_there = os.geteuid() == 0 or "CI" in os.environ
        (pytest.fail if must_be_there else pytest.skip)("chromium is missing: `make system` installs it.")

    def see(page: Path) -> Seen:
        switches = (*SWITCHES, f"user-data-dir={tmp_path / 'chromium'}", "host-resolver-rules=MAP * ~NOTFOUND")
        words = [browser, *(f"--{switch}" for switch in switches), "--dump-dom", page.as_uri()]
        return Seen(subprocess.run(words, check=True, capture_output=True, text=True).stdout)

    return see


def write_scored(model: CodeDir, folder: Path, name: str, shift: float) -> Path:
    """Score rows by ``drum monitor reference``, as a user would."""
    random = np.random.default_rng(5)
    data = pd.DataFrame({"age": random.normal(size=600) + shift, "income": random.exponential(size=600)})
    data.assign(churned=np.where(data["age"] > 0, "yes", "no")).to_csv(folder / f"{name}.csv", index=False)
    words = ["monitor", "reference", "--code-dir", model, "--input", folder / f"{name}.csv", "--target", "churned"]
    assert run_cli([*words, "--output", folder / f"{name}.parquet"]).exit_code == 0
    return folder / f"{name}.parquet"


def test_page_shows_every_column_and_which_drift(
    evidently: Path, model: CodeDir, tmp_path: Path, look: Callable[[Path], Seen]
) -> None:
    reference = write_scored(model, tmp_path, "reference", 0.0)
    current = write_scored(model, tmp_path, "current", 1.5)
    page = tmp_path / "pages/report.html"
    outcome = run_cli(
        [
            "monitor",
            "evidently",
            "--reference",
            reference,
            "--current",
            current,
            "--output",
            page,
            "--python",
            evidently,
        ]
    )
    assert (outcome.exit_code, outcome.err) == (0, "")
    assert outcome.out == f"Wrote '{page}': 600 rows beside 600 of the reference, 6 columns.\n"
    assert [path.name for path in page.parent.iterdir()] == ["report.html"]
    source, seen = page.read_text(encoding="utf-8"), look(page).text
    for name, kind, drift in [
        ("age", "num", "Detected"),
        ("income", "num", "Not Detected"),
        ("no", "num", "Detected"),
        ("yes", "num", "Detected"),
        ("predicted_class", "cat", "Detected"),
        ("churned", "cat", "Detected"),
    ]:
        assert f'"{name}"' in source
        assert f" {name} {kind} {drift} " in seen
    assert "number of rows 600 600" in seen


def test_what_clients_send_stays_text(evidently: Path, tmp_path: Path, look: Callable[[Path], Seen]) -> None:
    random = np.random.default_rng(2)
    rows = pd.DataFrame({HOSTILE: random.choice(["<=50", HOSTILE], size=100), "score": random.normal(size=100)})
    write_reference(rows, Roles(features=(HOSTILE,), prediction=("score",)), tmp_path / "references.parquet")
    rows.to_csv(tmp_path / "current.csv", index=False)
    outcome = run_cli([
        "monitor", "evidently", "--reference", tmp_path / "references.parquet", "--current", tmp_path / "current.csv",
        "--output", tmp_path / "report.html", "--python", evidently,
    ])  # fmt: skip
    assert outcome.exit_code == 0, outcome.err
    seen = look(tmp_path / "report.html")
    assert f"{harmless(HOSTILE)} cat Not Detected" in seen.text
    assert "<=50 " in seen.text
    assert "img" not in seen.tags


def test_page_replaces_an_older_one_whatever_pythonpath_says(
    evidently: Path, files: Path, evidently_report: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", site.getsitepackages()[0])
    (files / "report.html").write_text("old")
    outcome = evidently_report("--install")
    assert (outcome.exit_code, outcome.err) == (0, "")
    assert outcome.out.splitlines()[1] == (
        f"'{files / 'current.csv'}' has no column 'churned' with the true answer: it is left out."
    )
    assert '"plan"' in (files / "report.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in files.iterdir()) == ["current.csv", "references.parquet", "report.html"]
