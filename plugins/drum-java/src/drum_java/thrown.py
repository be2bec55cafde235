"""What Java throws, as errors of drum's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from drum.errors import DrumError

MOST_FRAMES = 40
MOST_CAUSES = 20
HEAP_IS_FULL = ("Java heap space", "GC overhead limit exceeded")
"""What the JVM says of memory that ``--java-heap`` gives; other memory has other words."""


@contextmanager
def raising(error_class: type[DrumError], purpose: str) -> Iterator[None]:
    """Turn what Java throws into an error of drum's, with class and message, and Java's own frames for the log.

    :param purpose: what fails, as the beginning of a sentence that is completed by the exception.
    """
    import jpype

    try:
        yield
    except jpype.JException as error:
        if _is_heap_full(jpype, error):
            raise error_class(f"{purpose} {more_heap(jpype)}") from error
        raise error_class(f"{purpose} Exception: {described(error)}", detail=frames(error)) from error


def described(error: Any) -> str:
    """Return the class and the message of a Java exception; where it says nothing itself, those of its cause."""
    telling = next((one for one in _chain(error) if one.getMessage() is not None), error)
    name, message = str(telling.getClass().getName()), telling.getMessage()
    return name if message is None else f"{name}: {message}"


def frames(error: Any) -> str:
    """Return the stack of a Java exception and of its causes, without what lies between Python and the model."""
    lines = [line for line in str(error.stacktrace()).splitlines() if "org.jpype." not in line]
    own = [line for line in lines if not line.lstrip().startswith("at drum.internal.")]
    return "\n".join((own if len(own) > 1 else lines)[:MOST_FRAMES]).replace("\t", "    ")


def _chain(error: Any) -> Iterator[Any]:
    """Yield an exception, its cause, the cause of that and so on."""
    for _ in range(MOST_CAUSES):
        if error is None:
            return
        yield error
        error = error.getCause()


def _is_heap_full(jpype: Any, error: Any) -> bool:
    try:
        exhausted = jpype.JClass("java.lang.OutOfMemoryError")
        chain = [one for one in _chain(error) if isinstance(one, exhausted)]
        return any(str(one.getMessage()).startswith(HEAP_IS_FULL) for one in chain)
    except jpype.JException:  # not even these questions find memory
        return True


def more_heap(jpype: Any) -> str:
    """Return a sentence about a heap that is full, and what to do."""
    megabytes = round(jpype.JClass("java.lang.Runtime").getRuntime().maxMemory() / 2**20)
    return (
        f"Java ran out of its heap of {megabytes} MB. Give it more with --java-heap (DRUM_JAVA_XMX), such as "
        f"{2 * megabytes}m."
    )
