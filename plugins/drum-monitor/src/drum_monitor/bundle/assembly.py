"""Put the parts of a bundle together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from drum_monitor.bundle import readme
from drum_monitor.bundle.compose import compose_text
from drum_monitor.bundle.containers import default_base
from drum_monitor.bundle.folder import write_files
from drum_monitor.bundle.inference import Watching, write_inference
from drum_monitor.bundle.monitoring import find_reference, write_monitoring
from drum_monitor.bundle.prometheus import prometheus_files
from drum_monitor.bundle.provisioning import provisioning_files
from drum_monitor.bundle.requirements import Pin
from drum_monitor.bundle.served_model import ServedModel, check_watchable


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the bundle is to hold besides the model; ``watched`` tells whether anything at all.

    ``base_image`` is ``None`` where each image is to be built on the one that fits it.
    """

    watched: bool
    reference: Path | None
    wheels: Path | None
    base_image: str | None
    row_id: str | None
    window_size: int
    min_reference_size: int
    calculation_period_sec: int


def write_bundle(folder: Path, model: ServedModel, plan: Plan) -> list[Pin]:
    """Fill an empty folder.

    :returns: the distributions that it needs and that no wheel was put into it for.
    :raises ConfigError: if the model cannot be watched, or the reference is not there or not the model's.
    """
    reference = _reference(model, plan) if plan.watched else None
    watching = Watching(row_id=plan.row_id) if plan.watched else None
    missing = write_inference(folder / "inference", model, watching, base=plan.base_image, wheels=plan.wheels)
    if reference is None:
        return missing
    settings = {
        "window_size": plan.window_size,
        "min_reference_size": plan.min_reference_size,
        "calculation_period_sec": plan.calculation_period_sec,
    }
    missing += write_monitoring(
        folder / "monitoring", model, reference, settings, base=plan.base_image or default_base(), wheels=plan.wheels
    )
    write_files(folder / "prometheus", prometheus_files(model.name))
    write_files(folder / "grafana" / "provisioning", provisioning_files())
    write_files(folder, {"docker-compose.yaml": compose_text(), "README.md": readme.of_bundle(model.name)})
    return sorted(set(missing))


def _reference(model: ServedModel, plan: Plan) -> Path:
    check_watchable(model)
    return find_reference(plan.reference, model.code_dir)
