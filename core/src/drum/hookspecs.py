"""THE contract between the core and its plugins: twenty-two hooks, in the order in which a run meets them.

A plugin is a module (or object) whose functions carry :data:`hookimpl` and the name of a hook. It names
only the parameters that it needs. ``None`` always means "I pass". Every hook is synchronous.

Who is asked, and in which order, is fixed when the model is opened (see ``docs/architecture.md``):
*wrappers, custom code, the seated runtime, built-in formats*. A plugin that implements ``drum_detect``
is a *runtime*; it is asked only while its own model is seated, so it never checks whose model it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from prometheus_client.registry import Collector
    from starlette.routing import BaseRoute

    from drum.cli.commands import Commands
    from drum.engines import Engines
    from drum.settings import Options, Settings
    from drum.types import (
        Artifact,
        Batch,
        Detection,
        ModelSpec,
        Payload,
        Predictions,
        Reply,
        ScoringRecord,
        TrainingData,
    )

hookspec = pluggy.HookspecMarker("drum")
hookimpl = pluggy.HookimplMarker("drum")

# ------------------------------------------------------------------------------------- before a run


@hookspec
def drum_add_options(options: Options) -> None:
    """Add options of the plugin's own to the command line, and with them their environment variables.

    The result is ignored, so ``None`` is what everybody returns.

    :param options: the registry; call its ``add``.

    Not called when ``drum`` only prints its version.
    """


@hookspec
def drum_add_commands(commands: Commands) -> None:
    """Add subcommands of the plugin's own, such as ``drum monitor``.

    The result is ignored, so ``None`` is what everybody returns.

    :param commands: the registry; call its ``add``.

    Not called when ``drum`` is used as a library.
    """


@hookspec
def drum_add_engines(engines: Engines) -> None:
    """Add ways to score many rows, for ``drum score --engine NAME``; the one called ``local`` is the core's own.

    The result is ignored, so ``None`` is what everybody returns.

    :param engines: the registry; call its ``add``.

    Not called when another command than ``drum score`` is run.
    """


@hookspec(historic=True)
def drum_configure(settings: Settings, spec: ModelSpec) -> object | None:
    """Prepare for a run: settings are resolved, nothing has been looked for or loaded.

    What is returned is registered as a plugin of this run: hooks that only some settings ask for, and that nobody
    else should pay for. ``None`` adds nothing. An exception ends the run. A plugin that is registered later, such as
    custom code, is told at its registration.

    :param settings: the value of every option, and where it came from.
    :param spec: what the user declared about the model.

    Not called when a command works on no model (``drum plugins``, ``drum new``).
    """


# -------------------------------------------------------------------------------- training


@hookspec(firstresult=True)
def drum_fit(training: TrainingData, output_dir: Path, spec: ModelSpec, settings: Settings) -> bool | None:
    """Train with the user's hook ``fit`` in the runtime's own language (``custom.R``), and write the artifact.

    ``True`` says that the hook was called, ``None`` that the user wrote none. Whatever goes wrong is an exception.

    :param training: the rows to learn from, and the hyperparameters.
    :param output_dir: a copy of the code directory, which is scored afterwards.
    :param spec: what the user declared about the model; the labels are those of the target if none were declared.
    :param settings: the value of every option, and where it came from.

    Not called when a model is scored: ``drum fit`` of drum-train calls it.
    """


# -------------------------------------------------------------------------------- finding the model


@hookspec
def drum_detect(code_dir: Path, spec: ModelSpec) -> Detection | None:
    """Vote on a code directory by looking at its files: never import the framework, never unpickle.

    ``None`` means that nothing here is for this runtime.

    :param code_dir: the folder; artifacts lie at its top level.
    :param spec: what the user declared about the model.

    Not called when ``--runtime`` names another runtime, or when custom code loads the model itself.
    """


@hookspec
def drum_recognize(model: Any) -> Detection | None:
    """Vote on a model that custom code has loaded: can this runtime score it?

    ``None`` means that this is not the runtime's kind of model. Look at the class's module first, so
    that no framework is imported for a model of another one.

    :param model: what the custom ``load_model`` returned.

    Not called when custom code scores by itself, or when it does not load the model.
    """


@hookspec(firstresult=True)
def drum_load_model(artifact: Artifact, spec: ModelSpec, settings: Settings) -> Any:
    """Load the artifact. Here, at the earliest, the framework is imported.

    ``None`` means that the plugin does not load this artifact.

    :param artifact: the vote that won.
    :param spec: what the user declared about the model.
    :param settings: the value of every option.

    Not called when neither artifact nor custom ``load_model`` exists: then the model is ``None``.
    """


@hookspec(firstresult=True)
def drum_describe(model: Any, spec: ModelSpec) -> Mapping[str, Any] | None:
    """Tell what is worth knowing about the loaded model, such as the device it runs on: ``/info/`` shows it.

    ``None`` means that there is nothing to tell. What JSON cannot hold is shown as text.

    :param model: the loaded model.
    :param spec: what the user declared about the model.

    Not called when no server runs.
    """


@hookspec(firstresult=True)
def drum_custom_hooks(model: Any, spec: ModelSpec) -> Sequence[str] | None:
    """Name the hooks that the user wrote in the runtime's own language (``custom.R``), and which the runtime calls.

    The names are those of ``custom.py``. Where hooks could look across rows, batches are neither cut nor joined; where
    one reads the input, the built-in formats do not. A runtime that implements this is loaded before it is asked how
    it may be used. ``None`` means that the user wrote none.

    :param model: the loaded model.
    :param spec: what the user declared about the model.

    Not called when the hooks are in ``custom.py``: the core knows those.
    """


@hookspec(firstresult=True)
def drum_matrix_columns(model: Any, spec: ModelSpec) -> Sequence[str] | None:
    """Name the columns, in order, of which ``drum_score`` takes a matrix as well, with the very same predictions.

    Then small numeric requests are scored without a frame, which costs more to build than many models take to
    score. The matrix is a 2-D NumPy array of float64, or of int64 where every value is whole, and laid out like
    the frame's own values. ``None`` means that only frames will do.

    :param model: the loaded model.
    :param spec: what the user declared about the model.

    Not called when custom code or another plugin takes part in scoring: they are promised frames.
    """


# --------------------------------------------------------------------------------- the walk of a batch


@hookspec(firstresult=True)
def drum_read_input(payload: Payload, spec: ModelSpec, model: Any) -> Batch | None:
    """Read a payload into a batch: a ``DataFrame``, or whatever this runtime itself scores.

    ``None`` means that the plugin does not read this media type.

    :param payload: the bytes as they arrived, with their media type.
    :param spec: what the user declared about the model.
    :param model: the loaded model.

    Not called when the batch is given as an object, or for target type *unstructured*.
    """


@hookspec(firstresult=True)
def drum_transform(batch: Batch, model: Any, spec: ModelSpec, target: pd.DataFrame | None) -> Batch | None:
    """Change features before scoring; for target type *transform*, this is the answer.

    ``None`` from all means: unchanged (for target type *transform* it is a ``NoScorerError``). With a
    target, the answer may be a pair of features and target. Rows are neither added nor dropped.

    :param batch: what ``drum_read_input`` returned.
    :param model: the loaded model.
    :param spec: what the user declared about the model.
    :param target: the target that was sent with the features, for target type *transform* only.

    Not called when the target type is *unstructured*.
    """


@hookspec(firstresult=True)
def drum_score(batch: Batch, model: Any, spec: ModelSpec) -> pd.DataFrame | None:
    """Predict: a row for each row of the batch; columns are labels, or one column of values.

    ``None`` from all is a ``NoScorerError``. Order and spelling of labels, ranges and sums are the
    core's concern: return the model's own label names and its own numbers.

    :param batch: the features.
    :param model: the loaded model.
    :param spec: what the user declared about the model.

    Not called when the target type is *transform* or *unstructured*.
    """


@hookspec(firstresult=True)
def drum_score_together(batches: Sequence[pd.DataFrame], model: Any, spec: ModelSpec) -> pd.DataFrame | None:
    """Predict for frames that have the same columns, but not of the same types, in fewer calls than one each.

    Rows that wait at the server together are read on their own, and only frames whose types agree are joined. A runtime
    that knows where types stop mattering can do more. Each row's prediction must be the one that ``drum_score`` gives
    for its frame. The answer has a row for each row of each frame, in their order; ``None`` means that the frames are
    to be scored one by one, as does an exception.

    :param batches: the features, two frames or more.
    :param model: the loaded model.
    :param spec: what the user declared about the model.

    Not called when custom code or another plugin takes part in scoring, when the runtime takes matrices, or when the
    target type is *transform* or *unstructured*.
    """


@hookspec(firstresult=True)
def drum_post_process(predictions: Predictions, model: Any, spec: ModelSpec) -> pd.DataFrame | None:
    """Change checked predictions; the answer is checked again.

    ``None`` from all means: unchanged.

    :param predictions: checked predictions, columns in the declared order.
    :param model: the loaded model.
    :param spec: what the user declared about the model.

    Not called when the target type is *transform* or *unstructured*.
    """


@hookspec(firstresult=True)
def drum_write_output(predictions: Predictions, media_type: str, spec: ModelSpec) -> bytes | None:
    """Write predictions in the format that was asked for.

    ``None`` means that the plugin does not write this media type.

    :param predictions: checked predictions.
    :param media_type: lower case, without parameters.
    :param spec: what the user declared about the model.

    Not called when predictions stay in memory, or for target type *unstructured*.
    """


@hookspec(firstresult=True)
def drum_score_unstructured(payload: Payload, model: Any, spec: ModelSpec) -> Reply | None:
    """Answer a payload of any form with a reply of any form.

    ``None`` from all is a ``NoScorerError``.

    :param payload: the bytes as they arrived, with query and headers.
    :param model: the loaded model.
    :param spec: what the user declared about the model.

    Not called when the target type is another one than *unstructured*.
    """


# ------------------------------------------------------------------------------------------ afterwards


@hookspec
def drum_after_score(record: ScoringRecord) -> None:
    """Observe what happened. The answer is already composed: nothing here can change or break it.

    The result is ignored; an exception is logged and counted, never raised. Return quickly.

    :param record: payload, batch, predictions or error, and the time it took.

    Not called when the payload never reached the scorer (refused by a limit, for instance).
    """


@hookspec
def drum_unload_model(model: Any, spec: ModelSpec) -> None:
    """Let go of the model's resources; the seated runtime and crosscutting plugins are told.

    The result is ignored; an exception is logged.

    :param model: the loaded model; ``None`` where custom code scores without one.
    :param spec: what the user declared about the model.

    Not called when nothing was loaded, or when the process is killed.
    """


@hookspec
def drum_add_routes(settings: Settings) -> list[BaseRoute] | None:
    """Add HTTP routes to the server's front, which has neither the model nor its framework: workers have them.

    An empty list, or ``None``, adds nothing.

    :param settings: the value of every option.

    Not called when no server runs.
    """


@hookspec
def drum_add_metrics(settings: Settings) -> list[Collector] | None:
    """Add collectors of Prometheus metrics to what ``/metrics`` shows; they are asked in the front, at each scrape.

    An empty list, or ``None``, adds nothing. Called before workers start, so that what is put into the environment
    reaches them.

    :param settings: the value of every option.

    Not called when no server runs.
    """
