"""What a checkpoint was trained with, in a file beside it: hyperparameters, labels, and a fingerprint of the data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.columns import is_sparse
from drum.errors import LoadError
from drum_train.whole_file import write_whole

if TYPE_CHECKING:
    import pandas as pd

    from drum.types import TrainingData

SUFFIX = "_run.json"
"""What is added to the name of a checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """What a run is trained with.

    ``rows`` counts the data's rows, ``columns`` its features; ``fingerprint`` is a SHA-256 of all values, target and
    row weights too, in hexadecimal.
    """

    parameters: Mapping[str, Any]
    labels: Sequence[str]
    rows: int
    columns: int
    fingerprint: str

    @classmethod
    def of(cls, data: TrainingData, labels: Sequence[str]) -> RunRecord:
        """Return the record of a run, as it comes back from its file."""
        return cls(
            parameters=json.loads(json.dumps(dict(data.parameters), default=str)), labels=list(labels),
            rows=len(data.features), columns=data.features.shape[1], fingerprint=_fingerprint(data),
        )  # fmt: skip

    def write(self, checkpoint: Path) -> None:
        """Write it beside a checkpoint.

        :raises OutputError: if it cannot be written.
        """
        text = json.dumps(asdict(self), indent=1)
        write_whole(place_of(checkpoint), lambda path: path.write_text(text, encoding="utf-8"))

    def other_data(self, now: RunRecord) -> str | None:
        """Say how the data of another run differ; ``None`` if they do not."""
        if (self.rows, self.columns) != (now.rows, now.columns):
            return (
                f"it was {self.rows:,} rows of {self.columns:,} features, now it is {now.rows:,} rows of "
                f"{now.columns:,} features"
            )
        if self.fingerprint != now.fingerprint:
            return f"{now.rows:,} rows of {now.columns:,} features, but with other names or values in them"
        return None

    def other_parameters(self, now: RunRecord) -> list[str]:
        """Return for each hyperparameter that is given otherwise now, what it was and what it is."""
        return [
            f"'{name}' is {self.parameters[name]!r} there, {value!r} is given"
            if name in self.parameters
            else f"'{name}' is not given there, {value!r} is given"
            for name, value in now.parameters.items()
            if name not in self.parameters or self.parameters[name] != value
        ]


def record_of(checkpoint: Path) -> RunRecord | None:
    """Return the record beside a checkpoint, if there is one.

    :raises LoadError: if it is damaged.
    """
    path = place_of(checkpoint)
    try:
        return RunRecord(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise LoadError(f"'{path}', which says what the checkpoint was trained with, is damaged ({error}).") from error


def place_of(checkpoint: Path) -> Path:
    """Return where the record of a checkpoint lies."""
    return checkpoint.with_name(f"{checkpoint.stem}{SUFFIX}")


def _fingerprint(data: TrainingData) -> str:
    from hashlib import sha256

    digest = sha256()
    part: Any
    for part in (data.features, data.target, data.row_weights):
        digest.update(b"none" if part is None else _values(part if part.ndim == 2 else part.to_frame()))
    return digest.hexdigest()


def _values(frame: pd.DataFrame) -> bytes:
    """Return hashes of the rows, or of what sparse columns hold, behind the names of the columns."""
    import pandas as pd

    names = json.dumps([str(name) for name in frame.columns]).encode()
    if is_sparse(frame):
        return names + b"".join(_sparse_values(column.array) for _, column in frame.items())
    return names + pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes()


def _sparse_values(column: Any) -> bytes:
    import pandas as pd

    held = pd.util.hash_array(column.sp_values).tobytes()
    return repr(column.fill_value).encode() + column.sp_index.indices.tobytes() + held  # type: ignore[no-any-return]
