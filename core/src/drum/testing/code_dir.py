"""Build code directories for tests."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

Content = str | bytes | Callable[[Path], object]


class CodeDir(os.PathLike[str]):
    """A folder with the given files.

    :param path: the folder; it is made if it does not exist.
    :param files: content by file name: text (dedented), bytes, or a function that writes the path it is given.
    """

    def __init__(self, path: Path, files: Mapping[str, Content] | None = None) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        for name, content in (files or {}).items():
            self.add(name, content)

    def add(self, name: str, content: Content) -> Path:
        """Write one more file and return its path."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if callable(content):
            content(file)
        elif isinstance(content, bytes):
            file.write_bytes(content)
        else:
            file.write_text(textwrap.dedent(content), encoding="utf-8")
        return file

    def __fspath__(self) -> str:
        return str(self.path)

    def __truediv__(self, name: str) -> Path:
        return self.path / name
