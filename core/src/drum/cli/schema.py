"""``drum schema``: record which columns a model takes, and of which type."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from drum.cli.commands import Command, Context
from drum.errors import ConfigError, OutputError, UnsupportedMediaTypeError

if TYPE_CHECKING:
    import pandas as pd


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--input", required=True, metavar="FILE", help="a sample of the data that the model was trained on"
    )
    parser.add_argument(
        "-cd", "--code-dir", metavar="DIR", required=True, help="folder of the model; the schema goes there"
    )
    parser.add_argument(
        "--without", nargs="+", default=[], metavar="COLUMN", help="columns to leave out, such as the target"
    )
    parser.add_argument(
        "--allow-missing", action="store_true", help="let values be missing in every column, seen or not"
    )
    parser.add_argument("--force", action="store_true", help="replace the schema that is there")


def _run(context: Context) -> None:
    from drum.input_schema import FILE_NAME, record, schema_text

    arguments = context.arguments
    target = Path(arguments.code_dir).expanduser() / FILE_NAME
    if not target.parent.is_dir():
        raise ConfigError(f"The code directory '{arguments.code_dir}' is not a folder.")
    if target.exists() and not arguments.force:
        raise ConfigError(f"'{target}' exists already. Give --force to replace it.")
    frame = _without(_read(context, Path(arguments.input).expanduser()), arguments.without)
    schema = record(frame, allow_missing=arguments.allow_missing)
    text = schema_text(schema, f"{Path(arguments.input).name} ({len(frame):,} rows)")
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"'{target}' cannot be written: {error.strerror}.") from error
    print(f"Wrote '{target}' with {len(schema.columns)} columns. Read it: payloads will be held to it.")


def _read(context: Context, path: Path) -> pd.DataFrame:
    """Read the sample with the installed formats; it needs no model."""
    from drum.media_types import payload_of_file
    from drum.plugins import Seat
    from drum.types import ModelSpec, TargetType

    payload = payload_of_file(path)
    spec = ModelSpec(code_dir=path.parent, target_type=TargetType.TRANSFORM)
    frame: pd.DataFrame | None = Seat(context.manager, None).read_input(payload, spec, model=None)
    if frame is None:
        raise UnsupportedMediaTypeError(f"No plugin reads '{path.name}' (media type '{payload.media_type}').")
    return frame


def _without(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    unknown = [name for name in names if name not in frame.columns]
    if unknown:
        raise ConfigError(f"--without {unknown[0]}: the sample has no such column. It has {', '.join(frame.columns)}.")
    return frame.drop(columns=names)


COMMAND = Command(
    name="schema",
    help="record the columns that a model takes, and their types",
    description="Record the columns of a sample, with their types, beside the model. From then on payloads are read by "
    "that schema: declared types win over guesses, what breaks it is refused by the column's name, and the server's "
    "requests share calls whatever each happens to look like.",
    run=_run,
    add_arguments=_add_arguments,
    uses_model=False,
    examples=(
        "drum schema --input training.csv --code-dir my-model --without target",
        "drum schema --input sample.parquet --code-dir my-model --allow-missing --force",
    ),
)
