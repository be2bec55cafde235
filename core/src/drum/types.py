"""The nouns that hooks exchange; nothing here imports more than the standard library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, Flag, IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

PREDICTIONS = "Predictions"
"""The name of the output column of every single-column target type."""


class TargetType(str, Enum):
    """What kind of answer a model gives, and so what its predictions must look like."""

    BINARY = "binary"
    REGRESSION = "regression"
    MULTICLASS = "multiclass"
    MULTILABEL = "multilabel"
    ANOMALY = "anomaly"
    TRANSFORM = "transform"
    UNSTRUCTURED = "unstructured"
    TEXT_GENERATION = "textgeneration"
    GEO_POINT = "geopoint"
    VECTOR_DATABASE = "vectordatabase"
    AGENTIC_WORKFLOW = "agenticworkflow"

    @property
    def is_classification(self) -> bool:
        """Tell whether predictions have one probability column per class label."""
        return self in (TargetType.BINARY, TargetType.MULTICLASS, TargetType.MULTILABEL)

    @property
    def is_single_column(self) -> bool:
        """Tell whether predictions are one column named ``Predictions``."""
        return not self.is_classification and self not in (TargetType.TRANSFORM, TargetType.UNSTRUCTURED)

    @property
    def is_numeric(self) -> bool:
        """Tell whether every prediction is a number."""
        return self.is_classification or self in (TargetType.REGRESSION, TargetType.ANOMALY)


class Match(IntEnum):
    """How sure a plugin is that an artifact is its own: the strongest vote wins."""

    NAMED = 1
    """By the file's extension."""
    PROVEN = 2
    """By the file's content."""


class Concurrency(Flag):
    """What the engine may do with a loaded model to use more than one core."""

    SERIAL = 0
    """One call at a time, in the process that loaded the model."""
    THREADS = 1
    """Scoring may be called from several threads at once."""
    FORK = 2
    """The loaded model may be inherited by a forked process and scored there, if it was not scored before."""


class ColumnKind(str, Enum):
    """What the values of a column are."""

    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXT = "text"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of an input schema: the rules for its values, and what was **seen** when it was recorded.

    ``missing`` tells whether values may be missing; ``minimum``, ``maximum`` and ``categories`` are rules where
    they are given. ``seen`` holds the same keys, for documentation only.
    """

    name: str
    kind: ColumnKind
    missing: bool = True
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] = ()
    seen: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InputSchema:
    """The columns that payloads must have; ``source`` is the file that says so, for messages."""

    columns: tuple[Column, ...]
    source: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def texts(self) -> frozenset[str]:
        """The names of the columns that are text, whatever their values look like."""
        return frozenset(column.name for column in self.columns if column.kind is ColumnKind.TEXT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """What the user **declared** about a model.

    ``labels`` are the class labels in the order in which predictions leave: ``(negative, positive)``
    for a binary target, as declared for multiclass and multilabel, empty otherwise. ``schema`` is the recorded
    input schema, if there is one.
    """

    code_dir: Path
    target_type: TargetType
    name: str | None = None
    target_name: str | None = None
    labels: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    schema: InputSchema | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One plugin's **vote** on a code directory."""

    runtime: str
    path: Path | None = None
    match: Match = Match.NAMED
    concurrency: Concurrency = Concurrency.SERIAL
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """The vote that **won**: a file (or none, if the runtime needs none) and who loads it."""

    runtime: str
    path: Path | None = None
    concurrency: Concurrency = Concurrency.SERIAL


ROOM = 2**31
"""Bytes of memory that the rows of a request may take, unless more is allowed."""
ROOM_PER_BYTE = 16
"""How many times as much memory as bytes a request may take, if that is more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """Bytes as they **arrived**, and what the sender said about them.

    ``media_type`` is lower case and without parameters; the empty string means that none was given.
    ``parts`` holds what came beside the body: ``X.colnames`` (column names of a sparse matrix, a
    line each) and ``y`` (the target of a transform). ``room`` is how many bytes of memory the rows may take
    when they are read, however few they have arrived in; ``None`` for as many as they need, where the data are
    the user's own file.
    """

    body: bytes
    media_type: str = ""
    charset: str = "utf-8"
    parts: Mapping[str, bytes] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    room: int | None = ROOM

    @property
    def size(self) -> int:
        """The bytes of the body and of all parts."""
        return len(self.body) + sum(map(len, self.parts.values()))


Batch = Any
"""Features: a ``pandas.DataFrame``, unless whoever read them also scores them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """Checked output, a row for each row of the batch.

    ``frame`` has the class labels, or ``Predictions``, as its columns (the transformed features for
    target type *transform*); ``extra`` holds further columns that the model gave, if any;
    ``target`` is the transformed target, if one was sent to a transform.
    """

    frame: pd.DataFrame
    extra: pd.DataFrame | None = None
    target: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer of an unstructured model."""

    body: bytes
    media_type: str = "application/octet-stream"
    charset: str = "utf8"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingData:
    """What a model **learns** from.

    ``features`` are the rows, without target and weights. ``target`` is a ``Series``, in which classes are text; a
    ``DataFrame`` with a column of 0 and 1 for each label (multilabel); or ``None``. ``row_weights`` are numbers of 0 or
    more, or ``None``. ``parameters`` are hyperparameters by name, checked where ``model-metadata.yaml`` declares them.
    """

    features: pd.DataFrame
    target: pd.Series[Any] | pd.DataFrame | None = None
    row_weights: pd.Series[Any] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringRecord:
    """What **happened** to one payload or batch; observers get it when all is done.

    ``scored`` is what was scored, in the form in which it was: a frame, a matrix of ``matrix_columns``, or what the
    runtime itself reads; ``answer`` is what was answered. Both are to be read only: :attr:`batch` and
    :attr:`predictions` are theirs in a form that may be changed. ``started_at`` is in seconds since the epoch,
    ``seconds`` is the time that scoring took.

    Each attribute that is a frame is made when it is asked for, and anew each time. Where many small requests are
    scored, frames for observers would cost a tenth of all that a worker does; ``scored`` and ``answer`` do not.
    """

    spec: ModelSpec
    payload: Payload | None
    scored: Batch | None
    answer: Predictions | None
    error: BaseException | None
    started_at: float
    seconds: float
    matrix_columns: Sequence[str] | None = None

    @property
    def matrix(self) -> NDArray[Any] | None:
        """The features as a matrix of ``matrix_columns``, where they were scored as one."""
        return self.scored if self.matrix_columns is not None and type(self.scored).__name__ == "ndarray" else None

    @property
    def batch(self) -> Batch | None:
        """What was scored: a frame, or what the runtime itself reads; ``None`` if it could not be read."""
        if self.matrix is None or self.matrix_columns is None:
            return self.scored
        import pandas as pd

        return pd.DataFrame(self.matrix, columns=list(self.matrix_columns), copy=False)

    @property
    def predictions(self) -> Predictions | None:
        """The answer, in copies; ``None`` if there was none."""
        seen = self.answer
        if seen is None:
            return None
        extra = None if seen.extra is None else seen.extra.copy(deep=False)
        return replace(seen, frame=seen.frame.copy(deep=False), extra=extra)
