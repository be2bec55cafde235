"""Votes of one runtime on the files of a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from drum.detection import MULTIPLE_ARTIFACTS
from drum.errors import AmbiguousArtifactError
from drum.types import Concurrency, Detection, Match


def vote(
    runtime: str, code_dir: Path, extensions: Iterable[str], match_of: Callable[[Path], Match | None]
) -> Detection | None:
    """Return the vote for the one file that a runtime wants most.

    :param match_of: tells how sure the runtime is of a file; ``None`` if it does not want it.
    :raises AmbiguousArtifactError: if several are proven by their content.
    """
    matches = {path: match for path in files(code_dir, *extensions) if (match := match_of(path)) is not None}
    best = max(matches.values(), default=None)
    chosen = [path for path, match in matches.items() if match is best]
    if best is Match.PROVEN and len(chosen) > 1:
        raise AmbiguousArtifactError(f"{MULTIPLE_ARTIFACTS}: {', '.join(path.name for path in chosen)}.")
    if best is None:
        return None
    return Detection(runtime=runtime, path=chosen[0], match=best, concurrency=Concurrency.THREADS)


def files(code_dir: Path, *extensions: str) -> Iterator[Path]:
    """Yield the files at the top of a folder that have one of the extensions, in any case, sorted."""
    for path in sorted(code_dir.iterdir()):
        if path.suffix.lower() in extensions and path.is_file():
            yield path
