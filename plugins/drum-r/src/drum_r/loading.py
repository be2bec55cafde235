"""Load a code directory into R: packages, the user's code, ``init``, then the model."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drum.custom_hooks import HOOKS, answering_hook, misspelt
from drum.detection import only_file
from drum.errors import CustomCodeError, LoadError, NoArtifactError
from drum.settings import Settings, threads_per_call
from drum.types import ModelSpec
from drum_r.artifacts import RDS, custom_file, is_workspace
from drum_r.calling import attempt, failed
from drum_r.engine import Engine, engine
from drum_r.model import Kept, Model
from drum_r.packages import check_packages_of, check_requirements, install_line, read_requirements
from drum_r.session import RError, Session

log = logging.getLogger("drum.r")


def load(spec: ModelSpec, settings: Settings) -> Model:
    """Load what lies in the folder; ``init`` is called before anything else of the user's but the top of the file.

    :raises CustomCodeError: if the user's code fails.
    :raises LoadError: if the artifact cannot be read, or is refused.
    :raises PluginDependencyError: if R, rpy2 or a package is missing, or of a version that does not fit.
    :raises NoArtifactError: if there is no artifact, and no hook to do without one.
    """
    running = engine()
    return running.run(lambda session: _Loading(running, session, spec, settings).model())


def open_code(
    session: Session, code_dir: Path, custom: Path | None, settings: Settings
) -> tuple[Any, dict[str, tuple[str, ...]]]:
    """Read the user's code, in R's own thread; return what R keeps of it, and the hooks with their arguments."""
    session.call("share_cores", session.interface.IntSexpVector([threads_per_call(settings)]))
    check_requirements(session, read_requirements(code_dir))
    user = session.call("open_folder", session.text(str(code_dir)))
    hooks = _hooks(session, user, custom) if custom is not None else {}
    return session.call("new_model", user), hooks


def _hooks(session: Session, user: Any, file: Path) -> dict[str, tuple[str, ...]]:
    """Read the user's code and return its hooks with the names of their arguments."""
    try:
        session.attempt("source_hooks", user, session.text(str(file)))
    except RError as error:
        hint = f" {install_line([error.failure.package])}" if error.failure.package else ""
        raise CustomCodeError(
            f"{file.name} cannot be read. Exception: {error.failure.message}{hint}", detail=error.failure.detail
        ) from None
    own = [str(name) for name in session.call("own_functions", user)]
    defined = [name for name in HOOKS if name in own]
    for name, near in misspelt(own, defined):
        log.warning("%s defines '%s', which is no hook. Did you mean '%s'?", file.name, name, near)
    return {name: tuple(map(str, session.call("arguments_of", user, session.text(name)))) for name in defined}


@dataclass(frozen=True, slots=True)
class _Loading:
    """One folder on its way into R, in R's own thread."""

    engine: Engine
    session: Session
    spec: ModelSpec
    settings: Settings

    def model(self) -> Model:
        session, folder = self.session, self.spec.code_dir
        custom = custom_file(folder)
        loaded, hooks = open_code(session, folder, custom, self.settings)
        if "init" in hooks:
            self._call(loaded, "init", "initialize", {}, {"code_dir": str(folder)})
        classes = self._load(loaded, hooks)
        made = session.interface.baseenv["make.names"](session.text(*self.spec.labels)) if self.spec.labels else ()
        return Model(
            kept=Kept(self.engine, session.keep(loaded)),
            code_dir=folder,
            custom_file=custom.name if custom is not None else "custom.R",
            hooks=hooks,
            classes=classes,
            made_labels=dict(zip(self.spec.labels, map(str, made), strict=True)),
            r_version=str(session.call("r_version")[0]),
        )

    # -- the user's code

    def _call(self, loaded: Any, hook: str, purpose: str, arguments: dict[str, Any], keywords: dict[str, str]) -> Any:
        try:
            return attempt(self.session, loaded, hook, arguments, keywords)
        except RError as error:
            raise failed(hook, purpose, error.failure, CustomCodeError) from None

    # -- the model

    def _load(self, loaded: Any, hooks: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
        """Load the model and return its classes; without one there must be a hook that needs none."""
        path = None if "load_model" in hooks else only_file(self.spec.code_dir, RDS)
        if "load_model" in hooks:
            classes = self._load_by_hook(loaded)
        elif path is not None:
            classes = self._load_rds(loaded, path)
        else:
            self._check_does_without(hooks)
            return ()
        if answering_hook(self.spec.target_type) not in hooks:
            artifact = "The model" if path is None else f"'{path.name}'"
            check_packages_of(self.session, self.session.call("model_of", loaded), artifact)
            self.session.call("set_expectations", loaded)
        return tuple(map(str, classes))

    def _check_does_without(self, hooks: dict[str, tuple[str, ...]]) -> None:
        hook = answering_hook(self.spec.target_type)
        if hook not in hooks:
            raise NoArtifactError(
                f"'{self.spec.code_dir}' holds no {RDS} file, and its custom.R has no '{hook}' hook to do without one. "
                "Add one of them."
            )

    def _load_by_hook(self, loaded: Any) -> Any:
        folder = self.session.text(str(self.spec.code_dir))
        model = self._call(loaded, "load_model", "load the model", {"code_dir": folder}, {})
        if model is self.session.null:
            raise CustomCodeError("Model 'load_model' hook returned NULL. Return its result.")
        return self.session.call("set_model", loaded, model)

    def _load_rds(self, loaded: Any, path: Path) -> Any:
        if self.settings.get("no_pickle"):
            raise LoadError(
                f"'{path.name}' may hold functions that are executed when the model is used, which --no-pickle refuses."
            )
        if is_workspace(path):
            raise LoadError(f"'{path.name}' was written by save(). Write it with saveRDS(model, '{path.name}').")
        try:
            return self.session.attempt("load_rds", loaded, self.session.text(str(path)))
        except RError as error:
            raise LoadError(
                f"'{path.name}' is truncated, or no file of saveRDS ({error.failure.message}). Save the model again."
            ) from None
