"""Find plugins, register them, and seat the one that won the vote.

Plugins come in by the entry-point group ``drum``: the core's own formats as well as a stranger's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, cast

import pluggy

from drum import hookspecs
from drum.errors import PluginDependencyError, PluginLoadError

if TYPE_CHECKING:
    import pandas as pd

    from drum.types import Artifact, Batch, ModelSpec, Payload, Predictions, Reply, ScoringRecord

ENTRY_POINT_GROUP = "drum"
DISTRIBUTIONS = {
    "sklearn": "scikit-learn", "cv2": "opencv-python", "PIL": "pillow", "yaml": "PyYAML",
    "xgboost": "'drum-xgboost[cpu]'", "onnxruntime": "'drum-onnx[cpu]'",
}  # fmt: skip
"""Packages that are installed by another name than they are imported by: install hints, nothing else."""

log = logging.getLogger("drum.plugins")
trace_log = logging.getLogger("drum.trace")


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledPlugin:
    """A registered plugin: its entry-point name, the module, and the distribution it came with."""

    name: str
    module: Any
    distribution: str
    version: str


class PluginManager(pluggy.PluginManager):
    """Pluggy's manager with our specification, and a list of what was installed."""

    def __init__(self) -> None:
        super().__init__("drum")
        self.add_hookspecs(hookspecs)
        self.installed: list[InstalledPlugin] = []
        self._is_watched = False

    def add_hookcall_monitoring(self, before: Any, after: Any) -> Callable[[], None]:
        """Watch all calls of hooks from now on, as pluggy's does."""
        self._is_watched = True
        return super().add_hookcall_monitoring(before, after)

    def add(self, plugin: object, name: str) -> None:
        """Register a plugin; it stays registered only if nothing goes wrong.

        :raises PluginLoadError: if its name is taken, a hook is misspelt or names a parameter that does not exist.
        """
        if self.has_plugin(name) or self.is_registered(plugin):
            raise PluginLoadError(f"Plugin '{name}' is registered already.")
        try:
            self.register(plugin, name=name)
            self.check_pending()
        except BaseException as error:
            if self.is_registered(plugin):  # a plugin whose configuration raised must not take part
                self.unregister(plugin)
            if isinstance(error, pluggy.PluginValidationError):
                raise PluginLoadError(
                    f"Plugin '{name}' does not fit the hook specifications: {' '.join(str(error).split())} "
                    "See docs/hooks.md for the names and parameters of all hooks."
                ) from error
            raise

    def add_for_run(self, plugin: object) -> None:
        """Register what a plugin's ``drum_configure`` has returned.

        :raises PluginLoadError: as :meth:`add` does.
        """
        self.add(plugin, getattr(plugin, "__name__", type(plugin).__name__))

    @property
    def left_out(self) -> list[str]:
        """The names of the plugins that were blocked."""
        return [name for name, plugin in self.list_name_plugin() if plugin is None]

    def implementers(self, hook: str) -> list[object]:
        """Return the plugins that implement ``hook``, in the order in which they are called."""
        impls = cast(pluggy.HookCaller, getattr(self.hook, hook)).get_hookimpls()
        return [impl.plugin for impl in reversed(impls)]

    def each(self, hook: str, without: Sequence[object] = ()) -> Iterator[tuple[str, Callable[..., Any]]]:
        """Yield every implementer's name with a caller of that implementation alone."""
        everybody = self.get_plugins()
        for plugin in self.implementers(hook):
            if plugin not in without:
                yield self.get_name(plugin) or "?", self.subset_hook_caller(hook, everybody - {plugin})

    def listeners(self, hook: str, without: Sequence[object] = ()) -> Iterator[tuple[str, Callable[..., Any]]]:
        """Yield what :meth:`each` does, of a hook that hands nothing back and is called between any two requests.

        The caller is the function itself, unless calls are watched or it leaves arguments out: pluggy's own work
        would be a quarter of what an observer of small requests costs.
        """
        caller = cast(pluggy.HookCaller, getattr(self.hook, hook))
        impls = {impl.plugin_name: impl for impl in caller.get_hookimpls()}
        for name, call in self.each(hook, without):
            impl = impls[name]
            is_plain = not (self._is_watched or impl.wrapper or impl.hookwrapper)
            takes_all = caller.spec is not None and set(impl.argnames) == set(caller.spec.argnames)
            yield name, impl.function if is_plain and takes_all else call

    def runtimes(self) -> list[object]:
        """Return the plugins that vote on code directories."""
        return self.implementers("drum_detect")


def create_plugin_manager(blocked: Sequence[str] = (), *, trace: bool = False) -> PluginManager:
    """Register every installed plugin but the blocked ones.

    :param blocked: entry-point names that must not be loaded.
    :param trace: log every hook call to the logger ``drum.trace``.
    :raises PluginLoadError: if a plugin cannot be imported, does not fit the specification, or shares
        its name with another one; if a blocked name is not installed.
    """
    manager = PluginManager()
    if trace:
        _trace(manager)
    found = _entry_points()
    for name in blocked:
        if name not in found:
            raise PluginLoadError(f"There is no plugin '{name}' to block. Installed are: {', '.join(sorted(found))}.")
        manager.set_blocked(name)
    for name, entry_point in found.items():
        if not manager.is_blocked(name):
            module = _import(entry_point)
            manager.add(module, name)
            manager.installed.append(_installed(entry_point, module))
    return manager


def _entry_points() -> dict[str, EntryPoint]:
    """Return the installed plugins by name, the core's own first: who is registered later is asked earlier."""
    found: dict[str, EntryPoint] = {}
    ours_first = sorted(
        entry_points(group=ENTRY_POINT_GROUP), key=lambda ep: (_distribution(ep) != "drum-core", ep.name)
    )
    for entry_point in ours_first:
        other = found.setdefault(entry_point.name, entry_point)
        if other.value != entry_point.value:
            raise PluginLoadError(
                f"Two plugins are named '{entry_point.name}': one from {_distribution(other)}, one from "
                f"{_distribution(entry_point)}. Uninstall one of them."
            )
    return found


def _distribution(entry_point: EntryPoint) -> str:
    return entry_point.dist.name if entry_point.dist else "?"


def _installed(entry_point: EntryPoint, module: object) -> InstalledPlugin:
    version = entry_point.dist.version if entry_point.dist else "?"
    return InstalledPlugin(
        name=entry_point.name, module=module, distribution=_distribution(entry_point), version=version
    )


def _import(entry_point: EntryPoint) -> object:
    try:
        return entry_point.load()
    except Exception as error:
        raise PluginLoadError(
            f"Plugin '{entry_point.name}' ({_distribution(entry_point)}) cannot be imported: "
            f"{type(error).__name__}: {error}. Reinstall it, or leave it out with --no-plugin {entry_point.name}."
        ) from error


def _trace(manager: PluginManager) -> None:
    depth = 0

    def before(hook: str, impls: Sequence[pluggy.HookImpl], arguments: Mapping[str, Any]) -> None:
        nonlocal depth
        asked = ", ".join(impl.plugin_name for impl in reversed(impls)) or "nobody"
        trace_log.info("%s%s -> %s", "  " * depth, hook, asked)
        depth += 1

    def after(outcome: pluggy.Result[Any], hook: str, impls: object, arguments: object) -> None:
        nonlocal depth
        depth -= 1
        answer = f"raised {outcome.exception!r}" if outcome.exception else f"returned {_brief(outcome.get_result())}"
        trace_log.info("%s%s %s", "  " * depth, hook, answer)

    manager.add_hookcall_monitoring(before, after)


def _brief(value: object) -> str:
    shape = getattr(value, "shape", None)
    if shape is not None:
        return f"{type(value).__name__} of shape {shape}"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


# ------------------------------------------------------------------------------------------- seating


class Seat:
    """The hooks of one run, typed, with every runtime but the winner's removed.

    The callers are resolved once, here, so that scoring pays for no look-up.

    :param winner: the plugin that won the vote, if any.
    :param away: plugins that take no part besides.
    """

    def __init__(self, manager: PluginManager, winner: object | None, away: Sequence[object] = ()) -> None:
        self._manager = manager
        self._winner = winner
        self._of_winner = {caller.name for caller in manager.get_hookcallers(winner) or ()}
        self._away = [*away, *(plugin for plugin in manager.runtimes() if plugin is not winner)]
        self._load_model = self._caller("drum_load_model")
        self._read_input = self._caller("drum_read_input")
        self._transform = self._caller("drum_transform")
        self._score = self._caller("drum_score")
        self._score_together = self._caller("drum_score_together")
        self._post_process = self._caller("drum_post_process")
        self._write_output = self._caller("drum_write_output")
        self._score_unstructured = self._caller("drum_score_unstructured")
        self._describe = self._caller("drum_describe")
        self._custom_hooks = self._caller("drum_custom_hooks")
        self._matrix_columns = self._caller("drum_matrix_columns")
        self._after_score = list(manager.listeners("drum_after_score", without=self._away))
        self._unload_model = list(manager.each("drum_unload_model", without=self._away))

    def _caller(self, hook: str) -> Callable[..., Any]:
        return self._manager.subset_hook_caller(hook, self._away)

    def runtime_implements(self, hook: str) -> bool:
        """Tell whether the seated runtime itself implements ``hook``."""
        return hook in self._of_winner

    def is_left_to_runtime(self, *hooks: str) -> bool:
        """Tell whether nobody but the seated runtime implements any of these hooks."""
        return all(plugin is self._winner for hook in hooks for plugin in self._seated(hook))

    def is_left_to_formats(self, hook: str, *, runtime_passes: bool = False) -> bool:
        """Tell whether nobody but the built-in formats answers ``hook``.

        :param runtime_passes: whether the seated runtime is known to answer ``None``, though it implements the hook.
        """
        others = [plugin for plugin in self._seated(hook) if not (runtime_passes and plugin is self._winner)]
        return all(getattr(plugin, "__name__", "").startswith("drum.formats.") for plugin in others)

    def _seated(self, hook: str) -> list[object]:
        return [plugin for plugin in self._manager.implementers(hook) if plugin not in self._away]

    def load_model(self, artifact: Artifact, spec: ModelSpec, settings: object) -> Any:
        """Load the artifact, or return ``None`` if nobody does."""
        try:
            return self._load_model(artifact=artifact, spec=spec, settings=settings)
        except ImportError as error:
            what = artifact.path.name if artifact.path else "the model"
            raise PluginDependencyError(
                f"Runtime '{artifact.runtime}' cannot load '{what}': {error}. Install what is missing into this "
                f"environment: {_install_line(error)}"
            ) from error

    def read_input(self, payload: Payload, spec: ModelSpec, model: Any) -> Batch | None:
        """Read a payload, or return ``None`` if nobody reads its media type."""
        return self._read_input(payload=payload, spec=spec, model=model)

    def transform(self, batch: Batch, model: Any, spec: ModelSpec, target: pd.DataFrame | None) -> Batch | None:
        """Transform a batch, or return ``None`` if nobody does."""
        return self._transform(batch=batch, model=model, spec=spec, target=target)

    def score(self, batch: Batch, model: Any, spec: ModelSpec) -> pd.DataFrame | None:
        """Score a batch, or return ``None`` if nobody does."""
        return cast("pd.DataFrame | None", self._score(batch=batch, model=model, spec=spec))

    def score_together(self, batches: Sequence[Batch], model: Any, spec: ModelSpec) -> pd.DataFrame | None:
        """Score frames of different types, or return ``None`` if each must be scored alone."""
        return cast("pd.DataFrame | None", self._score_together(batches=batches, model=model, spec=spec))

    def describe(self, model: Any, spec: ModelSpec) -> Mapping[str, Any] | None:
        """Return what is worth knowing about the loaded model, or ``None`` if there is nothing to tell."""
        return cast("Mapping[str, Any] | None", self._describe(model=model, spec=spec))

    def custom_hooks(self, model: Any, spec: ModelSpec) -> Sequence[str] | None:
        """Return the hooks that the user wrote in the runtime's language, or ``None`` if it calls none."""
        return cast("Sequence[str] | None", self._custom_hooks(model=model, spec=spec))

    def matrix_columns(self, model: Any, spec: ModelSpec) -> Sequence[str] | None:
        """Return the columns of which a matrix may be scored, or ``None`` if only frames may."""
        return cast("Sequence[str] | None", self._matrix_columns(model=model, spec=spec))

    def post_process(self, predictions: Predictions, model: Any, spec: ModelSpec) -> pd.DataFrame | None:
        """Post-process predictions, or return ``None`` if nobody does."""
        return cast("pd.DataFrame | None", self._post_process(predictions=predictions, model=model, spec=spec))

    def write_output(self, predictions: Predictions, media_type: str, spec: ModelSpec) -> bytes | None:
        """Write predictions, or return ``None`` if nobody writes this media type."""
        return cast("bytes | None", self._write_output(predictions=predictions, media_type=media_type, spec=spec))

    def score_unstructured(self, payload: Payload, model: Any, spec: ModelSpec) -> Reply | None:
        """Answer an unstructured payload, or return ``None`` if nobody does."""
        return cast("Reply | None", self._score_unstructured(payload=payload, model=model, spec=spec))

    @property
    def is_observed(self) -> bool:
        """Tell whether anybody wants to know what happened."""
        return bool(self._after_score)

    def after_score(self, record: ScoringRecord) -> None:
        """Tell every observer; what one of them raises is logged and goes no further."""
        _notify(self._after_score, {"record": record})

    def unload_model(self, model: Any, spec: ModelSpec) -> None:
        """Tell everybody seated that the model is done with."""
        _notify(self._unload_model, {"model": model, "spec": spec})


def _notify(callers: Sequence[tuple[str, Callable[..., Any]]], arguments: Mapping[str, object]) -> None:
    for name, call in callers:
        try:
            call(**arguments)
        except (Exception, SystemExit):
            log.exception("Plugin '%s' failed while it was told what happened; predictions are not affected.", name)


def _install_line(error: ImportError) -> str:
    if not error.name:
        return "pip install -r requirements.txt"
    package = error.name.partition(".")[0]
    return f"pip install {DISTRIBUTIONS.get(package, package)}"
