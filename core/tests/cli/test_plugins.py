"""``drum plugins``: a table for people, JSON for programs."""

from __future__ import annotations

import json

import drum
from drum.testing import run_cli


def test_table_lists_the_formats() -> None:
    out = run_cli(["plugins"]).out
    assert all(f"{name} (drum-core)" in out for name in ("csv", "json", "arrow", "parquet", "mtx"))


def test_json() -> None:
    rows = {row["name"]: row for row in json.loads(run_cli(["plugins", "--json"]).out)}
    assert rows["csv"] == {
        "name": "csv",
        "distribution": "drum-core",
        "version": drum.__version__,
        "hooks": ["drum_read_input", "drum_write_output"],
        "artifacts": [],
    }
