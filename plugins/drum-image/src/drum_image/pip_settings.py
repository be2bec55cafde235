"""How pip reaches an index from here: its settings, and the certificates it trusts. Builds need them, images do not."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

PASSED_ON = ("index-url", "extra-index-url", "trusted-host", "proxy", "no-index", "timeout", "retries")
"""What may be said to a pip that runs elsewhere; folders of this machine, such as those of ``find-links``, may not."""
_CERTIFICATES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


def pip_settings() -> tuple[str, Path | None]:
    """Return the text of a ``pip.conf``, empty if there is nothing to say, and a bundle of certificates.

    Values may hold passwords: they must reach the build as secrets.
    """
    listed = _listed()
    lines = [f"{name} = {listed[name]}" for name in PASSED_ON if listed.get(name)]
    named = next((os.environ[name] for name in _CERTIFICATES if os.environ.get(name)), listed.get("cert"))
    bundle = Path(named) if named and Path(named).is_file() else None
    return "\n".join(["[global]", *lines, ""]) if lines else "", bundle


def _listed() -> dict[str, str]:
    """Return what ``pip config list`` says; where there are several, the environment's counts, and else the last."""
    done = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    found: dict[str, str] = {}
    for line in done.stdout.splitlines():
        key, is_setting, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if (
            is_setting
            and section in ("global", "wheel", "install", ":env:")
            and (section == ":env:" or name not in found)
        ):
            found[name] = _without_folders(name.removeprefix("default-"), str(ast.literal_eval(value)))
    return {name.removeprefix("default-"): value for name, value in found.items()}


def _without_folders(name: str, value: str) -> str:
    if not name.endswith("index-url"):
        return value
    return " ".join(url for url in value.split() if not url.startswith("file:"))
