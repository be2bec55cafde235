"""Keep the data on which a model failed, so that it can be tried with them again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from drum import media_types
from drum.errors import DrumError, OutputError
from drum.trial.features import Features

if TYPE_CHECKING:
    from drum.validation.report import Finding

LONGEST_NAME = 100


class KeptData:
    """A folder with a file for each failed check.

    :param folder: made if it does not exist; files of the same names are replaced.
    :param media_type: the format of the input, in which rows are written too where that is possible.
    :raises OutputError: if the folder cannot be made.
    """

    def __init__(self, folder: Path, features: Features, media_type: str) -> None:
        self._folder = folder
        self._features = features
        self._media_type = media_type
        self._taken: set[str] = set()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"'{folder}' cannot hold the data that failed: {error.strerror}.") from error

    def keep(self, finding: Finding, name: str) -> str | None:
        """Write what the model was given; return the file, or ``None`` if it was given nothing of its own.

        :raises OutputError: if it cannot be written.
        """
        if finding.data is None:
            return None
        if isinstance(finding.data, bytes):
            body, extension = finding.data, _extension(self._media_type)
        else:
            try:
                body, extension = self._features.write(finding.data, self._media_type), _extension(self._media_type)
            except DrumError:  # no format of the input can hold what was changed
                body, extension = self._features.write(finding.data, media_types.CSV), ".csv"
        path = self._folder / (self._free(name) + extension)
        try:
            path.write_bytes(body)
        except OSError as error:
            raise OutputError(f"'{path}' cannot be written: {error.strerror}.") from error
        return str(path)

    def _free(self, name: str) -> str:
        """Return a file's name for a check: columns may be called anything, and some differ in what is left out."""
        plain = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:LONGEST_NAME] or "data"
        chosen, number = plain, 2
        while chosen.casefold() in self._taken:
            chosen, number = f"{plain}-{number}", number + 1
        self._taken.add(chosen.casefold())
        return chosen


def _extension(media_type: str) -> str:
    return next((end for end, known in media_types.BY_EXTENSION.items() if known == media_type), ".bin")
