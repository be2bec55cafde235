"""``drum monitor reference``: score a dataset and write features, scores and targets, with their roles."""

from __future__ import annotations

import argparse
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.errors import ConfigError, OutputError
from drum.types import TargetType
from drum_monitor.roles import Roles, score_names

if TYPE_CHECKING:
    import pandas as pd

    from drum.cli.commands import Context
    from drum.types import ModelSpec

MODEL_OPTIONS = (
    "target_type", "positive_class_label", "negative_class_label", "class_labels", "runtime", "runtime_params_file",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add = parser.add_argument
    add("-cd", "--code-dir", required=True, metavar="DIR", help="folder with the model artifact and custom code")
    add("--input", required=True, metavar="FILE", help="data to score: .csv .csv.gz .parquet .arrow .feather .json")
    add("--output", required=True, metavar="FILE", help="the Parquet file to write")
    add("--target", metavar="COLUMN", help="the input's column with the true answer; the model does not see it")
    add("--row-id", metavar="COLUMN", help="the input's column that names a row; it is left out")
    add("--target-type", metavar="TYPE", help="what the model predicts, if model-metadata.yaml does not say it")
    add("--positive-class-label", metavar="LABEL", help="binary: label of the positive class")
    add("--negative-class-label", metavar="LABEL", help="binary: label of the negative class")
    add("--class-labels", nargs="+", metavar="LABEL", help="multiclass, multilabel: the labels, in order")
    add("--runtime", metavar="NAME", help="the runtime to use, where several could")
    add("--runtime-params-file", metavar="FILE", help="values of runtime parameters")


def run(context: Context) -> None:
    """Write the reference.

    :raises ConfigError: if an option names no column, or the file cannot be written.
    :raises DrumError: if the data cannot be read or scored.
    """
    given = context.arguments
    table, roles = score_reference(
        Path(given.code_dir).expanduser(), Path(given.input).expanduser(), target=given.target, row_id=given.row_id,
        options={name: getattr(given, name) for name in MODEL_OPTIONS if getattr(given, name) is not None},
    )  # fmt: skip
    write_reference(table, roles, Path(given.output).expanduser())
    told = f", the target '{roles.target}'" if roles.target else ""
    print(  # noqa: T201 - a command speaks to who called it
        f"Wrote '{given.output}': {len(table):,} rows of {len(roles.features)} features, "
        f"the scores {', '.join(roles.prediction)}{told}."
    )


def score_reference(
    code_dir: Path, data: Path, *, target: str | None, row_id: str | None, options: dict[str, Any]
) -> tuple[pd.DataFrame, Roles]:
    """Score a file; return features, scores and target with their roles.

    :param options: the options of the model, by name.
    :raises ConfigError: if there is no such column.
    """
    import drum
    from drum import media_types

    with drum.open(code_dir, options=options) as scorer:
        spec = scorer.spec
        if spec.target_type in (TargetType.TRANSFORM, TargetType.UNSTRUCTURED):
            raise ConfigError(f"A model of target type '{spec.target_type.value}' gives no scores to compare.")
        batch = scorer.read(media_types.payload_of_file(data))
        if type(batch).__name__ != "DataFrame":
            raise ConfigError(
                f"Runtime '{scorer.artifact.runtime}' reads '{data}' itself, in a form that only it can open, so there "
                "are no columns to compare."
            )
        for option, name in (("--target", target), ("--row-id", row_id)):
            if name is not None and name not in batch.columns:
                raise ConfigError(f"{option} is '{name}', which is no column of '{data}': {', '.join(batch.columns)}.")
        told = batch.drop(columns=[target]) if target is not None else batch
        scores = scorer.predict(told).frame
    features = told.drop(columns=[row_id]) if row_id is not None else told.copy()
    return _joined(features, scores, None if target is None else batch[target], spec)


def _joined(
    features: pd.DataFrame, scores: pd.DataFrame, target: pd.Series[Any] | None, spec: ModelSpec
) -> tuple[pd.DataFrame, Roles]:
    features.columns = features.columns.map(str)
    names = score_names(list(features.columns), [str(name) for name in scores.columns])
    table = features.assign(**dict(zip(names, (scores[name].to_numpy() for name in scores.columns), strict=True)))
    name = None
    if target is not None:
        name = str(target.name) if str(target.name) not in table else f"{target.name} (target)"
        table[name] = target.to_numpy()
    roles = Roles(
        features=tuple(features.columns), prediction=tuple(names), target=name, target_type=spec.target_type.value,
        labels=spec.labels,
    )  # fmt: skip
    return table, roles


def write_reference(table: pd.DataFrame, roles: Roles, path: Path) -> None:
    """Write the file, complete or not at all; the same data give the same bytes.

    :raises OutputError: if it cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        content = pa.Table.from_pandas(table, preserve_index=False)
    except pa.ArrowException as error:
        raise ConfigError(f"A column cannot be written as Parquet: {error}") from error
    part = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, part = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        os.close(descriptor)
        pq.write_table(content.replace_schema_metadata(roles.to_metadata()), part, compression="zstd")
        os.chmod(part, 0o644)
        os.replace(part, path)
    except OSError as error:
        if part is not None:
            with suppress(OSError):
                os.unlink(part)
        raise OutputError(f"'{path}' cannot be written: {error.strerror or error}.") from error
