"""What batch scoring asks of a scorer."""

from __future__ import annotations

from typing import Protocol

from drum.types import Batch, Concurrency, InputSchema, Payload, Predictions


class BatchScorer(Protocol):
    """The part of :class:`drum.scorer.Scorer` that scores files."""

    @property
    def concurrency(self) -> Concurrency:
        """What may be done with the loaded model at once; known before it is loaded."""

    @property
    def row_wise(self) -> bool:
        """Tell whether each row is answered on its own, so that batches may be cut."""

    @property
    def reads_own_payload(self) -> bool:
        """Tell whether somebody else than the built-in formats reads the file, and so gets it whole."""

    @property
    def is_observed(self) -> bool:
        """Tell whether somebody is told of every batch."""

    @property
    def schema(self) -> InputSchema | None:
        """The recorded input schema, if there is one: then no types are guessed."""

    def load(self) -> None:
        """Load the model, unless that is done."""

    def read(self, payload: Payload) -> Batch:
        """Read a payload into a batch."""

    def predict(self, batch: Batch, *, first_row: int = 0) -> Predictions:
        """Score a batch whose first row has the given number in the whole input."""

    def write(self, predictions: Predictions, media_type: str) -> bytes:
        """Write predictions in a format."""
