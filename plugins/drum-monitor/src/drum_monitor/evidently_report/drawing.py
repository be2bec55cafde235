"""Have Evidently draw, in a process of its own, and write its page completely or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from drum.errors import ConfigError, OutputError, PluginDependencyError, PluginError
from drum_monitor.evidently_report.environment import ADVICE, clean_variables
from drum_monitor.evidently_report.standalone.draw import ABSENT

if TYPE_CHECKING:
    from drum_monitor.evidently_report.tables import Comparison

SCRIPT = Path(__file__).parent / "standalone" / "draw.py"


@contextmanager
def complete_file(target: Path) -> Iterator[Path]:
    """Give an empty file to write into; it gets the name ``target`` once all is well, and is removed otherwise.

    :raises OutputError: if it cannot be written.
    """
    if target.exists() and not target.is_file():
        raise OutputError(f"'{target}' is no file that could be replaced. Name a file.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
        os.close(descriptor)
    except OSError as error:
        raise _not_written(target, error) from error
    part = Path(name)
    try:
        yield part
        try:
            part.chmod(0o644)
            part.replace(target)
        except OSError as error:
            raise _not_written(target, error) from error
    finally:
        part.unlink(missing_ok=True)


def _not_written(target: Path, error: OSError) -> OutputError:
    return OutputError(f"'{target}' cannot be written: {error.strerror or error}.")


def draw(comparison: Comparison, python: Path, output: Path) -> None:
    """Write Evidently's page.

    :param python: an interpreter that has Evidently.
    :raises PluginDependencyError: if it has not.
    :raises PluginError: if Evidently fails.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with tempfile.TemporaryDirectory(prefix="drum-evidently-") as name:
        folder = Path(name)
        for file, table in (("reference", comparison.reference), ("current", comparison.current)):
            pq.write_table(pa.Table.from_pandas(table, preserve_index=False), folder / f"{file}.parquet")
        columns = {"numerical": comparison.numerical, "categorical": comparison.categorical}
        (folder / "columns.json").write_text(json.dumps(columns), encoding="utf-8")
        _run(python, folder, output)


def _run(python: Path, folder: Path, output: Path) -> None:
    try:
        done = subprocess.run(
            [str(python), str(SCRIPT), str(folder), str(output)], capture_output=True, text=True, errors="replace",
            check=False, env=clean_variables() | {"DO_NOT_TRACK": "1"},
        )  # fmt: skip
    except OSError as error:
        raise ConfigError(f"'{python}' cannot be run: {error.strerror or error}.") from error
    said = done.stderr.strip().splitlines() or [f"it ended with exit status {done.returncode} and said nothing"]
    if done.returncode == ABSENT:
        raise PluginDependencyError(f"'{python}' cannot import Evidently: {said[-1]}\n{ADVICE}")
    if done.returncode < 0:
        raise PluginError(f"Evidently's process was ended by signal {-done.returncode}: perhaps memory ran out.")
    if done.returncode or not output.stat().st_size:
        raise PluginError(f"Evidently could not draw the report: {said[-1]}", detail="\n".join(said[:-1]))
