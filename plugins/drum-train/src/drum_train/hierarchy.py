"""Metrics of labels that are paths in a hierarchy, such as ``hardware/printer/paper``.

*Path accuracy*: the whole path is right. *Leaf accuracy*: its last part is right, wherever it hangs. The hierarchical
precision, recall and F1 compare the sets of all nodes on the paths, summed over rows (Kiritchenko, Matwin and Famili,
*Functional annotation of genes using hierarchical text categorization*, 2005).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drum.errors import ConfigError

Path = tuple[str, ...]


def hierarchical_metrics(
    true: Sequence[str], predicted: Sequence[str], separator: str, weights: Any = None
) -> dict[str, float]:
    """Return metrics by name.

    :param separator: what stands between the parts of a path.
    :param weights: of rows, or ``None``.
    :raises ConfigError: if no path has more than one part.
    """
    from sklearn.metrics import accuracy_score

    ours, theirs = _paths(true, separator), _paths(predicted, separator)
    depth = max(map(len, ours))
    if depth < 2:
        raise ConfigError(f"No label of the target has '{separator}' in it, so there is no hierarchy.")

    def accuracy(one: Sequence[str], other: Sequence[str]) -> float:
        return float(accuracy_score(one, other, sample_weight=weights))

    levels = {
        f"level_{level}_accuracy": accuracy(_cut(ours, level), _cut(theirs, level)) for level in range(1, depth + 1)
    }
    return {
        "path_accuracy": accuracy(list(map(repr, ours)), list(map(repr, theirs))),
        "leaf_accuracy": accuracy([path[-1] for path in ours], [path[-1] for path in theirs]),
        **levels,
        **_overlap(ours, theirs, weights),
    }


def _paths(labels: Sequence[str], separator: str) -> list[Path]:
    return [tuple(part.strip() for part in str(label).split(separator)) for label in labels]


def _cut(paths: Sequence[Path], level: int) -> list[str]:
    return [repr(path[:level]) for path in paths]


def _overlap(ours: Sequence[Path], theirs: Sequence[Path], weights: Any) -> dict[str, float]:
    import numpy as np

    def nodes(path: Path) -> set[Path]:
        return {path[:end] for end in range(1, len(path) + 1)}

    weight = np.ones(len(ours)) if weights is None else np.asarray(weights, dtype=float)
    pairs = [(nodes(one), nodes(other)) for one, other in zip(ours, theirs, strict=True)]
    common = float(weight @ np.array([len(one & other) for one, other in pairs]))
    precision = common / float(weight @ np.array([len(other) for _, other in pairs]))
    recall = common / float(weight @ np.array([len(one) for one, _ in pairs]))
    f1 = 2 * precision * recall / (precision + recall) if common else 0.0
    return {"hierarchical_precision": precision, "hierarchical_recall": recall, "hierarchical_f1": f1}
