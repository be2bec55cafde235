"""A model on the JVM, whichever library it is of: its features, its labels, its predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from drum.contract import framed
from drum.errors import ModelContractError, ScoreError
from drum.settings import Settings, threads_per_call
from drum.types import PREDICTIONS, ModelSpec, TargetType
from drum_java.buffers import Exchange
from drum_java.columns import chosen, of_matrix
from drum_java.jvm import texts
from drum_java.thrown import raising

if TYPE_CHECKING:
    import pandas as pd


class JavaModel:
    """What was loaded.

    :param scorer: an object of a class that implements ``drum.internal.Scorer``.
    :param loader: of the model's classes.
    """

    def __init__(self, jpype: Any, scorer: Any, loader: Any, settings: Settings) -> None:
        self._session = jpype.JClass("drum.internal.Session")(scorer, loader, threads_per_call(settings))
        self.features = texts(scorer.features())
        self.feature_types = texts(scorer.featureTypes())
        self.labels = texts(scorer.labels())
        self.description = str(scorer.description())
        self._exchange = Exchange(jpype, self._session, self.features, max(1, len(self.labels)))

    @property
    def matrix_columns(self) -> Sequence[str] | None:
        """The columns of a matrix that gives the same predictions; ``None`` where the model takes text."""
        return None if "text" in self.feature_types else self.features

    def score(self, batch: pd.DataFrame | Any, spec: ModelSpec) -> pd.DataFrame:
        """Predict.

        :param batch: a frame, or a matrix of the :attr:`matrix_columns`.
        :raises MalformedInputError: if columns are missing or of another type.
        :raises ModelContractError: if this kind of model does not give what the target type promises.
        """
        self._check(spec)
        is_frame = hasattr(batch, "columns")
        columns = chosen(batch, self.features, self.feature_types) if is_frame else of_matrix(batch)
        with raising(ScoreError, "The model failed to make predictions."):
            values = self._exchange.score(columns, len(batch))
        return framed(values, self.labels or [PREDICTIONS])

    def _check(self, spec: ModelSpec) -> None:
        kind = spec.target_type
        if self.labels and not kind.is_classification:
            raise ModelContractError(
                f"The model predicts the classes {list(self.labels)}, but target type '{kind.value}' takes one number "
                "a row. Choose another target type."
            )
        if not self.labels and kind.is_classification and kind is not TargetType.BINARY:
            raise ModelContractError(
                f"The model ({self.description}) gives one number a row, but target type '{kind.value}' takes a "
                "probability for each class. Choose another target type."
            )

    def close(self) -> None:
        """Let go of the model's classes and threads."""
        self._session.close()


def describe(model: JavaModel) -> dict[str, Any]:
    """Tell what is worth knowing of a model."""
    import jpype

    return {"model": model.description, "java": ".".join(map(str, jpype.getJVMVersion()))}
