"""Find the types of the whole input: every partition is surveyed where there is room, the answers are joined here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drum.batch import partitions as parts
from drum.errors import MalformedInputError
from drum.media_types import PARQUET
from drum_ray.locations import Location
from drum_ray.partitions import Input, Partition
from drum_ray.work import Failure, survey_partition, words_of_partition

if TYPE_CHECKING:
    from drum.batch.partitions import Alignment, Survey, WholeTypes

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Findings:
    """The types of the whole; where each partition lies in it, by number; and the partitions that cannot take part."""

    types: WholeTypes
    alignments: Mapping[int, Alignment]
    failures: dict[str, Failure]


def find_types(source: Input, allowed: int) -> Findings:
    """Find out what the partitions are together.

    :param allowed: how many of those there may be whose columns differ: beyond, nobody can say which are right.
    :raises MalformedInputError: if more of them differ, or no partition has rows.
    """
    answers = dict(zip(source.partitions, _asked(survey_partition, source, source.media_type), strict=True))
    failures = {one.name: answer for one, answer in answers.items() if isinstance(answer, Failure)}
    surveys = {one: answer for one, answer in answers.items() if answer is not None and one.name not in failures}
    different = parts.differences({one.name: survey for one, survey in surveys.items()})
    if len(different) > allowed:
        raise MalformedInputError(_told(different))
    failures |= {name: Failure("MalformedInputError", reason) for name, reason in different.items()}
    fitting = {one: survey for one, survey in surveys.items() if one.name not in different}
    if not fitting:
        raise _nothing_to_score(source, failures)
    return Findings(_joined(source, fitting), _alignments(fitting), failures)


def _alignments(surveys: dict[Partition, Survey]) -> Mapping[int, Alignment]:
    found, before = {}, 0
    last = next(reversed(surveys))
    for partition, survey in surveys.items():
        found[partition.number] = parts.Alignment(before, partition == last)
        before += survey.rows
    return found


def _joined(source: Input, surveys: dict[Partition, Survey]) -> WholeTypes:
    places = parts.open_places(list(surveys.values()))
    if not places:
        return parts.joined(list(surveys.values()))
    chosen = Input(source.location, source.media_type, tuple(surveys))
    return parts.joined(list(surveys.values()), _asked(words_of_partition, chosen, places))


def _asked(function: Callable[..., Any], source: Input, argument: Any) -> list[Any]:
    """Call a function of place and argument for every partition, one core each; Ray tries again where one is lost.

    The footers of Parquet files of this machine are read here: a process of Ray's takes longer to start.
    """
    import ray

    if source.media_type == PARQUET and source.location.is_local:
        return [function(place_of(source, one), argument) for one in source.partitions]
    task = ray.remote(function)
    shared = ray.put(argument)
    return list(ray.get([task.remote(place_of(source, one), shared) for one in source.partitions]))


def place_of(source: Input, partition: Partition) -> Location:
    """Return where a partition is."""
    return Location(partition.name, source.location.filesystem, partition.path)


def _told(different: dict[str, str]) -> str:
    shown = " ".join(f"'{name}': {reason}" for name, reason in list(different.items())[:SHOWN])
    more = f" And {len(different) - SHOWN} more." if len(different) > SHOWN else ""
    return (
        f"{len(different)} of the files do not fit the others. {shown}{more} Nothing was scored. Make them alike, or "
        "leave them out with --max-failed-partitions."
    )


def _nothing_to_score(source: Input, failures: dict[str, Failure]) -> Exception:
    if failures:
        name, failure = next(iter(failures.items()))
        return failure.error(f"No file of '{source.location.text}' can be read. '{name}': {failure.message}")
    return MalformedInputError(f"None of the {len(source.partitions)} files of '{source.location.text}' has rows.")
