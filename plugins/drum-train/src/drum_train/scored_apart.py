"""Score folders in a process of their own, where nothing of the training lives on.

Run as ``python -m drum_train.scored_apart FILE``, with a request that :func:`predictions_of` wrote.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum import errors, media_types
from drum.types import PREDICTIONS, Payload, TargetType

if TYPE_CHECKING:
    import pandas as pd

    from drum.cli.commands import Context

ROOMS = (
    "drum_detect", "drum_recognize", "drum_load_model", "drum_read_input", "drum_transform", "drum_score",
    "drum_post_process", "drum_write_output", "drum_score_unstructured",
)  # fmt: skip
"""The hooks that a prediction passes: a plugin with none of them only watches."""
NOT_HANDED_ON = ("code_dir", "logging_level", "verbose", "show_stacktrace")


def predictions_of(
    folder: Path, frames: Sequence[pd.DataFrame], context: Context, *, declared: bool = True
) -> list[pd.DataFrame]:
    """Return what a code directory predicts for each frame, with the extra columns of its hooks.

    An unstructured model is sent CSV; the lines of its reply are the predictions. Observers such as
    drum-monitor are not told.

    :param declared: whether the folder itself says target type and labels, so that options need not.
    :raises DrumError: as ``drum score`` would.
    """
    options = _options(context, declared)
    with tempfile.TemporaryDirectory(prefix="drum-train-") as exchange:
        request = Path(exchange) / "request.pkl"
        request.write_bytes(pickle.dumps({"folder": str(folder), "options": options, "frames": list(frames)}))
        done = subprocess.run(
            [sys.executable, "-P", "-m", "drum_train.scored_apart", str(request)], env=_environment(context),
            check=False, stdout=2, stdin=subprocess.DEVNULL,  # what user code prints goes where errors go
        )  # fmt: skip
        answer = request.with_name("answer.pkl")
        if done.returncode or not answer.exists():
            raise errors.ScoreError(
                f"The process that scored '{folder}' ended with {done.returncode}, without an answer."
            )
        return _unpacked(pickle.loads(answer.read_bytes()))


def _unpacked(answer: Mapping[str, Any]) -> list[pd.DataFrame]:
    if "error" in answer:
        name, message, detail = answer["error"]
        raise getattr(errors, name, errors.ScoreError)(message, detail=detail)
    return answer["predictions"]  # type: ignore[no-any-return]


def _options(context: Context, declared: bool) -> dict[str, Any]:
    """Return what the command line says about scoring; the environment is the same there."""
    settings = context.settings
    given = {name: settings[name] for name in settings if settings.source(name).startswith("-")}
    told = ("target_type", "target_name") if declared else ()
    return {
        name: value
        for name, value in given.items()
        if name not in (*NOT_HANDED_ON, *told) and not (declared and "label" in name)
    }


def _environment(context: Context) -> dict[str, str]:
    """Return the environment, in which plugins that are left out here are left out too, and those that only watch."""
    from drum.settings import plugin_switches

    manager = context.manager
    taking_part = {id(plugin) for hook in ROOMS for plugin in manager.implementers(hook)}
    names = {*plugin_switches()[0], *getattr(context.arguments, "no_plugin", ())}
    names |= {plugin.name for plugin in manager.installed if id(plugin.module) not in taking_part}
    return {**os.environ, "DRUM_NO_PLUGINS": ",".join(sorted(names))}


def main(request: Path) -> None:
    """Answer a request: predictions, or what went wrong."""
    import drum

    wanted = pickle.loads(request.read_bytes())
    try:
        with drum.open(wanted["folder"], options=wanted["options"]) as scorer:
            answer: dict[str, Any] = {"predictions": [_predicted(scorer, part) for part in wanted["frames"]]}
    except errors.DrumError as error:
        answer = {"error": (type(error).__name__, str(error), error.detail)}
    request.with_name("answer.pkl").write_bytes(pickle.dumps(answer))


def _predicted(scorer: Any, frame: pd.DataFrame) -> pd.DataFrame:
    if scorer.spec.target_type is not TargetType.UNSTRUCTURED:
        predictions = scorer.predict(frame)
        answer: pd.DataFrame = predictions.frame
        return answer if predictions.extra is None else answer.join(predictions.extra)
    import pandas as pd

    body = frame.to_csv(index=False).encode()
    reply = scorer.score_unstructured(Payload(body=body, media_type=media_types.CSV, room=None))
    return pd.DataFrame({PREDICTIONS: reply.body.decode(errors="replace").splitlines()}, dtype=object)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
