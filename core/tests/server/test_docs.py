"""The page at ``/docs``: where it is, what comes with it, and that it needs nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from starlette.testclient import TestClient

from drum.server.docs import FILES, FOLDER
from drum.testing import CodeDir, client


@pytest.fixture(params=["", "/models/7"])
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[TestClient, str]]:
    folder = CodeDir(tmp_path / "m", {"custom.py": "def score(data, model): return data"})
    with client(folder, "regression", url_prefix=request.param) as http:
        yield http, f"{request.param}/docs"


@pytest.mark.parametrize("slash", ["", "/"])
def test_addresses_lead_to_our_own_routes(page: tuple[TestClient, str], slash: str) -> None:
    http, path = page
    html = http.get(path + slash).text
    (base,) = re.findall(r'<base href="(.*?)">', html)
    linked = re.findall(r'(?:href|src)="(docs/.*?)"', html)
    assert {name.removeprefix("docs/") for name in linked} == set(FILES)
    for relative in [*linked, "openapi.json", "info/", "health/"]:
        assert http.get(urljoin(urljoin(path + slash, base), relative)).status_code == 200


@pytest.mark.parametrize("name", ["", "/", *(f"/{name}" for name in FILES)])
def test_every_file_forbids_what_is_not_ours(page: tuple[TestClient, str], name: str) -> None:
    http, path = page
    answer = http.get(path + name)
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_media_types(page: tuple[TestClient, str]) -> None:
    http, path = page
    assert http.get(path).headers["Content-Type"] == "text/html; charset=utf-8"
    assert http.get(f"{path}/page.js").headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert http.get(f"{path}/icon.svg").headers["Content-Type"] == "image/svg+xml"


def test_only_its_own_files_are_served(page: tuple[TestClient, str]) -> None:
    http, path = page
    assert http.get(f"{path}/index.html").status_code == 404
    assert http.get(f"{path}/..%2fdocs.py").status_code == 404
    assert http.post(path).status_code == 405


def test_the_page_has_no_script_or_style_of_its_own() -> None:
    html = (FOLDER / "index.html").read_text()
    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?! type=\"module\" src=)", html) == []


def test_the_script_never_makes_markup_of_text() -> None:
    script = (FOLDER / "page.js").read_text()
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", script) == []
