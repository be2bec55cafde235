"""``monitoring/``: the service that compares what is scored with the reference."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from drum.errors import ConfigError
from drum.types import TargetType
from drum_monitor.bundle import containers
from drum_monitor.bundle.folder import write_files
from drum_monitor.bundle.requirements import WHEELS, Pin, copy_wheels, pins, requirements_text
from drum_monitor.bundle.served_model import ServedModel
from drum_monitor.bundle.texts import yaml_text
from drum_monitor.roles import Roles, score_names

PORT = 5001
REFERENCE = "references.parquet"
CONFIG = "evidently.yaml"
STATE = "/opt/monitoring/state"

CLASSES = ("data_drift", "prediction_drift", "cat_target_drift", "classification_performance",
           "prob_classification_performance", "data_quality")  # fmt: skip
NUMBERS = ("data_drift", "prediction_drift", "num_target_drift", "regression_performance", "data_quality")
SCORES_ONLY = ("data_drift", "prediction_drift", "data_quality")
MONITORS = {TargetType.BINARY: CLASSES, TargetType.MULTICLASS: CLASSES, TargetType.REGRESSION: NUMBERS}
"""What is compared, by target type; of any other one, what needs no labels."""

CONFIG_HEAD = """\
What the monitoring service compares, and how often. Paths are relative to this file.
"""


def find_reference(given: Path | None, code_dir: Path) -> Path:
    """Return the reference dataset: the file that was named, or the one that lies in the code directory.

    :raises ConfigError: if there is none.
    """
    path = given or code_dir / REFERENCE
    if path.is_file():
        return path
    where = f"'{given}' does not exist" if given else f"there is no {REFERENCE} in '{code_dir}'"
    raise ConfigError(
        f"The bundle needs a reference to compare with, but {where}. Make one with 'drum monitor reference' and give "
        "it with --reference, or bundle without it: --no-monitoring."
    )


def write_monitoring(
    folder: Path, model: ServedModel, reference: Path, settings: Mapping[str, Any], *, base: str, wheels: Path | None
) -> list[Pin]:
    """Write the service into ``folder``.

    :param settings: fields of the configuration's ``service``.
    :returns: what it needs and no wheel was there for.
    :raises ConfigError: if the reference was not made for this model.
    """
    prediction = _score_columns(reference, model)
    folder.mkdir()
    shutil.copyfile(reference, folder / REFERENCE)
    wanted = pins(["drum-monitor"], optional=["drum-monitor"])
    copied = copy_wheels(wanted, wheels, folder / WHEELS) if wheels else set()
    write_files(
        folder,
        {
            "Dockerfile": containers.dockerfile(
                title="Compares what is scored with the reference.", base=base, folder="monitoring", port=PORT,
                for_pip=(WHEELS,) if copied else (), writable=STATE,
            ),
            containers.START: containers.start_script(
                purpose="Compare what is scored with the reference beside this script.", port=PORT,
                command=f"drum monitor serve --config {CONFIG}",
            ),
            containers.REQUIREMENTS: requirements_text(wanted, with_wheels=bool(copied)),
            CONFIG: _config_text(_monitors(model), prediction, settings),
            ".dockerignore": "Dockerfile\n.dockerignore\nstate\n",
        },
    )  # fmt: skip
    return [pin for pin in wanted if pin.name not in copied]


def _monitors(model: ServedModel) -> tuple[str, ...]:
    """Return what can be compared: classes can be counted only where it is known which there are."""
    unknown = model.target_type.is_classification and not model.labels
    return SCORES_ONLY if unknown else MONITORS.get(model.target_type, SCORES_ONLY)


def _config_text(monitors: tuple[str, ...], prediction: tuple[str, ...], settings: Mapping[str, Any]) -> str:
    service = {
        "reference_path": REFERENCE,
        "use_reference": False,
        "moving_reference": False,
        **settings,
        "monitors": list(monitors),
    }
    return yaml_text({"service": service, "prediction": list(prediction)}, CONFIG_HEAD)


def _score_columns(reference: Path, model: ServedModel) -> tuple[str, ...]:
    """Return what the reference calls the model's scores.

    :raises ConfigError: if it does not hold them.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(reference)
    except (pa.ArrowException, OSError) as error:
        raise ConfigError(f"The reference '{reference}' cannot be read as Parquet: {error}") from error
    roles = Roles.from_metadata(schema.metadata)
    features, found = ((), tuple(schema.names)) if roles is None else (roles.features, roles.prediction)
    wanted = tuple(score_names(features, model.score_columns)) or (roles.prediction if roles else ())
    if roles is not None and roles.labels != model.labels:
        raise ConfigError(
            f"The reference '{reference}' was made for the labels {_listed(roles.labels)}, but the model's are "
            f"{_listed(model.labels)}. Declare them in model-metadata.yaml, or give both commands the same options."
        )
    if not wanted:
        raise ConfigError(
            "Nobody says what the model's labels are. Declare them, or let 'drum monitor reference' tell."
        )
    missing = [name for name in wanted if name not in found]
    if missing:
        raise ConfigError(
            f"The reference '{reference}' was made for another model: it lacks the score '{missing[0]}', and has "
            f"{', '.join(found)}. Make it anew with 'drum monitor reference'."
        )
    return wanted


def _listed(labels: tuple[str, ...]) -> str:
    return ", ".join(labels) or "(none)"
