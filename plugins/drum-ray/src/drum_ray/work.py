"""What is done far away: survey a partition, and score one in an actor that has opened the model once."""

from __future__ import annotations

import gc
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from drum import errors, media_types
from drum.errors import DrumError, MalformedInputError
from drum_ray.locations import Location, refusing
from drum_ray.model_copy import ModelCopy, unpack
from drum_ray.output_folder import delivered
from drum_ray.partitions import Partition

if TYPE_CHECKING:
    from drum.batch.partitions import Alignment, Survey, WholeTypes, Witnesses


@dataclass(frozen=True, slots=True)
class Failure:
    """An error on its way home: the name of its class in :mod:`drum.errors`, and what it said."""

    kind: str
    message: str
    detail: str = ""

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """Note down an error."""
        if not isinstance(error, DrumError):
            return cls(
                "DrumError", f"Unexpected {type(error).__name__}: {error}", "".join(traceback.format_exception(error))
            )
        known = next(base for base in type(error).__mro__ if base.__module__ == DrumError.__module__)
        return cls(known.__name__, error.message, error.detail)

    def error(self, message: str = "") -> DrumError:
        """Return the error, or one of its class with another message."""
        found: DrumError = getattr(errors, self.kind)(message or self.message)
        found.detail = self.detail
        return found


MOST_ATTEMPTS = 4
LOST = Failure(
    "WorkerDiedError",
    f"The process that scores it was lost {MOST_ATTEMPTS} times, for lack of memory or by a crash of the framework.",
)

# ------------------------------------------------------------------------------------- surveys


def survey_partition(place: Location, media_type: str) -> Survey | Failure | None:
    """Look through a partition; ``None`` if it has no rows."""
    from drum.batch import partitions

    try:
        if media_type == media_types.PARQUET and not place.is_local:
            with refusing(place.text, MalformedInputError), place.filesystem.open_input_file(place.path) as file:
                return partitions.survey_columns(file)
        with fetched(place) as path:
            return partitions.survey(path)
    except partitions.NoRowsError:
        return None
    except DrumError as error:
        return Failure.of(error)


def words_of_partition(place: Location, columns: Sequence[int]) -> Mapping[int, Witnesses]:
    """Look for the words that decide the types of some columns."""
    from drum.batch.partitions import survey_words

    with fetched(place) as path:
        return survey_words(path, columns)


@contextmanager
def fetched(place: Location) -> Iterator[Path]:
    """Yield the path of a file, which is a copy if it lies elsewhere.

    :raises MalformedInputError: if it cannot be read.
    """
    if place.is_local:
        yield Path(place.path)
        return
    import pyarrow.fs as fs

    with TemporaryDirectory(prefix="drum-in-") as folder:
        path = Path(folder, place.path.rpartition("/")[2])
        with refusing(place.text, MalformedInputError):
            fs.copy_files(
                place.path, str(path), source_filesystem=place.filesystem, destination_filesystem=fs.LocalFileSystem()
            )
        yield path


# ------------------------------------------------------------------------------------- scoring


@dataclass(frozen=True, slots=True)
class Task:
    """A partition to score: where it is, in the store and among all rows, and where its predictions go."""

    partition: Partition
    source: Location
    target: Location
    alignment: Alignment | None


@dataclass(frozen=True, slots=True)
class Work:
    """What all actors are told; ``attempts`` is the actor that all of them ask."""

    model: ModelCopy
    types: WholeTypes
    batch_rows: int | None
    tasks: Mapping[int, Task]
    attempts: Any


class Attempts:
    """Counts how often each partition was begun: Ray tries again for ever, and a partition may kill each actor."""

    def __init__(self) -> None:
        self._begun: Counter[int] = Counter()

    def begin(self, number: int) -> bool:
        """Tell whether a partition may be tried once more."""
        self._begun[number] += 1
        return self._begun[number] <= MOST_ATTEMPTS


class ScoringActor:
    """Opens the model once, and scores partitions; what goes wrong with one of them harms no other.

    A model that cannot be opened is told with the first partition: what is raised here, Ray would try again.

    :param work: a reference to the :class:`Work`, which Ray keeps once on each machine.
    :param archive: a reference to the packed model, if it is not on this machine.
    """

    def __init__(self, work: Any, archive: Any = None) -> None:
        import ray

        self._work: Work = ray.get(work)
        self._scorer: Any = None
        self._refusal: Failure | None = None
        self._folder = TemporaryDirectory(prefix="drum-model-")
        try:
            if archive is not None:
                unpack(ray.get(archive), Path(self._folder.name))
            self._scorer = self._work.model.open(self._work.model.folder or Path(self._folder.name))
        except Exception as error:  # noqa: BLE001 - told with the first partition
            self._refusal = Failure.of(error)
        gc.freeze()  # what frameworks have made by now stays to the end
        self._ready_at = time.time()

    def __call__(self, batch: Mapping[str, Any]) -> Mapping[str, list[Any]]:
        """Score the one partition of a batch."""
        number = int(batch["number"][0])
        outcome = self._refusal or self._attempt(self._work.tasks[number])
        failure = outcome if isinstance(outcome, Failure) else None
        return {
            "number": [number],
            "rows": [0 if failure else outcome],
            "kind": [failure.kind if failure else ""],
            "message": [failure.message if failure else ""],
            "detail": [failure.detail if failure else ""],
            "is_fatal": [self._refusal is not None],
            "ready_at": [self._ready_at],
        }

    def _attempt(self, task: Task) -> int | Failure:
        import ray

        from drum.batch.partitions import NoRowsError

        if not ray.get(self._work.attempts.begin.remote(task.partition.number)):
            return LOST
        try:
            return self._score(task)
        except NoRowsError:
            return 0
        except Exception as error:  # noqa: BLE001 - one bad partition must not lose the others
            return Failure.of(error)

    def _score(self, task: Task) -> int:
        from drum.batch.partitions import score_part

        work = self._work
        target = nullcontext(Path(task.target.path)) if task.target.is_local else delivered(task.target)
        with fetched(task.source) as source, target as path:
            return score_part(
                self._scorer, source, path, work.types, batch_rows=work.batch_rows, alignment=task.alignment
            )

    def __del__(self) -> None:
        """Let go of the model: Ray Data ends its actors so."""
        if self._scorer is not None:
            self._scorer.close()
        self._folder.cleanup()
