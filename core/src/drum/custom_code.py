"""The user's ``custom.py`` as a plugin: its few hooks, called in front of everybody else's."""

from __future__ import annotations

import importlib.util
import inspect
import linecache
import logging
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from drum.custom_hooks import (
    HOOKS,
    fit_arguments,
    label_arguments,
    misspelt,
    post_process_argument,
    unstructured_arguments,
    unstructured_reply,
)
from drum.errors import CustomCodeError, DrumError, ModelContractError, ModelHTTPError, ScoreError
from drum.hookspecs import hookimpl
from drum.types import Artifact, Batch, ModelSpec, Payload, Predictions, Reply, TargetType, TrainingData

if TYPE_CHECKING:
    import pandas as pd

FILE_NAME = "custom.py"
MODULE_NAME = "custom"
PLUGIN_NAME = "custom.py"
log = logging.getLogger("drum.custom")


def find_custom_code(code_dir: Path) -> CustomCode | None:
    """Import ``custom.py`` of a code directory, if there is one, and return it as a plugin.

    The folder becomes importable, for ``custom.py`` and for the classes of pickled models alike. A process has one
    such folder at a time: of another model's modules, those of the same names are forgotten.

    :raises CustomCodeError: if it cannot be imported.
    """
    _make_importable(code_dir)
    path = code_dir / FILE_NAME
    return CustomCode(_import(path), code_dir) if path.is_file() else None


def _make_importable(code_dir: Path) -> None:
    sys.path[:] = [str(code_dir), *(entry for entry in sys.path if entry != str(code_dir))]
    own = {path.stem for path in code_dir.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    for name in [name for name in sys.modules if name.partition(".")[0] in own - sys.stdlib_module_names]:
        origin = getattr(sys.modules[name], "__file__", None)
        if origin and not Path(origin).is_relative_to(code_dir):
            del sys.modules[name]


def _import(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(MODULE_NAME, path)
    if spec is None or spec.loader is None:
        raise CustomCodeError(f"'{path}' cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE_NAME] = module  # pickles may name classes that it defines
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[MODULE_NAME]
        raise CustomCodeError(
            f"{FILE_NAME} cannot be imported. Exception: {_describe(error)}", detail=user_frames(error, path.parent)
        ) from error
    return module


class _UserFunction:
    """A function of the user's, and which arguments it takes: hooks may leave out keywords they do not need."""

    def __init__(self, function: Callable[..., Any]) -> None:
        parameters = inspect.signature(function).parameters.values()
        self._function = function
        self._names = {parameter.name for parameter in parameters}
        self._takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
        by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        self.positional = sum(parameter.kind in by_position for parameter in parameters)

    def __call__(self, *arguments: Any, keywords: Mapping[str, Any]) -> Any:
        """Call it with those of the keywords that it takes."""
        taken = {name: value for name, value in keywords.items() if self._takes_all or name in self._names}
        return self._function(*arguments, **taken)


class CustomCode:
    """Adapter from the user's functions to the hook specifications."""

    def __init__(self, module: ModuleType, code_dir: Path) -> None:
        self._code_dir = code_dir
        self._functions = {
            name: _UserFunction(function) for name in HOOKS if callable(function := getattr(module, name, None))
        }
        self._warn_of_misspellings(module)

    def defines(self, *hooks: str) -> bool:
        """Tell whether the user wrote any of these hooks."""
        return any(hook in self._functions for hook in hooks)

    @property
    def hooks(self) -> tuple[str, ...]:
        """The hooks that the user wrote, in life-cycle order."""
        return tuple(self._functions)

    # -- the hooks, in life-cycle order

    @hookimpl(tryfirst=True)
    def drum_configure(self, spec: ModelSpec) -> None:
        """Call ``init``."""
        if self.defines("init"):
            self._call("init", (), {"code_dir": str(spec.code_dir)}, "initialize", CustomCodeError)

    @hookimpl(tryfirst=True)
    def drum_load_model(self) -> Any:
        """Call ``load_model``."""
        if not self.defines("load_model"):
            return None
        return self._answer("load_model", (str(self._code_dir),), {}, "load the model", CustomCodeError)

    @hookimpl(tryfirst=True)
    def drum_read_input(self, payload: Payload) -> Batch | None:
        """Call ``read_input_data``."""
        if not self.defines("read_input_data"):
            return None
        return self._answer("read_input_data", (payload.body,), {}, "read the input data")

    @hookimpl(tryfirst=True)
    def drum_transform(self, batch: Batch, model: Any, spec: ModelSpec, target: pd.DataFrame | None) -> Batch | None:
        """Call ``transform``; for target type *transform* with the target, if it takes one."""
        if not self.defines("transform"):
            return None
        arguments: tuple[Any, ...] = (batch, model)
        if spec.target_type is TargetType.TRANSFORM and self._functions["transform"].positional >= 3:
            arguments = (batch, model, target)
        return self._answer("transform", arguments, {}, "transform the data")

    @hookimpl(tryfirst=True)
    def drum_score(self, batch: Batch, model: Any, spec: ModelSpec) -> pd.DataFrame | None:
        """Call ``score`` with the labels as keyword arguments."""
        if not self.defines("score"):
            return None
        return self._answer("score", (batch, model), label_arguments(spec), "make predictions")  # type: ignore[no-any-return]

    @hookimpl(tryfirst=True)
    def drum_post_process(self, predictions: Predictions, model: Any) -> pd.DataFrame | None:
        """Call ``post_process`` with the checked predictions and what came beside them."""
        if not self.defines("post_process"):
            return None
        return self._answer(  # type: ignore[no-any-return]
            "post_process", (post_process_argument(predictions), model), {}, "post-process predictions"
        )

    @hookimpl(tryfirst=True)
    def drum_score_unstructured(self, payload: Payload, model: Any) -> Reply | None:
        """Call ``score_unstructured`` with text or bytes, as the media type says."""
        if not self.defines("score_unstructured"):
            return None
        data, keywords = unstructured_arguments(payload)
        answer = self._call("score_unstructured", (model, data), keywords, "make predictions")
        return unstructured_reply(answer)

    @hookimpl(tryfirst=True)
    def drum_fit(self, training: TrainingData, output_dir: Path, spec: ModelSpec) -> bool | None:
        """Call ``fit``."""
        if not self.defines("fit"):
            return None
        positional, keywords = fit_arguments(training, output_dir, spec)
        self._call("fit", tuple(positional.values()), keywords, "train", CustomCodeError)
        return True

    # -- calling the user's functions

    def _answer(
        self,
        hook: str,
        arguments: tuple[Any, ...],
        keywords: Mapping[str, Any],
        purpose: str,
        error_class: type[DrumError] = ScoreError,
    ) -> Any:
        """Call a hook that must answer: ``None`` is an error, never a pass to the next plugin."""
        answer = self._call(hook, arguments, keywords, purpose, error_class)
        if answer is None:
            wrong = error_class if error_class is CustomCodeError else ModelContractError
            raise wrong(f"Model '{hook}' hook returned None. Return its result (is a 'return' missing?).")
        return answer

    def _call(
        self,
        hook: str,
        arguments: tuple[Any, ...],
        keywords: Mapping[str, Any],
        purpose: str,
        error_class: type[DrumError] = ScoreError,
    ) -> Any:
        function = self._functions[hook]
        try:
            return function(*arguments, keywords=keywords)
        except ModelHTTPError:
            raise
        except (Exception, SystemExit) as error:
            raise error_class(
                f"Model '{hook}' hook failed to {purpose}. Exception: {_describe(error)}",
                detail=user_frames(error, self._code_dir),
            ) from error

    def _warn_of_misspellings(self, module: ModuleType) -> None:
        own = (n for n, v in vars(module).items() if inspect.isfunction(v) and v.__module__ == MODULE_NAME)
        for name, near in misspelt(own, self._functions):
            log.warning("%s defines '%s', which is no hook. Did you mean '%s'?", FILE_NAME, name, near)


def _describe(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"the code called sys.exit({error.code!r})"
    return f"{type(error).__name__}: {error}"


def user_frames(error: BaseException, code_dir: Path) -> str:
    """Return the stack frames of the user's own code, innermost last, ending with the line at fault."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(code_dir)]
    lines = []
    for frame in own:
        source = linecache.getline(frame.filename, frame.lineno or 0).strip()
        where = Path(frame.filename).relative_to(code_dir)
        lines.append(f"  {where}, line {frame.lineno}, in {frame.name}\n    {source}")
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_relative_to(code_dir):
        lines.append(
            f"  {Path(error.filename).relative_to(code_dir)}, line {error.lineno}\n    {(error.text or '').strip()}"
        )
    return "\n".join(lines)


def custom_artifact() -> Artifact:
    """Return the artifact of a run in which custom code stands for the runtime."""
    return Artifact(runtime=MODULE_NAME)
