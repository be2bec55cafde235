"""A real browser, and the page at ``/docs`` in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from servers import wait_until

SWITCHES = (
    "headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu", "disable-quic", "no-first-run",
    "disable-background-networking", "disable-component-update", "disable-sync",
)  # fmt: skip
"""Without its sandbox, which neither root nor most containers may have; it sees no pages but ours."""


@contextmanager
def chromium(profile: Path) -> Iterator[webdriver.Chrome]:
    """Start Chromium; skip the test where it is missing and nobody may install it."""
    options = webdriver.ChromeOptions()
    options.binary_location, driver = installed("chromium"), installed("chromedriver")
    for switch in (*SWITCHES, f"user-data-dir={profile}"):
        options.add_argument(f"--{switch}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with webdriver.Chrome(options, webdriver.ChromeService(driver)) as running:
        yield running


def installed(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        must_be_there = os.geteuid() == 0 or "CI" in os.environ
        (pytest.fail if must_be_there else pytest.skip)(f"{program} is missing: `make system` installs it.")
    return path


class Page:
    """The page in a browser: what a person does with it, and what can be seen of it."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, url: str) -> Page:
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(url)
        wait_until(lambda: self.text("state") != "Asking the server …")
        return self

    def __getitem__(self, name: str) -> WebElement:
        return self.driver.find_element(By.ID, name)

    def text(self, name: str) -> str:
        return self[name].text

    def code(self, name: str) -> str:
        """Return a text to the letter, hidden or not."""
        return str(self[name].get_property("textContent"))

    def choose(self, source: str) -> None:
        self.driver.find_element(By.CSS_SELECTOR, f"[value={source}] + span").click()

    def field(self, label: str) -> WebElement:
        (control,) = [one for one in self.controls() if one.accessible_name == label]
        return control

    def controls(self) -> list[WebElement]:
        found = self.driver.find_elements(By.CSS_SELECTOR, "#question :is(input, select, textarea, button)")
        return [control for control in found if control.is_displayed()]

    def type(self, text: str, name: str = "text") -> None:
        self[name].clear()
        self[name].send_keys(text)

    def send(self) -> str:
        """Press the button; return the status that came."""
        self["send"].click()
        return self.status()

    def status(self) -> str:
        wait_until(lambda: self.text("summary") not in ("Nothing has been sent yet", "Waiting …"))
        return self.text("summary").partition(" in ")[0]

    def table(self) -> list[list[str]]:
        rows = self.driver.find_elements(By.CSS_SELECTOR, "#predictions tr")
        return [[cell.text for cell in row.find_elements(By.CSS_SELECTOR, "th, td")] for row in rows]

    def script(self, code: str) -> Any:
        return self.driver.execute_script(f"return {code}")

    def requested(self) -> list[str]:
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [one["params"] for one in messages if one["method"] == "Network.requestWillBeSent"]
        return [one["request"]["url"] for one in sent]

    def look(self, **features: str) -> None:
        asked = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": asked})

    @contextmanager
    def wide(self, pixels: int) -> Iterator[None]:
        size = {"width": pixels, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        yield
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
