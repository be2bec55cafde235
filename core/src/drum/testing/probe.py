"""What a runtime does in a process of its own, where nothing has been imported before.

Run as ``python -m drum.testing.probe QUESTION PLUGIN …``; the answer is a line of JSON on standard output.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

HEAVY = ("numpy", "pandas", "pyarrow", "scipy")


def ask(question: str, plugin: str, *arguments: str) -> Any:
    """Ask a question in a new process that sees the same modules as this one.

    :raises AssertionError: if the process fails; its standard error is the message.
    """
    command = [sys.executable, "-c", "import sys; sys.path[:] = sys.argv[1].split('\\n'); "
               "from drum.testing.probe import main; main(sys.argv[2:])",
               "\n".join(entry for entry in sys.path if entry), question, plugin, *arguments]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise AssertionError(f"asking '{question}' failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def main(arguments: Sequence[str]) -> None:
    """Answer one question."""
    question, *rest = arguments
    answers: dict[str, Callable[..., list[str]]] = {"imports": _imports, "detection": _detection, "missing": _missing}
    json.dump(answers[question](*rest), sys.stdout)


def _imports(plugin: str, framework: str) -> list[str]:
    """Return the heavy packages that importing the plugin brings in."""
    importlib.import_module(plugin)
    return [name for name in (*HEAVY, framework) if name and name in sys.modules]


def _detection(plugin: str, framework: str, *code_dirs: str) -> list[str]:
    """Return the frameworks that voting on the folders brings in."""
    from drum.types import ModelSpec, TargetType

    module = importlib.import_module(plugin)
    manager = _manager(module)
    before = set(sys.modules)
    for code_dir in map(Path, code_dirs):
        spec = ModelSpec(code_dir=code_dir, target_type=TargetType.REGRESSION)
        manager.hook.drum_detect(code_dir=code_dir, spec=spec)
    return sorted({framework, *HEAVY} & (set(sys.modules) - before))


def _missing(plugin: str, framework: str, code_dir: str, target_type: str, *labels: str) -> list[str]:
    """Return class and message of what a load raises where the framework cannot be imported."""
    from drum.errors import DrumError
    from drum.testing.scorers import scorer

    sys.meta_path.insert(0, _Missing(framework))
    try:
        scorer(code_dir, target_type, labels=labels or None, plugins=[importlib.import_module(plugin)]).load()
    except DrumError as error:
        return [type(error).__name__, str(error)]
    return ["nothing", ""]


class _Missing(MetaPathFinder):
    """Make one package look as if it were not installed."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname.partition(".")[0] == self._package:
            raise ModuleNotFoundError(f"No module named '{fullname}'", name=fullname)


def _manager(module: object) -> Any:
    from drum.plugins import PluginManager

    manager = PluginManager()
    manager.add(module, "probed")
    return manager
