"""Write a file completely or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from drum.errors import OutputError


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside the place, bring it to the disk, and only then put it there.

    :param write: writes the file that it is given, which has the extension of ``path``.
    :raises OutputError: if it cannot be written.
    """
    part = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
        part = Path(name)
        os.close(descriptor)
        write(part)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.chmod(0o644)
        os.replace(part, path)
    except OSError as error:
        raise OutputError(f"'{path}' cannot be written: {error.strerror or error}.") from error
    finally:
        if part is not None:
            with suppress(OSError):
                part.unlink(missing_ok=True)
