"""One loaded model: the user's hooks and the artifact, called by the rules that hold for ``custom.py``."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.custom_hooks import misspelt
from drum.errors import (
    CustomCodeError,
    DrumError,
    LoadError,
    ModelContractError,
    ModelHTTPError,
    NoScorerError,
    PluginDependencyError,
    ScoreError,
)
from drum.settings import Settings, threads_per_call
from drum_julia.runtime import Failed, Julia, Request, julia

if TYPE_CHECKING:
    import pandas as pd

    from drum_julia.runtime import JuliaValue

log = logging.getLogger("drum.julia")

CODE_FILE = "custom.jl"
PURPOSES = {
    "init": "initialize",
    "load_model": "load the model",
    "read_input_data": "read the input data",
    "transform": "transform the data",
    "score": "make predictions",
    "post_process": "post-process predictions",
    "score_unstructured": "make predictions",
    "fit": "train",
}


class JuliaModel:
    """A model in Julia. It holds no memory of Julia's: what lives there is known by a number.

    ``hooks`` are the names of those that the user wrote, in life-cycle order. The code is read; nothing is loaded yet.

    :raises CustomCodeError: if ``custom.jl`` cannot be read.
    :raises LoadError: if the artifact is refused.
    :raises PluginDependencyError: if Julia is missing.
    """

    def __init__(self, code_dir: Path, artifact: Path | None, settings: Settings) -> None:
        if artifact is not None and settings["no_pickle"]:
            raise LoadError(
                f"'{artifact.name}' may hold code, and --no-pickle refuses such files. Build the model in a "
                f"'load_model' hook in {CODE_FILE}, from data alone."
            )
        self.julia: Julia = julia(settings)
        self._code_dir = code_dir
        self._artifact = artifact
        self._number = 0
        folder = {"folder": str(code_dir), "threads": str(threads_per_call(settings))}
        opened = self.julia.call(Request(what="open", words=folder))
        if isinstance(opened, Failed):
            raise CustomCodeError(f"{CODE_FILE} cannot be read. Exception: {opened.message}", detail=opened.detail)
        self._number = int(opened["model"])
        self.hooks = tuple(opened["hooks"].split())
        for name, near in misspelt(opened["functions"].split(), self.hooks):
            log.warning("%s defines '%s', which is no hook. Did you mean '%s'?", CODE_FILE, name, near)

    def load(self) -> None:
        """Call ``init``, and load the model; if that fails, Julia forgets it.

        :raises CustomCodeError: if ``init`` or ``load_model`` fails.
        :raises LoadError: if the artifact cannot be loaded.
        :raises PluginDependencyError: if a Julia package is missing.
        """
        try:
            self._load()
        except DrumError:
            self.close()
            raise

    def _load(self) -> None:
        folder = {"code_dir": str(self._code_dir)}
        if "init" in self.hooks:
            self.call("init", CustomCodeError, words=folder)
        if "load_model" in self.hooks:
            self.answer("load_model", CustomCodeError, words=folder)
        elif self._artifact is not None:
            loaded = self._request("load_artifact", words={"path": str(self._artifact)})
            if isinstance(loaded, Failed):
                message = f"'{self._artifact.name}' cannot be loaded. Exception: {loaded.message}"
                raise self._special(loaded) or LoadError(message, detail=loaded.detail)

    @property
    def has_artifact(self) -> bool:
        """Tell whether there is an object that may predict by itself."""
        return self._artifact is not None or "load_model" in self.hooks

    def answer(self, hook: str, error_class: type[DrumError] = ScoreError, **data: Any) -> Any:
        """Call a hook that must answer: ``nothing`` is an error, never a pass to the next plugin."""
        answer = self.call(hook, error_class, **data)
        if answer is None:
            wrong = error_class if error_class is CustomCodeError else ModelContractError
            raise wrong(f"{self._who(hook)} returned nothing. Return its result (is a 'return' missing?).")
        return answer

    def call(self, hook: str, error_class: type[DrumError] = ScoreError, **data: Any) -> Any:
        """Call a hook and return what it answers.

        :param data: see :class:`~drum_julia.runtime.Request`.
        :raises ModelHTTPError: if the user threw Julia's exception of that name.
        """
        answer = self._request(hook, **data)
        if isinstance(answer, Failed):
            message = f"{self._who(hook)} failed to {PURPOSES[hook]}. Exception: {answer.message}"
            raise self._special(answer) or error_class(message, detail=answer.detail)
        return answer

    def _request(
        self,
        what: str,
        *,
        data: pd.DataFrame | JuliaValue | None = None,
        takes_target: bool = False,
        target: pd.DataFrame | None = None,
        words: dict[str, Any] | None = None,
    ) -> Any:
        return self.julia.call(
            Request(
                what=what, model=self._number, data=data, takes_target=takes_target, target=target, words=words or {}
            )
        )

    def _who(self, hook: str) -> str:
        return f"Model '{hook}' hook" if hook in self.hooks else "Runtime 'julia'"

    def _special(self, failed: Failed) -> DrumError | None:
        """Return the error of a failure that is none of the hook's as such."""
        what = f"'{self._artifact.name}'" if self._artifact is not None else "The model"
        if failed.kind.isdecimal():
            return ModelHTTPError(failed.message, int(failed.kind))
        if failed.kind == "packages":
            names = failed.message.split()
            listed = ", ".join(f'"{name}"' for name in names)
            return PluginDependencyError(
                f"{what} needs the Julia package{'s' if len(names) > 1 else ''} {', '.join(names)}. "
                f"Run: julia -e 'using Pkg; Pkg.add([{listed}])'"
            )
        if failed.kind == "unscorable":
            return NoScorerError(
                f"{what} holds a {failed.message}, which cannot be called with a table, and there is no "
                f"predict(model, table) for it. Write a 'score' hook in {CODE_FILE}."
            )
        return None

    def close(self) -> None:
        """Let Julia forget the model."""
        self.julia.forget(self._number)
        self._number = 0
