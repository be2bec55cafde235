"""What a bundle must know of the model that it serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.errors import ConfigError
from drum.types import PREDICTIONS, TargetType

if TYPE_CHECKING:
    from drum.cli.commands import Context
    from drum.scorer import Scorer

OPTIONS = ("target_type", "positive_class_label", "negative_class_label", "class_labels", "runtime")
"""Options of a model that the command takes, by name."""
UNWATCHED = frozenset({TargetType.TRANSFORM, TargetType.UNSTRUCTURED, TargetType.TEXT_GENERATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """A model that loads here: what it predicts, who runs it, and how the server is told.

    ``runtime`` is the distribution of the plugin that runs it; empty if its own code does.
    """

    code_dir: Path
    name: str
    target_type: TargetType
    labels: tuple[str, ...]
    runtime: str
    server_options: tuple[str, ...]

    @property
    def score_columns(self) -> tuple[str, ...]:
        """The columns of its predictions; empty if they are labels that nobody has declared."""
        return self.labels or ((PREDICTIONS,) if self.target_type.is_single_column else ())


def look_at(code_dir: Path, options: Mapping[str, Any], context: Context) -> ServedModel:
    """Load the model, so that nothing is bundled that does not even load here, and tell what it is.

    :param options: the options of the model that were given, by name.
    :raises DrumError: if there is no model, or it does not load.
    """
    import drum

    given = {name: value for name, value in options.items() if name in OPTIONS and value is not None}
    with drum.open(code_dir, options=given) as scorer:
        spec = scorer.spec
        return ServedModel(
            code_dir=scorer.code_dir,
            name=spec.name or scorer.code_dir.name,
            target_type=spec.target_type,
            labels=spec.labels,
            runtime=_distribution(scorer, context),
            server_options=_server_options(spec.target_type, spec.labels, given.get("runtime")),
        )


def check_watchable(model: ServedModel) -> None:
    """Refuse what has no columns that could drift.

    :raises ConfigError: with what to do instead.
    """
    if model.target_type in UNWATCHED:
        raise ConfigError(
            f"A model of target type '{model.target_type.value}' gives no scores that could be compared with a "
            "reference. Bundle it with --no-monitoring."
        )


def _distribution(scorer: Scorer, context: Context) -> str:
    """Return the distribution of the runtime: a plugin of that name, or else the one that votes with that name."""
    runtime = scorer.artifact.runtime
    distributions = {plugin.name: plugin.distribution for plugin in context.manager.installed}
    if runtime in distributions:
        return distributions[runtime]
    for name, ask in context.manager.each("drum_detect"):
        votes = ask(code_dir=scorer.code_dir, spec=scorer.spec)
        if name in distributions and any(vote.runtime == runtime for vote in votes):
            return distributions[name]
    return ""


def _server_options(target_type: TargetType, labels: tuple[str, ...], runtime: str | None) -> tuple[str, ...]:
    words = ["--target-type", target_type.value]
    if labels and target_type is TargetType.BINARY:
        words += ["--negative-class-label", labels[0], "--positive-class-label", labels[1]]
    elif labels:
        words += ["--class-labels", *labels]
    return (*words, "--runtime", runtime) if runtime else tuple(words)
