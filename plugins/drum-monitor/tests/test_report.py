"""The page at ``/report`` in a real browser: its plots, its links, and that it fetches nothing from elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import uvicorn
from selenium import webdriver
from selenium.webdriver.common.by import By

from drum_monitor.serving.app import create_app
from drum_monitor.serving.command import open_engine
from drum_monitor.serving.configuration import Configuration
from drum_monitor.serving.engine import Engine
from drum_monitor.serving.watch import Rows

SWITCHES = (
    "headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu", "no-first-run", "disable-sync",
    "disable-background-networking", "disable-component-update",
)  # fmt: skip
HOSTILE = "<img src=x onerror=document.hacked=true>"
MONITORS = ("data_drift", "prediction_drift", "data_quality", "cat_target_drift", "classification_performance")
Draw = Callable[..., pd.DataFrame]


def installed(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        must_be_there = os.geteuid() == 0 or "CI" in os.environ
        (pytest.fail if must_be_there else pytest.skip)(f"{program} is missing: `make system` installs it.")
    return path


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location, program = installed("chromium"), installed("chromedriver")
    for switch in (*SWITCHES, f"user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(f"--{switch}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with webdriver.Chrome(options, webdriver.ChromeService(program)) as running:
        yield running


@contextmanager
def served(engine: Engine) -> Iterator[str]:
    """Serve an engine on a free port, in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(create_app(engine), ws="none", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def page(
    driver: webdriver.Chrome, configured: Callable[..., Configuration], rows: Draw, table: pd.DataFrame
) -> Iterator[Any]:
    """Return the browser with the page of a drifting window, after two verdicts."""
    engine = open_engine(configured(monitors=MONITORS))
    engine.watch.take(Rows(table[:200]))
    for shift in (0.0, 2.0):
        engine.watch.take(Rows(rows(200, shift).assign(plan=HOSTILE if shift else "pro")))
        engine.shown = engine._look()
    with served(engine) as url:
        driver.get_log("performance")
        driver.get_log("browser")
        driver.get(f"{url}/report")
        yield driver


def texts(driver: webdriver.Chrome, selector: str) -> list[str]:
    return [element.text for element in driver.find_elements(By.CSS_SELECTOR, selector)]


def test_page_says_what_drifts(page: webdriver.Chrome) -> None:
    assert texts(page, "#state") == ["drift"]
    assert "of 7 columns drift" in texts(page, "#summary")[0]
    table = {cells[0]: cells[-1] for cells in (row.split() for row in texts(page, "#columns tbody tr"))}
    assert (table["age"], table["plan"], table["income"]) == ("drift", "drift", "ok")
    assert any("plan unseen" in row for row in texts(page, "#quality tr"))


def test_every_plot_is_drawn(page: webdriver.Chrome) -> None:
    labels = [svg.get_attribute("aria-label") for svg in page.find_elements(By.TAG_NAME, "svg")]
    assert "Drift of the features over time" in labels
    assert "Drift of the predictions over time" in labels
    assert "age: reference and window" in labels
    assert "accuracy over time" in labels
    course = page.find_element(By.CSS_SELECTOR, "#feature svg polyline")
    assert len(course.get_attribute("points").split()) == 2
    assert course.rect["height"] > 10
    bars = page.find_elements(By.CSS_SELECTOR, "#feature figure:first-of-type rect.cur")
    assert max(bar.rect["height"] for bar in bars) > 50


def test_a_column_has_a_page_of_its_own(page: webdriver.Chrome) -> None:
    page.find_element(By.LINK_TEXT, "age").click()
    assert texts(page, "#column h2") == ["age"]
    assert {row.split()[0] for row in texts(page, "#column tbody tr")} == {
        "psi", "mann_whitney", "ks", "wasserstein", "jensen_shannon",
    }  # fmt: skip
    page.find_element(By.LINK_TEXT, "All columns").click()
    assert texts(page, "#state") == ["drift"]


def test_nothing_is_fetched_from_elsewhere_and_nothing_fails(page: webdriver.Chrome) -> None:
    messages = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    asked = [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
    assert {url for url in asked if not url.startswith("data:")} == {page.current_url}
    assert page.get_log("browser") == []


def test_what_clients_send_stays_text(page: webdriver.Chrome) -> None:
    page.get(page.current_url + "?column=" + HOSTILE)
    assert texts(page, "#column h2") == [HOSTILE]
    assert page.execute_script("return document.hacked") is None
    assert page.find_elements(By.TAG_NAME, "img") == []


def test_a_page_without_a_verdict_says_why(
    driver: webdriver.Chrome, configured: Callable[..., Configuration], tmp_path: Path
) -> None:
    with served(open_engine(configured())) as url:
        driver.get(url)
        assert texts(driver, "#state") == ["warming"]
        assert texts(driver, "#summary") == ["There are not enough rows in the window yet."]
