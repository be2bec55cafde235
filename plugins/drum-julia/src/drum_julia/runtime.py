"""Julia in this process: started once, called by its owner, left running to the end."""

from __future__ import annotations

import ctypes
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.errors import PluginDependencyError
from drum.settings import Settings
from drum_julia import installation
from drum_julia.answers import frames_of, values_of
from drum_julia.frames import encoded_frame, encoded_words
from drum_julia.owner import STACK_BYTES, Owner
from drum_julia.wire import NO_TARGET, Answer, Call, Encoded, Form

if TYPE_CHECKING:
    import pandas as pd

BRIDGE = Path(__file__).parent / "bridge" / "Drum.jl"


@dataclass(frozen=True, slots=True)
class Failed:
    """What Julia threw: the message, more of it with the user's frames, and its kind, if it is a special one."""

    kind: str = ""
    message: str = "an error that cannot be told"
    detail: str = ""


class JuliaValue:
    """A value that lives in Julia, known here by a number; when this object goes, Julia may forget it.

    ``shape`` holds the rows, where the value has any.
    """

    def __init__(self, number: int, rows: int, forget: Callable[[int], object]) -> None:
        self.number = number
        self.shape = (rows,) if rows >= 0 else ()
        self._forget = forget

    def __del__(self) -> None:
        self._forget(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call: of what, on which model, with which data; ``words`` are the named values that go with it."""

    what: str
    model: int = 0
    data: pd.DataFrame | JuliaValue | None = None
    takes_target: bool = False
    target: pd.DataFrame | None = None
    words: Mapping[str, Any] = field(default_factory=dict)


class Julia:
    """The Julia of this process. Any thread may call it; one call is made at a time."""

    def __init__(self, found: installation.Installation) -> None:
        self.found = found
        self._owner = Owner()
        self._enter, self._let_go, self.version = self._owner.run(self._start)

    def _start(self) -> tuple[Callable[..., int], Callable[[int], None], str]:
        """Start Julia on its owner's thread, load the bridge, and take the addresses of its functions."""
        library = installation.start(self.found, STACK_BYTES)
        library.jl_string_ptr.argtypes = [ctypes.c_void_p]
        library.jl_string_ptr.restype = ctypes.c_char_p

        def text_of(code: str) -> str:
            return bytes(library.jl_string_ptr(library.jl_eval_string(code.encode()))).decode()

        path = json.dumps(str(BRIDGE), ensure_ascii=False).replace("$", "\\$")
        wrong = text_of(f"try; Base.include(Main, {path}); string(); catch e; sprint(showerror, e); end")
        if wrong:
            raise PluginDependencyError(f"drum-julia does not run on Julia {text_of('string(VERSION)')}: {wrong}")
        enter, let_go = (
            int(library.jl_unbox_int64(library.jl_eval_string(f"Int64(UInt(Main.Drum.{name}))".encode())))
            for name in ("ENTER", "LET_GO")
        )
        return (  # functions made with CFUNCTYPE let other threads of Python's run meanwhile
            ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Call), ctypes.POINTER(Answer))(enter),
            ctypes.CFUNCTYPE(None, ctypes.c_int64)(let_go),
            text_of("string(VERSION)"),
        )

    def call(self, request: Request) -> Any:
        """Call into Julia and wait for the answer.

        :returns: ``None`` for ``nothing``; a frame, or a pair of them; a :class:`JuliaValue`; a dictionary of texts and
            bytes; or :class:`Failed`.
        """
        batch, data = 0, None
        if isinstance(request.data, JuliaValue):
            batch = request.data.number
        elif request.data is not None:
            data = encoded_frame(request.data)
        target = None if request.target is None else encoded_frame(request.target)
        words = encoded_words(request.words)
        targets = NO_TARGET if not request.takes_target else -1 if target is None else target.count
        call = Call(
            request.what.encode(), request.model, batch, _address(data), data.count if data else 0,
            _address(target), targets, words.address, words.count,
        )  # fmt: skip
        memory = data, target, words  # kept to the end of the call, even if the caller does not wait for it
        return self._owner.run(lambda: self._answered(call, memory))

    def _answered(self, call: Call, memory: object) -> Any:
        answer = Answer()
        self._enter(call, answer)
        if answer.form == Form.VALUE:
            return JuliaValue(answer.handle, answer.rows, self.forget)
        try:
            return _copy_of(answer)
        finally:
            if answer.handle:
                self._let_go(answer.handle)

    def forget(self, number: int) -> None:
        """Let Julia's collector have a value, or a model; this does not wait for Julia."""
        if number:
            self._owner.post(lambda: self._let_go(number))

    def collect(self) -> int:
        """Have Julia collect garbage, and return how many values it keeps for Python."""
        answer = Answer()
        self._owner.run(lambda: self._enter(Call(what=b"collect"), answer))
        return int(answer.rows)


def _address(encoded: Encoded | None) -> int | None:
    return None if encoded is None else encoded.address


def _copy_of(answer: Answer) -> Any:
    match Form(answer.form):
        case Form.NOTHING:
            return None
        case Form.REPLY:
            return values_of(answer)
        case Form.FAILED:
            return Failed(**values_of(answer))  # type: ignore[arg-type]
        case _:
            return frames_of(answer)


_lock = threading.Lock()
_started: list[Julia] = []
"""A process can have one Julia, which cannot be stopped and started again: so it is the process's, not a model's."""


def julia(settings: Settings) -> Julia:
    """Return the Julia of this process; the first call starts it, with the options of that run.

    :raises PluginDependencyError: if Julia, or pyjulia, is not installed or cannot be started.
    """
    with _lock:
        if not _started:
            installation.set_project(settings)
            _started.append(Julia(installation.find(settings)))
        return _started[0]
