"""A worker: the child's side of the wire. Its scorer lives on the main thread, where R and Julia insist on living.

Run as ``python -m drum.workers.worker FD``; the first frame that comes holds the settings.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from drum import logs
from drum.errors import DrumError
from drum.garbage import spared_by_garbage_collection
from drum.library import find
from drum.math_threads import bound_math_threads
from drum.plugins import create_plugin_manager
from drum.scorer import Scorer
from drum.types import Concurrency
from drum.workers.answering import answer_all, describe
from drum.workers.frames import PREFIX, Item, Request, decode, encode

log = logging.getLogger("drum.worker")

BUFFER = 2**18


def main(descriptor: int) -> None:
    """Serve the front until it closes the socket."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a terminal tells all; the front decides
        signal.signal(number, signal.SIG_IGN)
    os.dup2(2, 1)  # what user code prints is for the log
    front = socket.socket(fileno=descriptor)
    os.dup(descriptor)  # stays open to the very end: the front takes its closing for the end of this process
    frames = cast(BinaryIO, front.makefile("rb", buffering=BUFFER))
    frame = receive(frames)
    if frame is None:
        return
    start = frame[1][0][0]
    logs.configure("drum worker", form=start["log_format"], level=start["log_level"])
    bound_math_threads(start["math_threads"])
    with spared_by_garbage_collection():  # what was loaded stays: looking through it again would hold up requests
        scorer = _open(front, start)
    if scorer is not None:
        with scorer, suppress(BrokenPipeError, ConnectionResetError):  # the front has died: nobody waits
            _serve(front, frames, scorer, threads=start["threads"] if Concurrency.THREADS in scorer.concurrency else 1)


def _open(front: socket.socket, start: Any) -> Scorer | None:
    """Open the model and tell the front how that went."""
    try:
        manager = create_plugin_manager(start["blocked"], trace=start["trace"])
        began = time.perf_counter()
        scorer = find(manager, Path(start["code_dir"]), options=start["options"])
        scorer.load()
    except DrumError as error:
        log.error("%s%s", error.message, f"\n{error.detail}" if error.detail else "")
        failure = {"error": type(error).__name__, "message": error.message}
    except Exception as error:
        log.exception("The model cannot be loaded.")
        failure = {"error": "LoadError", "message": f"Unexpected {type(error).__name__}: {error}"}
    else:
        send(front, "ready", [({"load_seconds": time.perf_counter() - began, **describe(scorer)}, [])])
        return scorer
    send(front, "failed", [(failure, [])])
    return None


def _serve(front: socket.socket, frames: BinaryIO, scorer: Scorer, threads: int) -> None:
    """Answer frame by frame: on this thread, where some languages insist on living, or several at once."""
    sending = threading.Lock()

    def answer(items: list[Item]) -> None:
        answers = [answer.to_item() for answer in answer_all(scorer, [Request.from_item(item) for item in items])]
        with sending:
            send(front, "answers", answers)

    def answer_or_die(items: list[Item]) -> None:
        try:
            answer(items)
        except BaseException:
            log.exception("A call ends this worker.")
            os._exit(os.EX_SOFTWARE)  # as it would on the main thread

    with ThreadPoolExecutor(threads) as pool:
        while (frame := receive(frames)) is not None:
            if threads == 1:
                answer(frame[1])
            else:
                pool.submit(answer_or_die, frame[1])


def receive(stream: BinaryIO) -> tuple[str, list[Item]] | None:
    """Receive one frame; ``None`` if the other side has closed."""
    prefix = stream.read(PREFIX.size)
    if len(prefix) < PREFIX.size:
        return None
    header_length, blob_length = PREFIX.unpack(prefix)
    header, blobs = stream.read(header_length), stream.read(blob_length)
    return None if len(blobs) < blob_length else decode(header, blobs)


def send(connection: socket.socket, kind: str, items: list[Item]) -> None:
    """Send one frame."""
    for part in encode(kind, items):
        connection.sendall(part)


if __name__ == "__main__":
    main(int(sys.argv[1]))
