"""A model in R, as Python holds it: a key to what R keeps, and which hooks the user wrote."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from drum_r.engine import Engine
from drum_r.session import Session

T = TypeVar("T")


class Kept:
    """An object of R's that R keeps until nobody holds this any more."""

    def __init__(self, engine: Engine, key: int) -> None:
        self.engine = engine
        self._key = key
        self._release = weakref.finalize(self, engine.release, key)
        self._release.atexit = False  # the whole of R goes then

    def value(self, session: Session) -> Any:
        """Return the object; for R's own thread only."""
        return session.kept(self._key)

    def release(self) -> None:
        """Let R forget the object."""
        self._release()


@dataclass(frozen=True, slots=True)
class Model:
    """What R has loaded.

    ``hooks`` are the user's, in life-cycle order, with the names of their arguments. ``made_labels`` are the declared
    labels as R's ``make.names`` spells them. ``classes`` are what R calls the kind of model it is.
    """

    kept: Kept
    code_dir: Path
    custom_file: str
    hooks: Mapping[str, tuple[str, ...]]
    classes: tuple[str, ...]
    made_labels: Mapping[str, str]
    r_version: str

    def defines(self, hook: str) -> bool:
        """Tell whether the user wrote a hook."""
        return hook in self.hooks

    def run(self, work: Callable[[Session, Any], T]) -> T:
        """Do work with R and what it keeps of this model, in R's own thread."""
        return self.kept.engine.run(lambda session: work(session, self.kept.value(session)))
