"""``drum score --engine ray``, from the options to the last file."""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from drum.errors import ConfigError, DrumError, MalformedInputError, OptionConflictError, OutputError, UnavailableError
from drum_ray.cluster import connected
from drum_ray.locations import locate
from drum_ray.model_copy import ModelCopy, copy_of_model, fingerprint, packed
from drum_ray.options import ActorRange
from drum_ray.output_folder import OutputFolder
from drum_ray.partitions import Input, Partition, find_input
from drum_ray.surveying import Findings, find_types, place_of
from drum_ray.work import Attempts, Failure, ScoringActor, Task, Work

if TYPE_CHECKING:
    from drum.batch.partitions import Summary
    from drum.engines import ScoringJob

T = TypeVar("T")

log = logging.getLogger("drum.ray")

SHOWN = 10


def run(job: ScoringJob) -> Summary:
    """Score all files of the input that have no predictions yet.

    :raises DrumError: the class says whose fault it is; predictions that are there by then are kept.
    """
    from drum.batch.partitions import Summary

    started = time.perf_counter()
    _check_options(job)
    assert job.output is not None, "checked just now"
    source = find_input(locate(job.input, MalformedInputError))
    model = copy_of_model(job, is_near=_is_near(job))
    identity = {
        **fingerprint(model, job.scorer.code_dir, batch_rows=job.settings["batch_rows"]),
        "format": job.settings["output_format"],
    }
    folder = OutputFolder(locate(job.output, OutputError), source.partitions, identity)
    if folder.is_complete:
        log.warning("All predictions are there already: '%s' is complete.", job.output)
        return Summary(rows=0, processes=0, seconds=time.perf_counter() - started)
    settings = job.settings
    begun = time.perf_counter()
    with connected(
        settings["ray_address"], settings["actors"], settings["num_gpus"], verbose=settings["verbose"]
    ) as actors:
        log.info("Ray was ready after %.2f s.", time.perf_counter() - begun)
        rows = _Run(job, source, model, folder, actors).score()
    return Summary(rows=rows, processes=actors.most, seconds=time.perf_counter() - started)


def _is_near(job: ScoringJob) -> bool:
    """Tell whether all actors are on this machine."""
    return job.settings["ray_address"] in (None, "local")


def _check_options(job: ScoringJob) -> None:
    """Refuse what only the local engine does.

    :raises ConfigError: if there is no output folder, or the input is standard input.
    :raises OptionConflictError: if an option has no meaning here, or hooks may look across rows.
    """
    settings = job.settings
    if job.output is None:
        raise ConfigError("The engine 'ray' writes a file for each file of the input: say --output FOLDER.")
    if job.input == "-":
        raise ConfigError("The engine 'ray' reads files, not standard input: say --input with a folder or a pattern.")
    for name, instead in (("jobs", "Say --actors."), ("sparse_column_file", "Use --engine local for .mtx files.")):
        if settings.source(name).startswith("--"):
            raise OptionConflictError(f"{settings.source(name)} is for --engine local. {instead}")
    if job.scorer.reads_own_payload:
        raise OptionConflictError(
            "This model reads the input itself, as a whole, so it cannot be scored in parts. Use --engine local."
        )
    if not job.scorer.row_wise and settings["batch_rows"] is None:
        raise OptionConflictError(
            "The custom hooks of this model could look across rows, and the engine 'ray' shows them a part of the rows "
            "at a time. If each row is answered on its own, say how many rows at once: --batch-rows N, or 0 for all "
            "rows of a file. Otherwise use --engine local."
        )


@dataclass(frozen=True, slots=True)
class _Run:
    """One input on its way through the actors."""

    job: ScoringJob
    source: Input
    model: ModelCopy
    folder: OutputFolder
    actors: ActorRange

    @property
    def allowed(self) -> int:
        """How many partitions may fail."""
        return int(self.job.settings["max_failed_partitions"])

    def score(self) -> int:
        """Survey, score, and say what became of it; return the number of rows."""
        findings = self._findings()
        failures = findings.failures
        self.folder.begin(hashlib.sha256(findings.types.describe().encode()).hexdigest())
        todo = [one for one in self.folder.unfinished if one.name not in failures]
        rows = 0
        for partition, outcome in self._outcomes(findings, todo):
            if isinstance(outcome, Failure):
                failures[partition.name] = outcome
            else:
                rows += outcome
        is_success = len(failures) <= self.allowed
        self.folder.finish({name: failures[name].message for name in sorted(failures)}, is_success=is_success)
        if not is_success:
            raise _too_many(failures, len(self.source.partitions), self.allowed)
        for name, failure in failures.items():
            log.warning("'%s' has no predictions: %s", name, failure.message)
        return rows

    def _findings(self) -> Findings:
        from drum.batch.partitions import declared

        types = declared(self.job.scorer.schema, self.source.media_type)
        return Findings(types, {}, {}) if types else find_types(self.source, self.allowed)

    def _outcomes(self, findings: Findings, todo: list[Partition]) -> Iterator[tuple[Partition, int | Failure]]:
        """Score partitions; yield the rows of each, or why there are none.

        :raises DrumError: if the model cannot be opened.
        """
        numbered = {one.number: one for one in todo}
        size = sum(one.size for one in todo) or 1
        done = rows = 0
        begun, ready_at = time.time(), math.inf
        for answer in _ray_trusted(self._answers(findings, todo)):
            partition = numbered[int(answer["number"])]
            failure = Failure(answer["kind"], answer["message"], answer["detail"]) if answer["kind"] else None
            if failure and answer["is_fatal"]:
                raise failure.error()
            if not failure and not answer["rows"]:
                log.warning("'%s' has no rows, and so there is no file of predictions for it.", partition.name)
            yield partition, failure or int(answer["rows"])
            rows, done = rows + int(answer["rows"]), done + partition.size
            self.job.progress(rows, done / size)
            ready_at = min(ready_at, float(answer["ready_at"]))
        if todo:
            log.info("The first actor was ready after %.2f s; all took %.2f s.", ready_at - begun, time.time() - begun)

    def _answers(self, findings: Findings, todo: list[Partition]) -> Iterator[Mapping[str, Any]]:
        """Let Ray Data hand out the partitions; a lost actor is started again, and its partition tried again."""
        if not todo:
            return
        import ray
        from ray.data import ActorPoolStrategy

        tasks = {
            one.number: Task(
                one, place_of(self.source, one), self.folder.place_of(one), findings.alignments.get(one.number)
            )
            for one in todo
        }
        attempts = ray.remote(Attempts).options(num_cpus=0).remote()
        work = Work(self.model, findings.types, self.job.settings["batch_rows"], tasks, attempts)
        archive = None if self.model.folder else ray.put(packed(self.job.scorer.code_dir))
        numbers = ray.data.from_items([{"number": one.number} for one in todo], override_num_blocks=len(todo))
        most = min(self.actors.most, len(todo))
        least = min(self.actors.least, most)
        answers = numbers.map_batches(
            ScoringActor,
            batch_size=1,
            fn_constructor_args=[ray.put(work), archive],
            compute=ActorPoolStrategy(min_size=least, max_size=most, max_tasks_in_flight_per_actor=2),
            num_cpus=1,
            num_gpus=self.job.settings["num_gpus"] or None,
        )
        yield from answers.iter_rows()


def _ray_trusted(answers: Iterator[T]) -> Iterator[T]:
    """Pass on what Ray yields; what it raises is no fault of the model's or of the data's.

    :raises UnavailableError: if the cluster is lost.
    """
    import ray

    try:
        yield from answers
    except ray.exceptions.RayError as error:
        raise UnavailableError(f"Ray could not go on: {' '.join(str(error).split())[:1000]}") from error


def _too_many(failures: Mapping[str, Failure], count: int, allowed: int) -> DrumError:
    shown = " ".join(f"'{name}': {failures[name].message}" for name in sorted(failures)[:SHOWN])
    more = f" And {len(failures) - SHOWN} more: see _FAILED.json." if len(failures) > SHOWN else ""
    first = failures[min(failures)]
    return first.error(
        f"{len(failures)} of {count} files could not be scored, and --max-failed-partitions allows {allowed}. "
        f"{shown}{more} The predictions for the others are kept; run again when these are mended."
    )
