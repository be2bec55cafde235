"""Decide what a code directory holds: plugins vote, the strongest vote wins.

Also the two functions with which a plugin looks at files: :func:`only_file` and
:func:`~drum.pickles.pickled_package`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from drum.errors import (
    AmbiguousArtifactError,
    ConfigError,
    HookContractError,
    LoadError,
    NoArtifactError,
    RuntimeNotInstalledError,
)
from drum.pickles import pickled_package, pickled_packages
from drum.plugins import PluginManager
from drum.types import Artifact, Detection, ModelSpec

__all__ = [
    "KNOWN_RUNTIMES",
    "LANGUAGES",
    "Vote",
    "detect",
    "install_line",
    "is_installed",
    "language_of",
    "nothing_found",
    "only_file",
    "pickled_package",
    "pickled_packages",
    "recognize",
]

log = logging.getLogger("drum.detection")

LANGUAGES = ("python", "r", "julia", "java")

KNOWN_RUNTIMES: dict[str, tuple[str, str]] = {
    ".pkl": ("drum-sklearn", "python"),
    ".pickle": ("drum-sklearn", "python"),
    ".joblib": ("drum-sklearn", "python"),
    ".skops": ("drum-sklearn", "python"),
    ".ubj": ("drum-xgboost[cpu]", "python"),
    ".model": ("drum-xgboost[cpu]", "python"),
    ".json": ("drum-xgboost[cpu]", "python"),
    ".pth": ("drum-torch", "python"),
    ".pt": ("drum-torch", "python"),
    ".pt2": ("drum-torch", "python"),
    ".safetensors": ("drum-torch", "python"),
    ".h5": ("drum-keras[cpu]", "python"),
    ".hdf5": ("drum-keras[cpu]", "python"),
    ".keras": ("drum-keras[cpu]", "python"),
    ".onnx": ("drum-onnx[cpu]", "python"),
    ".rds": ("drum-r[rpy2]", "r"),
    ".r": ("drum-r[rpy2]", "r"),
    ".jar": ("drum-java", "java"),
    ".java": ("drum-java[h2o]", "java"),
    ".zip": ("drum-java[h2o]", "java"),
    ".mojo": ("drum-java", "java"),
    ".pmml": ("drum-java[pmml]", "java"),
    ".jlso": ("drum-julia", "julia"),
    ".jls": ("drum-julia", "julia"),
    ".jl": ("drum-julia", "julia"),
}
"""Extension to what must be installed to score it, and its language: install hints, nothing else."""

_PACKAGE_RUNTIMES = {
    "xgboost": "drum-xgboost[cpu]",
    "torch": "drum-torch",
    "keras": "drum-keras[cpu]",
    "tensorflow": "drum-keras[cpu]",
}
"""Packages whose pickles have a plugin of their own."""
_DATA_EXTENSIONS = frozenset({".json", ".zip"})
"""Extensions that are as often plain data: on their own no proof of a model."""

_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
MULTIPLE_ARTIFACTS = (
    "Multiple serialized model files found. Remove extra artifacts or overwrite custom.load_model()"  # a quoted promise
)


@dataclass(frozen=True, slots=True)
class Vote:
    """A detection and the plugin that cast it."""

    plugin: object
    detection: Detection

    @property
    def artifact(self) -> Artifact:
        """Return what was detected, as the run will know it."""
        found = self.detection
        return Artifact(runtime=found.runtime, path=found.path, concurrency=found.concurrency)


def files_with(code_dir: Path, extensions: Iterable[str]) -> list[Path]:
    """Return the files at the top level of ``code_dir`` with one of the extensions, in any case, sorted."""
    wanted = {extension.lower() for extension in extensions}
    return sorted(path for path in code_dir.iterdir() if path.suffix.lower() in wanted and path.is_file())


def only_file(code_dir: Path, *extensions: str) -> Path | None:
    """Return the one file with one of the extensions, or ``None``.

    :param extensions: such as ``".pkl"``; the case of the file's extension does not matter.
    :raises AmbiguousArtifactError: if there are several.
    """
    found = files_with(code_dir, extensions)
    if len(found) > 1:
        raise AmbiguousArtifactError(f"{MULTIPLE_ARTIFACTS}: {', '.join(path.name for path in found)}.")
    return found[0] if found else None


def detect(manager: PluginManager, spec: ModelSpec, runtime: str | None, language: str | None) -> Vote | None:
    """Let the runtimes vote on the code directory and return the winner, or ``None`` without any vote.

    :param runtime: the only runtime whose vote counts, if given.
    :param language: the only language whose artifacts count, if given.
    :raises AmbiguousArtifactError: on a tie.
    :raises ConfigError: if the runtime that was asked for does not vote.
    :raises LoadError: if the artifact is empty or only a pointer to itself.
    """
    votes = list(_votes(manager, "drum_detect", {"code_dir": spec.code_dir, "spec": spec}, runtime))
    if language is not None:
        votes = [vote for vote in votes if language_of(vote.detection.path) == language]
    if runtime is not None:
        votes = _votes_for(runtime, votes, manager)
    winner = _strongest(votes)
    if winner is not None and winner.detection.path is not None:
        _check_readable(winner.detection.path)
    return winner


def recognize(manager: PluginManager, model: Any, runtime: str | None) -> Vote | None:
    """Let the runtimes vote on a model that custom code has loaded."""
    votes = list(_votes(manager, "drum_recognize", {"model": model}, runtime))
    return _strongest(_votes_for(runtime, votes, manager) if runtime is not None else votes)


def _votes(manager: PluginManager, hook: str, arguments: dict[str, object], runtime: str | None) -> Iterable[Vote]:
    for name, ask in manager.each(hook):
        try:
            detections = ask(**arguments)
        except AmbiguousArtifactError:
            if runtime in (None, name):
                raise
            continue  # undecided, but not asked for either
        for detection in detections:
            if not isinstance(detection, Detection):
                raise HookContractError(
                    f"Plugin '{name}' must return a Detection or None from {hook}, not {detection!r}."
                )
            yield Vote(manager.get_plugin(name), detection)


def _votes_for(runtime: str, votes: list[Vote], manager: PluginManager) -> list[Vote]:
    chosen = [vote for vote in votes if vote.detection.runtime == runtime]
    if not chosen:
        names = {str(manager.get_name(plugin)) for plugin in manager.runtimes()} | {v.detection.runtime for v in votes}
        raise ConfigError(
            f"Runtime '{runtime}' (from --runtime or $RUNTIME) finds nothing to score here. "
            f"Installed are: {', '.join(sorted(names)) or 'none'}."
        )
    return chosen


def language_of(artifact: Path | None) -> str:
    """Return the language of an artifact, by its extension; custom code without one is Python's."""
    suffix = artifact.suffix.lower() if artifact else ""
    return KNOWN_RUNTIMES.get(suffix, ("", "python"))[1]


def _strongest(votes: list[Vote]) -> Vote | None:
    if not votes:
        return None
    best = max(vote.detection.match for vote in votes)
    winners = [vote for vote in votes if vote.detection.match == best]
    if len(winners) == 1:
        return winners[0]
    paths = {vote.detection.path for vote in winners}
    ballot = ", ".join(_describe(vote.detection) for vote in winners)
    if len(paths) > 1:
        raise AmbiguousArtifactError(f"{MULTIPLE_ARTIFACTS}: {ballot}.")
    raise AmbiguousArtifactError(f"Several runtimes want this artifact: {ballot}. Choose one with --runtime NAME.")


def _describe(detection: Detection) -> str:
    where = detection.path.name if detection.path else "the model"
    note = f", {detection.note}" if detection.note else ""
    return f"{where} ({detection.runtime}, {detection.match.name.lower()}{note})"


def _check_readable(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(len(_LFS_POINTER))
    except OSError as error:
        raise LoadError(f"'{path.name}' cannot be read: {error.strerror}.") from error
    if not head:
        raise LoadError(f"'{path.name}' is empty (0 bytes). Save the model again.")
    if head == _LFS_POINTER:
        raise LoadError(f"'{path.name}' is a Git-LFS pointer, not the model itself. Run 'git lfs pull' to fetch it.")


def nothing_found(code_dir: Path, hook: str | None = None) -> Exception:
    """Return the error that explains why nobody voted: what to install, or what to add.

    :param hook: the hook that the folder's custom code would have to define to do without an artifact.
    """
    files = list(files_with(code_dir, KNOWN_RUNTIMES))
    for path in files:
        _check_readable(path)
    sure = [path for path in files if path.suffix.lower() not in _DATA_EXTENSIONS]
    if sure:
        return RuntimeNotInstalledError(_why_nobody_scores(sure[0]))
    perhaps = "".join(f" If it is the model: {_why_nobody_scores(path)}" for path in files if _may_be_a_model(path))
    if hook is not None:
        return NoArtifactError(
            f"'{code_dir}' holds no model artifact, and its custom.py has no '{hook}' hook to do without one. "
            f"Add one of them.{perhaps}"
        )
    return NoArtifactError(
        f"'{code_dir}' holds neither a model artifact nor a custom.py. Add a serialized model "
        f"({', '.join(sorted(KNOWN_RUNTIMES))}) or a custom.py with a 'score' hook; 'drum new model' writes "
        f"one.{perhaps}"
    )


def _may_be_a_model(path: Path) -> bool:
    """Tell whether a file that could as well be data looks like an archive of H2O's, or a model of XGBoost's."""
    with path.open("rb") as file:
        head = file.read(2**12)
    return head.startswith(b"PK") or b'"learner"' in head


def _why_nobody_scores(path: Path) -> str:
    """Say that the plugin for a file is missing, or that it is there and takes the file for something else."""
    needed = _requirement_for(path)
    distribution = needed.partition("[")[0]
    if not is_installed(distribution):
        return f"'{path.name}' needs {distribution}, which is not installed. Run: {install_line(needed)}"
    return (
        f"'{path.name}' is nothing that {distribution} recognises, though it is installed: the file may be damaged, of "
        "another kind, or the plugin left out with --no-plugin."
    )


def _requirement_for(path: Path) -> str:
    package = pickled_package(path) if path.suffix.lower() in (".pkl", ".pickle", ".joblib") else None
    return _PACKAGE_RUNTIMES.get(package or "", KNOWN_RUNTIMES[path.suffix.lower()][0])


def is_installed(distribution: str) -> bool:
    """Tell whether a plugin's distribution is there, whoever has left its plugin out of this run."""
    try:
        metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def install_line(requirement: str) -> str:
    """Return the command that installs a requirement, in quotes where a shell would take it for a pattern."""
    return f"pip install '{requirement}'" if "[" in requirement else f"pip install {requirement}"
