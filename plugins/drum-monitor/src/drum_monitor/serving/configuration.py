"""The configuration of the service, a YAML file; what it does not know it names, with what it knows."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from drum.errors import ConfigError

MONITORS = (
    "data_drift", "cat_target_drift", "num_target_drift", "prediction_drift", "data_quality",
    "regression_performance", "classification_performance", "prob_classification_performance",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the service compares, and how often.

    ``window_size`` and ``min_reference_size`` are rows; ``level`` is the probability that a window without drift
    raises an alarm, over all its columns together. ``label_capacity`` are the rows whose labels are waited for.

    :raises ConfigError: if a window could never have ``min_reference_size`` rows.
    """

    path: Path
    reference_path: Path
    min_reference_size: int = 30
    use_reference: bool = False
    moving_reference: bool = False
    window_size: int = 1000
    calculation_period_sec: float = 10.0
    monitors: tuple[str, ...] = ("data_drift", "prediction_drift", "data_quality")
    level: float = 0.01
    label_capacity: int = 100_000
    state_path: Path = field(default=Path("state"))
    prediction: tuple[str, ...] = ()
    target: str | None = None

    def __post_init__(self) -> None:
        if self.window_size < self.min_reference_size:
            raise ConfigError(
                f"'service: window_size' in '{self.path}' is {self.window_size}, but min_reference_size is "
                f"{self.min_reference_size}: there would never be a verdict. Make the window larger, or "
                "min_reference_size smaller."
            )

    def watches(self, *monitors: str) -> bool:
        """Tell whether any of these monitors is on."""
        return any(name in self.monitors for name in monitors)


def read_configuration(path: Path) -> Configuration:
    """Read the file.

    :raises ConfigError: if it is not there, is no YAML, or says what it may not say.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"The configuration '{path}' cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"The configuration '{path}' is no YAML: {error}") from error
    top = _section(content, f"'{path}'", {"service", "prediction", "target"})
    service = _section(top.get("service"), f"'service' in '{path}'", set(_SERVICE))
    if "reference_path" not in service:
        raise ConfigError(f"'service' in '{path}' lacks 'reference_path': the dataset to compare with.")
    values = {name: _SERVICE[name](value, f"'service: {name}' in '{path}'") for name, value in service.items()}
    values["reference_path"] = path.parent / values["reference_path"]
    values["state_path"] = path.parent / values.get("state_path", Path("state"))
    prediction = _names(top.get("prediction", []), f"'prediction' in '{path}'")
    target = None if top.get("target") is None else str(top["target"])
    return Configuration(path=path, prediction=prediction, target=target, **values)


def _section(content: object, where: str, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(content, Mapping):
        raise ConfigError(f"{where} must hold names and values: {', '.join(sorted(known))}.")
    for name in content:
        _refuse_unknown(str(name), where, sorted(known))
    return content


def _refuse_unknown(name: str, where: str, known: list[str] | tuple[str, ...]) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        meant = f" Did you mean '{near[0]}'?" if near else ""
        raise ConfigError(f"{where} names '{name}', which is not known.{meant} Known are {', '.join(known)}.")


def _whole(value: object, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigError(f"{where} is '{value}'; it must be a whole number from 1 on.")
    return value


def _switch(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{where} is '{value}'; it must be true or false.")
    return value


def _number(value: object, where: str, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least < value < most:
        bounds = f"above {least:g}" + (f" and below {most:g}" if most < float("inf") else "")
        raise ConfigError(f"{where} is '{value}'; it must be a number {bounds}.")
    return float(value)


def _path(value: object, where: str) -> Path:
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{where} is '{value}'; it must be a path.")
    return Path(value)


def _names(value: object, where: str) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(name, str | int | float | bool) for name in listed):
        raise ConfigError(f"{where} must be a list of names.")
    return tuple(str(name) for name in listed)


def _monitors(value: object, where: str) -> tuple[str, ...]:
    names = _names(value, where)
    for name in names:
        _refuse_unknown(name, where, MONITORS)
    return names


_SERVICE: dict[str, Callable[[object, str], Any]] = {
    "reference_path": _path,
    "min_reference_size": _whole,
    "use_reference": _switch,
    "moving_reference": _switch,
    "window_size": _whole,
    "calculation_period_sec": lambda value, where: _number(value, where, 0, float("inf")),
    "monitors": _monitors,
    "level": lambda value, where: _number(value, where, 0, 0.5),
    "label_capacity": _whole,
    "state_path": _path,
}
