"""The model on its way to the machines that score: its folder, its options, and what user code looks up."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum_ray.options import OPTIONS

if TYPE_CHECKING:
    from drum.engines import ScoringJob
    from drum.scorer import Scorer

STAYS_HERE = frozenset({
    "code_dir", "input", "output", "engine", "jobs", "batch_rows", "show_perf", "sparse_column_file", "query",
    "content_type", "runtime_params_file", "class_labels_file", *OPTIONS,
})  # fmt: skip
"""Options that say nothing about the model, or name a file of this machine whose content is sent."""
SAYS_NOTHING = frozenset({"verbose", "logging_level", "log_format", "show_stacktrace"})
"""Options that change no prediction."""
PARAMETER = "MLOPS_RUNTIME_PARAM_"
SKIPPED = frozenset({"__pycache__", ".git"})
BLOCK = 2**20


@dataclass(frozen=True, slots=True)
class ModelCopy:
    """What it takes to open a model elsewhere as it is opened here.

    ``folder`` is the code directory, if whoever opens it is on this machine; otherwise it comes as an archive.
    ``environment`` holds the runtime parameters and the plugins that are left out.
    """

    folder: Path | None
    options: Mapping[str, Any]
    environment: Mapping[str, str]

    def open(self, folder: Path) -> Scorer:
        """Open the model and load it.

        :param folder: the code directory, where it is now.
        :raises DrumError: if the model is not right.
        """
        import drum

        os.environ.update(self.environment)
        return drum.open(folder, options=self.options)


def copy_of_model(job: ScoringJob, *, is_near: bool) -> ModelCopy:
    """Note down what it takes to open the model of a job.

    :param is_near: whether it is opened on this machine.
    """
    options = {
        name: job.settings[name]
        for name in job.settings
        if name not in STAYS_HERE and not job.settings.is_default(name)
    }
    if not job.settings.is_default("class_labels_file"):
        options["class_labels"] = job.scorer.spec.labels
    return ModelCopy(
        folder=job.scorer.code_dir if is_near else None,
        options={**options, "jobs": 1},
        environment={**_parameters(), "DRUM_NO_PLUGINS": " ".join(job.left_out)},
    )


def _parameters() -> dict[str, str]:
    """Return the runtime parameters as given ones: where they go, the file that they came from may not be."""
    found = {}
    for name, text in os.environ.items():
        if name.startswith(PARAMETER):
            content = json.loads(text)
            found[name] = json.dumps({"type": content["type"], "payload": content["payload"]})
    return found


def packed(folder: Path) -> bytes:
    """Pack a code directory; what links lead to is packed itself."""
    body = BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_STORED) as archive:
        for path, name in _files(folder):
            archive.write(path, name)
    return body.getvalue()


def unpack(archive: bytes, folder: Path) -> None:
    """Put the code directory that was packed into a folder."""
    with zipfile.ZipFile(BytesIO(archive)) as content:
        content.extractall(folder)


def fingerprint(model: ModelCopy, folder: Path, *, batch_rows: int | None) -> Mapping[str, str]:
    """Return what tells runs apart: a digest of the model's files, and one of what decides how they are used."""
    files = hashlib.sha256()
    for path, name in _files(folder):
        files.update(f"{name}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                files.update(block)
    told = {name: str(value) for name, value in model.options.items() if name not in SAYS_NOTHING}
    options = json.dumps([told, dict(model.environment), batch_rows], sort_keys=True)
    return {"model": files.hexdigest(), "options": hashlib.sha256(options.encode()).hexdigest()}


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    for root, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(set(folders) - SKIPPED)
        for name in sorted(names):
            path = Path(root, name)
            yield path, str(path.relative_to(folder))
