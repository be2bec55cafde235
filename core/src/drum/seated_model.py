"""The model of a run, and who scores it: found by vote, or recognised once custom code has loaded it."""

from __future__ import annotations

import logging
import time
from typing import Any

from drum import detection
from drum.custom_code import CustomCode, custom_artifact, user_frames
from drum.custom_hooks import HOOKS_ACROSS_ROWS, answering_hook
from drum.errors import DrumError, HookContractError, LoadError, NoScorerError
from drum.plugins import PluginManager, Seat
from drum.settings import Settings
from drum.types import Artifact, Concurrency, ModelSpec, TargetType

log = logging.getLogger("drum.model")


class SeatedModel:
    """One model with its seat: the hooks of its runtime, of custom code and of the crosscutting plugins.

    :raises DetectionError: if nobody can tell what the code directory holds.
    :raises LoadError: if the artifact is empty or only a pointer to itself.
    """

    def __init__(self, manager: PluginManager, spec: ModelSpec, settings: Settings, custom: CustomCode | None) -> None:
        self._manager = manager
        self._spec = spec
        self._settings = settings
        self._custom = custom
        self.artifact, self.seat = self._take_seat()
        self.formats = Seat(manager, None, away=[custom] if custom else [])
        self.model: Any = None
        self.is_loaded = False
        self._custom_hooks = custom.hooks if custom is not None else ()
        self.matrix_columns: tuple[str, ...] | None = None
        self.scores_together = False
        self.reads_built_in_formats_only = False
        self.writes_built_in_formats_only = False

    # -- who scores

    def _take_seat(self) -> tuple[Artifact, Seat]:
        """Find who scores; with a custom ``load_model`` nobody knows before the model is there."""
        if self.customizes("load_model"):
            return custom_artifact(), Seat(self._manager, None)
        vote = detection.detect(self._manager, self._spec, self._settings["runtime"], self._settings["language"])
        if vote is not None:
            return vote.artifact, Seat(self._manager, vote.plugin)
        if self._scores_by_itself:
            return custom_artifact(), Seat(self._manager, None)
        hook = answering_hook(self._spec.target_type) if self._custom is not None else None
        raise detection.nothing_found(self._spec.code_dir, hook)

    @property
    def _scores_by_itself(self) -> bool:
        """Whether custom code gives the answer, so that no runtime is needed."""
        return self.customizes(answering_hook(self._spec.target_type))

    def _seat_for_loaded_model(self) -> None:
        vote = detection.recognize(self._manager, self.model, self._settings["runtime"])
        if vote is None:
            kind = type(self.model)
            raise NoScorerError(
                f"Custom load_model returned a {kind.__module__}.{kind.__qualname__}, which no installed runtime "
                "recognises. Install the plugin for it, or write a 'score' hook in custom.py."
            )
        self.artifact, self.seat = vote.artifact, Seat(self._manager, vote.plugin)

    # -- loading

    def load(self) -> None:
        """Load the model, unless that is done.

        :raises LoadError: if the artifact cannot be loaded.
        :raises PluginDependencyError: if the framework is not installed.
        :raises NoScorerError: if custom code loaded a model that no runtime recognises.
        """
        if self.is_loaded:
            return
        started = time.perf_counter()
        self.model = self._load()
        if self.customizes("load_model") and not self._scores_by_itself:
            self._seat_for_loaded_model()
        self._custom_hooks += tuple(self.seat.custom_hooks(self.model, self._spec) or ())
        is_alone = self._custom is None and self.seat.is_left_to_runtime(
            "drum_transform", "drum_score", "drum_post_process"
        )
        if is_alone:  # nobody else is promised frames, each as it was read
            columns = self.seat.matrix_columns(self.model, self._spec)
            self.matrix_columns = None if columns is None else tuple(columns)
            self.scores_together = (
                columns is None
                and self._spec.target_type is not TargetType.TRANSFORM
                and self.seat.runtime_implements("drum_score_together")
            )
        self.is_loaded = True
        self.reads_built_in_formats_only = self.seat.is_left_to_formats(
            "drum_read_input", runtime_passes=not self.reads_own_payload
        )
        self.writes_built_in_formats_only = self.seat.is_left_to_formats("drum_write_output")
        log.info("Loaded the model with runtime '%s' in %.2f s.", self.artifact.runtime, time.perf_counter() - started)

    def _load(self) -> Any:
        if self.artifact == custom_artifact() and not self.customizes("load_model"):
            return None
        what = self.artifact.path.name if self.artifact.path else "the model"
        try:
            model = self.seat.load_model(self.artifact, self._spec, self._settings)
        except DrumError:
            raise
        except Exception as error:
            raise LoadError(
                f"Runtime '{self.artifact.runtime}' cannot load '{what}'. Exception: {type(error).__name__}: {error}",
                detail=user_frames(error, self._spec.code_dir),
            ) from error
        if model is None:
            raise HookContractError(f"Runtime '{self.artifact.runtime}' won the vote but returned no model.")
        return model

    def unload(self) -> None:
        """Let go of the model; doing so twice does no harm."""
        if self.is_loaded:
            self.is_loaded = False
            self.seat.unload_model(self.model, self._spec)
            self.model = None

    # -- what it is like

    @property
    def custom_hooks(self) -> tuple[str, ...]:
        """The hooks that the user wrote in any language; a runtime tells those of its own once it is loaded."""
        if not self.is_loaded and self.seat.runtime_implements("drum_custom_hooks"):
            self.load()
        return self._custom_hooks

    def customizes(self, *hooks: str) -> bool:
        """Tell whether ``custom.py`` defines any of these hooks."""
        return self._custom is not None and self._custom.defines(*hooks)

    def stage(self, hook: str) -> str:
        """Return who answers ``hook``, for messages."""
        return f"Model '{hook}' hook" if hook in self._custom_hooks else f"Runtime '{self.artifact.runtime}'"

    @property
    def row_wise(self) -> bool:
        """Tell whether each row is answered on its own, so that batches may be cut and joined."""
        return bool(self._settings.get("batch")) or HOOKS_ACROSS_ROWS.isdisjoint(self.custom_hooks)

    @property
    def reads_own_payload(self) -> bool:
        """Tell whether payloads are read by the user's code or by the runtime, not by the built-in formats."""
        if self.seat.runtime_implements("drum_custom_hooks"):
            return "read_input_data" in self.custom_hooks
        return self.customizes("read_input_data") or self.seat.runtime_implements("drum_read_input")

    @property
    def concurrency(self) -> Concurrency:
        """What may be done with the loaded model at once.

        Custom code promises nothing. A model may be forked only by who has it loaded for that: once it is in use,
        its libraries may have started threads. Observers keep queues and threads, which do not survive a fork.
        """
        if self._custom is not None:
            return Concurrency.SERIAL
        if self.is_loaded or self.seat.is_observed:
            return self.artifact.concurrency & ~Concurrency.FORK
        return self.artifact.concurrency
