"""Verify that what was trained is what is scored: the folder is scored, twice, in a process of its own."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from drum.errors import CustomCodeError
from drum.types import TargetType
from drum_train.building import MARK
from drum_train.comparison import difference
from drum_train.output_folder import state_of
from drum_train.scored_apart import predictions_of
from drum_train.user_code import OTHER_LANGUAGES

if TYPE_CHECKING:
    import pandas as pd

    from drum.cli.commands import Context
    from drum.types import ModelSpec
    from drum_train.trainers import Trained

SAMPLE_ROWS = 50
log = logging.getLogger("drum.train")


def check_written(folder: Path, before: Mapping[str, tuple[int, int]]) -> list[str]:
    """Return what training wrote into the folder.

    :param before: its files, as :func:`~drum_train.output_folder.state_of` saw them.
    :raises CustomCodeError: if it wrote nothing.
    """
    written = sorted(name for name, state in state_of(folder).items() if before.get(name) != state and name != MARK)
    if not written:
        raise CustomCodeError(
            "Training wrote no artifact. Save the model into the folder that is given, such as "
            "joblib.dump(model, Path(output_dir) / 'model.joblib'), in R saveRDS(model, file.path(output_dir, "
            "'model.rds')), or in Julia serialize(joinpath(output_dir, \"model.jls\"), model)."
        )
    return written


def check_artifact(folder: Path, spec: ModelSpec, written: list[str], context: Context) -> None:
    """Check that the artifact that will be scored is the one that training wrote.

    :raises CustomCodeError: if it is another one, which was there before.
    :raises DetectionError: if there are several.
    """
    from drum.detection import detect

    settings = context.settings
    vote = detect(context.manager, spec, settings["runtime"], settings["language"])
    path = None if vote is None else vote.detection.path
    if path is not None and path.name not in (*written, *OTHER_LANGUAGES):
        raise CustomCodeError(
            f"Training wrote {', '.join(written)}, but '{path.name}', which was in the code directory before, is what "
            "would be scored. Remove it there, or write a file of that name."
        )


def scored_twice(
    folder: Path, features: pd.DataFrame, trained: Trained, spec: ModelSpec, context: Context
) -> tuple[pd.DataFrame, str]:
    """Score the data whole and a sample of them; warn with numbers where a row is predicted otherwise.

    :returns: the predictions for the rows of the reference, and a sentence about the comparison.
    :raises DrumError: if the folder cannot be scored.
    """
    sample = features.sample(min(len(features), SAMPLE_ROWS), random_state=0)
    frames = [features, sample.reset_index(drop=True), trained.features]
    whole, part, of_reference = predictions_of(folder, frames, context)
    if spec.target_type is TargetType.UNSTRUCTURED and len(whole) != len(features):
        return of_reference, "Scored; replies do not have a line for each row, so they were not compared."
    apart = difference(whole.iloc[sample.index].reset_index(drop=True), part)
    if not apart.rows:
        return of_reference, f"Scored twice, all {len(features):,} rows and {len(sample)} of them: no difference."
    log.warning(
        "Scored twice, all %s rows and %s of them: %s. A row's prediction depends on its neighbours, or on chance.",
        f"{len(features):,}", len(sample), apart,
    )  # fmt: skip
    return of_reference, f"Scored twice: {apart.rows} of {len(sample)} rows differ."
