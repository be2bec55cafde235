"""The scorer: one model, opened once, through which every payload walks the same rooms.

*read, transform, score, check, post-process, check, write*: the command line, the server and the library all
call this class, so that a prediction does not depend on how the data came.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum import media_types, runtime_parameters
from drum.conforming import conform
from drum.contract import check_predictions, check_rows
from drum.custom_code import FILE_NAME, PLUGIN_NAME, find_custom_code, user_frames
from drum.custom_hooks import CUSTOM_FILES
from drum.detection import language_of
from drum.errors import (
    DrumError,
    MalformedInputError,
    NoArtifactError,
    NoScorerError,
    NotAcceptableError,
    ScoreError,
    UnsupportedMediaTypeError,
    WrongEndpointError,
)
from drum.input_schema import read_input_schema
from drum.metadata import declare, read_metadata
from drum.observation import observed, tell_each
from drum.plugins import PluginManager
from drum.rows import count_rows, is_frame, matrix_of, split
from drum.seated_model import SeatedModel
from drum.settings import Settings
from drum.type_schema import read_type_schema
from drum.types import Artifact, Batch, Concurrency, InputSchema, Payload, Predictions, Reply, TargetType

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

log = logging.getLogger("drum.scorer")


class Scorer:
    """One model and the hooks that serve it.

    ``Scorer(…)`` finds the model and runs the user's ``init``; :meth:`load` loads it (once; the other
    methods call it when needed); :meth:`close` lets go of it. Use it as a context manager.

    :raises DrumError: see :mod:`drum.errors` for who is at fault.
    """

    def __init__(self, code_dir: Path, settings: Settings, manager: PluginManager) -> None:
        self.code_dir = _existing_folder(code_dir)
        self.settings = settings
        metadata = read_metadata(self.code_dir)
        runtime_parameters.publish(metadata, _optional_path(settings["runtime_params_file"]))
        self.spec = replace(
            declare(self.code_dir, settings, metadata), schema=read_input_schema(self.code_dir, metadata)
        )
        self._schema = read_type_schema(metadata)
        self._allow_nan = bool(settings["allow_nan"])
        manager.hook.drum_configure.call_historic(manager.add_for_run, {"settings": settings, "spec": self.spec})
        self._custom = find_custom_code(self.code_dir)
        if self._custom is not None:
            manager.add(self._custom, PLUGIN_NAME)
        self._seated = SeatedModel(manager, self.spec, settings, self._custom)

    # -- what the engine around may ask

    @property
    def artifact(self) -> Artifact:
        """What was found in the code directory, and whose it is."""
        return self._seated.artifact

    @property
    def custom_hooks(self) -> tuple[str, ...]:
        """The hooks that the user wrote, in whichever language."""
        return self._seated.custom_hooks

    @property
    def row_wise(self) -> bool:
        """Tell whether each row is answered on its own, so that batches may be cut and joined."""
        return self._seated.row_wise

    @property
    def reads_own_payload(self) -> bool:
        """Tell whether payloads are read by custom code or by the runtime, not by the built-in formats."""
        return self._seated.reads_own_payload

    @property
    def is_observed(self) -> bool:
        """Tell whether somebody is told of every batch."""
        return self._seated.seat.is_observed

    @property
    def schema(self) -> InputSchema | None:
        """The recorded input schema, if there is one."""
        return self.spec.schema

    @property
    def reads_built_in_formats_only(self) -> bool:
        """Tell whether nobody but the built-in formats reads payloads, so that they may be read otherwise."""
        return self._seated.reads_built_in_formats_only

    @property
    def writes_built_in_formats_only(self) -> bool:
        """Tell whether nobody but the built-in formats writes predictions, so that many may be written at once."""
        return self._seated.writes_built_in_formats_only

    @property
    def matrix_columns(self) -> tuple[str, ...] | None:
        """The columns, in order, of which :meth:`predict` takes a matrix of numbers too; ``None`` if of none."""
        return None if self._schema else self._seated.matrix_columns

    @property
    def scores_together(self) -> bool:
        """Tell whether :meth:`predict_together` may know more than to score frames one by one."""
        return self._seated.scores_together and not self._schema

    @property
    def concurrency(self) -> Concurrency:
        """What may be done with the model at once; ask before it is loaded whether it may be forked."""
        return self._seated.concurrency

    def describe(self) -> Mapping[str, Any]:
        """Return what the runtime tells about the loaded model; nothing, if it fails to."""
        try:
            return self._seated.seat.describe(self._seated.model, self.spec) or {}
        except Exception:
            log.exception("Runtime '%s' cannot describe its model; no prediction is affected.", self.artifact.runtime)
            return {}

    def load(self) -> None:
        """Load the model, unless that is done.

        :raises LoadError: if the artifact cannot be loaded.
        :raises PluginDependencyError: if the framework is not installed.
        :raises NoScorerError: if custom code loaded a model that no runtime recognises.
        """
        self._seated.load()

    # -- the walk

    def score(
        self, data: pd.DataFrame | pa.Table | bytes | str | os.PathLike[str], *, media_type: str | None = None
    ) -> Predictions:
        """Score a DataFrame, an Arrow table, bytes, or the file at a path, all at once.

        :param data: features, a row for each prediction. Bytes are CSV unless ``media_type`` says otherwise.
        :param media_type: the format of bytes or of a file; by default a file's extension tells.
        :returns: checked predictions, a row for each row of ``data``.
        :raises InputError: if the data cannot be read or does not fit the model.
        :raises ModelError: if the model fails, or its predictions are not what the target type promises.
        """
        if isinstance(data, bytes):
            stated, charset = media_types.parse(media_type or media_types.CSV)
            return self.score_payload(Payload(body=data, media_type=stated, charset=charset, room=None))
        if isinstance(data, str | os.PathLike):
            return self.score_payload(media_types.payload_of_file(Path(data), media_type))
        table: Any = data
        if type(table).__module__.startswith("pyarrow"):
            table = table.to_pandas()
        if not is_frame(table):
            kind = type(data).__name__
            raise MalformedInputError(f"score takes a DataFrame, an Arrow table, bytes or a path, not a {kind}.")
        return self.predict(table)

    def score_payload(self, payload: Payload) -> Predictions:
        """Read a payload and score it.

        :raises InputError: if it cannot be read or does not fit the model.
        :raises ModelError: if the model is at fault.
        """
        self._refuse_unstructured()
        self.load()
        with observed(self._seated.seat, self.spec, payload) as happened:
            happened.batch = self.read(payload)
            target = self._read_target(payload, happened.batch)
            happened.predictions = predictions = self._walk(happened.batch, target, 0)
        return predictions

    def read(self, payload: Payload) -> Batch:
        """Read a payload into a batch.

        :raises UnsupportedMediaTypeError: if nobody reads its media type.
        :raises MalformedInputError: if it is not what its media type says.
        """
        self.load()
        if not payload.body and not self.reads_own_payload:
            raise MalformedInputError("The input is empty. Give at least a header and one row.")
        batch = self._seated.seat.read_input(payload, self.spec, self._seated.model)
        if batch is None:
            raise UnsupportedMediaTypeError(
                f"No plugin reads the media type '{payload.media_type}'. Known are {', '.join(media_types.KNOWN)}."
            )
        return self._conformed(batch, first_row=0)

    def _conformed(self, batch: Batch, first_row: int) -> Batch:
        """Hold a frame to the recorded schema, if there is one."""
        schema = self.spec.schema
        return batch if schema is None or not is_frame(batch) else conform(batch, schema, first_row=first_row)

    def _read_target(self, payload: Payload, batch: Batch) -> pd.DataFrame | None:
        """Read the target that was sent with the features; it is always a CSV, whoever reads the features."""
        body = payload.parts.get("y")
        if body is None:
            return None
        csv = Payload(body=body, media_type=media_types.CSV, room=payload.room)
        target: pd.DataFrame | None = self._seated.formats.read_input(csv, self.spec, self._seated.model)
        rows = count_rows(batch)
        if target is not None and rows is not None and len(target) != rows:
            raise MalformedInputError(f"The target has {len(target)} rows, but the features have {rows}.")
        return target

    def predict(self, batch: Batch, *, first_row: int = 0, as_read: bool = False) -> Predictions:
        """Score a batch that is in memory.

        :param batch: a ``DataFrame``, what :meth:`read` returned, or a matrix of the :attr:`matrix_columns`.
        :param first_row: number of the batch's first row in the whole input, from 0, for messages.
        :param as_read: whether :meth:`read` returned it, so that it has been held to the input schema already.
        :returns: checked predictions, a row for each row of the batch.
        :raises MalformedInputError: if it breaks the recorded input schema.
        :raises ModelError: if the model is at fault.
        """
        self._refuse_unstructured()
        self.load()
        if not as_read:
            batch = self._conformed(batch, first_row)
        with observed(self._seated.seat, self.spec, None, batch, self._seated.matrix_columns) as happened:
            happened.predictions = predictions = self._walk(batch, None, first_row)
        return predictions

    def predict_together(self, batches: Sequence[pd.DataFrame]) -> Predictions | None:
        """Score frames that :meth:`read` returned, and whose columns have the same names but not the same types.

        :returns: checked predictions, a row for each row of each frame; ``None`` if they must be scored one by one.
        :raises ModelError: if the model is at fault.
        """
        self.load()
        started = time.perf_counter()
        with self._guarded("make predictions"):
            output = self._seated.seat.score_together(batches, self._seated.model, self.spec)
        if output is None:
            return None
        counts = [len(batch) for batch in batches]
        predictions = self._finished(output, sum(counts), 0, None)
        if self.is_observed:
            tell_each(self._seated.seat, self.spec, batches, split(predictions, counts), time.perf_counter() - started)
        return predictions

    def _walk(self, batch: Batch, target: pd.DataFrame | None, first_row: int) -> Predictions:
        rows = count_rows(batch)
        if is_frame(batch):
            self._schema.check_input(batch)
        transformed, target = self._transform(batch, target, rows)
        if self.spec.target_type is TargetType.TRANSFORM:
            answer = check_predictions(
                self._seated.stage("transform"), transformed, self.spec, rows, first_row=first_row
            )
            self._schema.check_output(answer.frame)
            return replace(answer, target=target)
        return self._score(transformed, rows, first_row)

    def _transform(
        self, batch: Batch, target: pd.DataFrame | None, rows: int | None
    ) -> tuple[Batch, pd.DataFrame | None]:
        with self._guarded("transform the data"):
            answer = self._seated.seat.transform(batch, self._seated.model, self.spec, target)
        if answer is None:
            if self.spec.target_type is TargetType.TRANSFORM:
                raise self._nobody_answers("transform")
            return batch, target
        if isinstance(answer, tuple):
            answer, target = answer
            if target is not None:
                check_rows(f"{self._seated.stage('transform')} (target)", target, rows)
        if is_frame(batch):  # what only a runtime can open, only a runtime can count
            check_rows(self._seated.stage("transform"), answer, rows)
        return answer, target

    def _score(self, batch: Batch, rows: int | None, first_row: int) -> Predictions:
        with self._guarded("make predictions"):
            output = self._call_score(batch)
        if output is None:
            raise self._nobody_answers("score")
        return self._finished(output, rows, first_row, batch)

    def _finished(self, output: pd.DataFrame, rows: int | None, first_row: int, features: Batch | None) -> Predictions:
        """Return what was scored, checked, post-processed and checked again."""
        checked = self._check("score", output, rows, first_row, features)
        with self._guarded("post-process predictions"):
            changed = self._seated.seat.post_process(checked, self._seated.model, self.spec)
        return checked if changed is None else self._check("post_process", changed, rows, first_row)

    def _call_score(self, batch: Batch) -> pd.DataFrame | None:
        """Score a matrix where the runtime takes one; what goes wrong is said of the frame, which has column names."""
        matrix = matrix_of(batch, self._seated.matrix_columns)
        if matrix is not None:
            with suppress(Exception):
                return self._seated.seat.score(matrix, self._seated.model, self.spec)
        return self._seated.seat.score(batch, self._seated.model, self.spec)

    def _check(
        self, hook: str, output: pd.DataFrame, rows: int | None, first_row: int, features: Batch | None = None
    ) -> Predictions:
        stage, allow_nan = self._seated.stage(hook), self._allow_nan
        return check_predictions(
            stage, output, self.spec, rows, allow_nan=allow_nan, first_row=first_row, features=features
        )

    def _nobody_answers(self, hook: str) -> NoScorerError:
        file = CUSTOM_FILES.get(language_of(self.artifact.path), FILE_NAME)
        return NoScorerError(
            f"Runtime '{self.artifact.runtime}' has no '{hook}' for target type '{self.spec.target_type.value}'. "
            f"Choose another target type, or write a '{hook}' hook in {file}."
        )

    @contextmanager
    def _guarded(self, purpose: str) -> Iterator[None]:
        """Turn what a runtime raises into an error that says who failed at what."""
        try:
            yield
        except DrumError:
            raise
        except Exception as error:
            raise ScoreError(
                f"Runtime '{self.artifact.runtime}' failed to {purpose}. Exception: {type(error).__name__}: {error}",
                detail=user_frames(error, self.code_dir),
            ) from error

    def write(self, predictions: Predictions, media_type: str) -> bytes:
        """Write predictions in a format.

        :raises NotAcceptableError: if nobody writes it.
        """
        body = self._seated.seat.write_output(predictions, media_type, self.spec)
        if body is None:
            raise NotAcceptableError(
                f"No plugin writes the media type '{media_type}'. Known are {', '.join(media_types.KNOWN)}."
            )
        return body

    def score_unstructured(self, payload: Payload) -> Reply:
        """Answer an unstructured payload.

        :raises WrongEndpointError: if the target type is another one.
        :raises ModelError: if the model is at fault.
        """
        if self.spec.target_type is not TargetType.UNSTRUCTURED:
            raise WrongEndpointError(f"This model has target type '{self.spec.target_type.value}', not 'unstructured'.")
        self.load()
        with observed(self._seated.seat, self.spec, payload), self._guarded("make predictions"):
            reply = self._seated.seat.score_unstructured(payload, self._seated.model, self.spec)
            if reply is None:
                raise self._nobody_answers("score_unstructured")
        return reply

    def _refuse_unstructured(self) -> None:
        if self.spec.target_type is TargetType.UNSTRUCTURED:
            raise WrongEndpointError("This model has target type 'unstructured': call score_unstructured.")

    # -- the end

    def close(self) -> None:
        """Let go of the model; closing twice does no harm."""
        self._seated.unload()

    def __enter__(self) -> Scorer:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _existing_folder(path: Path) -> Path:
    folder = path.expanduser().resolve()
    if not folder.is_dir():
        raise NoArtifactError(
            f"The code directory '{path}' {'is not a folder' if folder.exists() else 'does not exist'}."
        )
    return folder


def _optional_path(value: str | Path | None) -> Path | None:
    return None if value is None else Path(value)
