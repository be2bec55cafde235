"""R as its owner sees it: our own functions in R, and vectors on their way to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt

KINDS = {"FloatSexpVector": "f8", "IntSexpVector": "i4", "BoolSexpVector": "i4", "ByteSexpVector": "u1"}
"""NumPy's types for the vectors of R."""
MOST_NAMES = 64
"""Sets of names that are kept."""
CODE = Path(__file__).parent / "r"
"""Functions in R that this plugin brings along."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error in R, without any object of R's.

    ``frames`` are the lines of the user's own code, innermost last; ``calls`` the names of all functions called.
    ``is_of_input`` tells whether the caller's data are at fault; ``package`` is the one that is missing, if that is the
    reason; ``status`` is what the user's code wants a request to be answered with.
    """

    message: str
    is_of_input: bool = False
    package: str = ""
    status: int | None = None
    frames: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()

    @property
    def detail(self) -> str:
        """The user's own lines, and how R got to the error."""
        trace = [f"  R's calls: {' > '.join(self.calls)}"] if self.calls else []
        return "\n".join([*self.frames, *trace])


class RError(Exception):
    """R has failed; ``failure`` says at what."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Session:
    """R, for the thread that owns it. Everything here is called in that thread only, but :meth:`interrupt`.

    :param interface: ``rpy2.rinterface``, with R started.
    """

    def __init__(self, interface: Any) -> None:
        self.interface = interface
        self._functions = self._loaded()
        self._kept: dict[int, Any] = {}
        self._names: dict[tuple[str, ...], Any] = {}
        self._last_key = 0
        self.call("set_up")

    def _loaded(self) -> dict[str, Callable[..., Any]]:
        base = self.interface.baseenv
        room = base["new.env"](parent=self.interface.globalenv)
        for path in sorted(CODE.glob("*.R")):
            base["sys.source"](self.text(str(path)), room)
        return {name: room[name] for name in room if callable(room[name])}

    def call(self, function: str, *arguments: Any) -> Any:
        """Call one of our functions in R."""
        return self._functions[function](*arguments)

    def attempt(self, function: str, *arguments: Any) -> Any:
        """Call one of our functions that guards what it does, and return its result.

        :raises RError: if that has failed.
        """
        answer = self.call(function, *arguments)
        if len(answer) == 1:
            return answer[0]
        message, status, is_of_input, package, frames, calls = answer
        raise RError(
            Failure(
                message=message[0],
                is_of_input=bool(is_of_input[0]),
                package=package[0],
                status=None if status[0] is self.interface.NA_Integer else int(status[0]),
                frames=tuple(frames),
                calls=tuple(calls),
            )
        )

    # -- vectors

    def text(self, *values: str) -> Any:
        """Return a character vector."""
        return self.interface.StrSexpVector(values)

    def logical(self, value: bool) -> Any:
        """Return a logical vector of one value."""
        return self.interface.BoolSexpVector([value])

    def integers(self, values: Any) -> Any:
        """Return an integer vector of a NumPy array of int32, in which the least number is NA."""
        return self.interface.IntSexpVector.from_memoryview(memoryview(values))

    def logicals(self, values: Any) -> Any:
        """Return a logical vector of a NumPy array of int32, in which the least number is NA."""
        return self.interface.BoolSexpVector.from_memoryview(memoryview(values))

    def doubles(self, values: Any) -> Any:
        """Return a numeric vector of a NumPy array of float64."""
        return self.interface.FloatSexpVector.from_memoryview(memoryview(values))

    def list(self, values: Sequence[Any]) -> Any:
        """Return a list."""
        return self.interface.ListSexpVector(values)

    def named(self, items: Mapping[str, Any]) -> Any:
        """Return a list with names."""
        return self.call("named", self.list(tuple(items.values())), self.names(tuple(items)))

    def names(self, names: tuple[str, ...]) -> Any:
        """Return a character vector that is kept for the next time: data come with the same names again and again."""
        known = self._names.get(names)
        if known is None:
            if len(self._names) >= MOST_NAMES:
                self._names.clear()
            known = self._names[names] = self.text(*names)
        return known

    def array(self, vector: Any) -> npt.NDArray[Any]:
        """Return a copy of a numeric, integer, logical or raw vector as a 1-D array; R's ``NA`` is a NaN like others.

        rpy2's own ``memoryview`` of a vector must not be used: its C function ``memoryview_swapstrides`` returns a
        ``None`` that it does not own (seen in rpy2-rinterface 3.6.5), which ends Python after some thousand calls.
        """
        import numpy as np
        from rpy2.rinterface_lib import openrlib

        kind = np.dtype(KINDS[type(vector).__name__])
        memory = openrlib.ffi.buffer(vector._R_GET_PTR(vector.__sexp__._cdata), len(vector) * kind.itemsize)
        values = np.frombuffer(memory, kind).copy()
        if kind.kind == "f":
            values[np.isnan(values)] = np.nan  # NA is a NaN that signals: NumPy warns of it in sums
        return values

    @property
    def null(self) -> Any:
        """R's ``NULL``."""
        return self.interface.NULL

    # -- what R keeps for others

    def keep(self, value: Any) -> int:
        """Keep an object of R's and return the key under which it is found."""
        self._last_key += 1
        self._kept[self._last_key] = value
        return self._last_key

    def kept(self, key: int) -> Any:
        """Return an object that was kept."""
        return self._kept[key]

    def forget(self, key: int) -> None:
        """Let go of an object that was kept."""
        self._kept.pop(key, None)

    # -- the end

    def interrupt(self) -> None:
        """Have R break off what it does, as Ctrl-C would; may be called in any thread."""
        from rpy2.rinterface_lib import openrlib

        openrlib.rlib.R_interrupts_pending = 1

    def end(self) -> None:
        """End R for good."""
        self._kept.clear()
        self._names.clear()
        self.interface.endr(0)
