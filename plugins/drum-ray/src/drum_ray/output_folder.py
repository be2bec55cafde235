"""The folder of predictions: whose it is, what is there already, and when it is complete.

Beside a file for each partition it holds ``_drum.json``, which says what the predictions were made from,
``_FAILED.json`` with the partitions that failed, if any, and at the end ``_SUCCESS``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from drum.errors import OutputError
from drum_ray.locations import Location, refusing
from drum_ray.partitions import Partition

PLAN, FAILED, SUCCESS = "_drum.json", "_FAILED.json", "_SUCCESS"
OURS = frozenset({PLAN, FAILED, SUCCESS})
UNFINISHED = ".part"
WHAT = {
    "model": "made from another model",
    "options": "made with other options",
    "types": "made from input of other types",
    "format": "in another format",
}


class OutputFolder:
    """A folder that is empty, or in which an earlier run has left the same predictions.

    :param identity: what the predictions are made from, by the keys of :data:`WHAT` but for the types.
    :raises OutputError: if it cannot be reached, or holds something else.
    """

    def __init__(self, location: Location, partitions: Sequence[Partition], identity: Mapping[str, str]) -> None:
        self._location = location
        self._identity = dict(identity)
        self._extension = "." + identity["format"]
        self._names = {one.number: one.output_name(len(partitions), self._extension) for one in partitions}
        self._inputs = {one.name: [one.size, one.modified] for one in partitions}
        self._partitions = partitions
        self._present = self._list()
        self._plan = self._read_plan()

    # -- what is there

    @property
    def is_complete(self) -> bool:
        """Tell whether nothing is left to do; what has failed is tried again."""
        return SUCCESS in self._present and FAILED not in self._present

    @property
    def unfinished(self) -> list[Partition]:
        """The partitions that have no predictions yet."""
        return [one for one in self._partitions if self._names[one.number] not in self._present]

    def place_of(self, partition: Partition) -> Location:
        """Return where the predictions for a partition go."""
        return self._location.child(self._names[partition.number])

    def _list(self) -> frozenset[str]:
        import pyarrow.fs as fs

        with refusing(self._location.text, OutputError):
            if self._location.filesystem.get_file_info(self._location.path).type == fs.FileType.File:
                raise OutputError(f"'{self._location.text}' is a file. Name a folder for the files of predictions.")
            selector = fs.FileSelector(self._location.path, allow_not_found=True)
            return frozenset(one.base_name for one in self._location.filesystem.get_file_info(selector))

    def _read_plan(self) -> Mapping[str, Any]:
        names = {name for name in self._present if not name.endswith(UNFINISHED)}
        if PLAN not in names:
            if names:
                self._refuse(f"is not empty: it holds '{min(names)}'")
            return {}
        plan = self._read(PLAN)
        self._check_identity(plan, self._identity)
        foreign = names - OURS - set(self._names.values())
        if plan.get("inputs", {}).keys() != self._inputs.keys() or foreign:
            self._refuse("holds predictions for other input files")
        done = {one.name for one in self._partitions if self._names[one.number] in self._present}
        changed = [name for name in done if plan["inputs"][name] != self._inputs[name]]
        if changed:
            self._refuse(f"holds predictions for '{min(changed)}' as it was before it was changed")
        return plan

    def _check_identity(self, plan: Mapping[str, Any], identity: Mapping[str, str]) -> None:
        for key, value in identity.items():
            if plan.get(key) != value:
                self._refuse(f"holds predictions {WHAT[key]}")

    def _refuse(self, why: str) -> None:
        raise OutputError(f"The folder '{self._location.text}' {why}. Name another one, or empty it.")

    # -- what is done to it

    def begin(self, types: str) -> None:
        """Write down what the predictions are made from, before there are any.

        :param types: a digest of the types of the input, which all predictions depend on.
        :raises OutputError: if predictions that are there were made with other types, or nothing can be written.
        """
        identity = {**self._identity, "types": types}
        if self._plan and len(self.unfinished) < len(self._partitions):
            self._check_identity(self._plan, identity)
        with refusing(self._location.text, OutputError):
            self._location.filesystem.create_dir(self._location.path)
            if SUCCESS in self._present:
                self._location.filesystem.delete_file(self._location.child(SUCCESS).path)
        self._write(PLAN, {**identity, "inputs": self._inputs})

    def finish(self, failures: Mapping[str, str], *, is_success: bool) -> None:
        """Tidy up; list the failures, and say whether the predictions are complete.

        :raises OutputError: if nothing can be written.
        """
        for name in self._list():
            if name.endswith(UNFINISHED) or (name == FAILED and not failures):
                with refusing(self._location.text, OutputError):
                    self._location.filesystem.delete_file(self._location.child(name).path)
        if failures:
            self._write(FAILED, failures)
        if is_success:
            self._write(SUCCESS, None)

    def _read(self, name: str) -> Mapping[str, Any]:
        place = self._location.child(name)
        with refusing(place.text, OutputError), place.filesystem.open_input_stream(place.path) as file:
            text = file.read()
        try:
            content: Mapping[str, Any] = json.loads(text)
        except ValueError:
            self._refuse(f"holds a {name} that is none of ours")
        return content

    def _write(self, name: str, content: object) -> None:
        text = b"" if content is None else json.dumps(content, indent=1, ensure_ascii=False).encode()
        with delivered(self._location.child(name)) as path:
            path.write_bytes(text)


@contextmanager
def delivered(place: Location) -> Iterator[Path]:
    """Yield a path to write a file to; afterwards the file appears in its place, complete or not at all.

    :raises OutputError: if it cannot be written there.
    """
    with TemporaryDirectory(prefix="drum-out-") as folder:
        path = Path(folder, place.path.rpartition("/")[2])
        yield path
        if path.exists():
            upload(path, place)


def upload(path: Path, place: Location) -> None:
    """Copy a file to its place, where nobody sees it before it is complete.

    :raises OutputError: if that fails.
    """
    import pyarrow.fs as fs

    target = place.path if place.replaces_at_once else _beside(place.path)
    with refusing(place.text, OutputError):
        fs.copy_files(
            str(path), target, source_filesystem=fs.LocalFileSystem(), destination_filesystem=place.filesystem
        )
        if target != place.path:
            place.filesystem.move(target, place.path)


def _beside(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return f"{folder}/.{name}{UNFINISHED}"
