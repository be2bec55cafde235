"""How good the predictions were, once labels are there: a small function for each kind of model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from drum_monitor.drift.statistics import Floats

LEAST_PAIRS = 30
"""Labels below which nothing is said."""


def regression(targets: Floats, predicted: Floats) -> dict[str, float]:
    """Return the usual measures of error, and R squared; percentages leave out targets that are zero."""
    error = predicted - targets
    spread = float(np.sum((targets - targets.mean()) ** 2))
    found = {
        "mean_error": float(error.mean()),
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt(np.mean(error**2))),
    }
    there = targets != 0
    if there.any():
        found["mape"] = float(np.abs(error[there] / targets[there]).mean())
    if spread:
        found["r2"] = 1 - float(np.sum(error**2)) / spread
    return found


def classification(targets: NDArray[np.intp], predicted: NDArray[np.intp], classes: int) -> dict[str, float]:
    """Return accuracy, and precision, recall and F1: of the second of two classes, else the mean of all (macro).

    :param targets: the number of each row's class.
    """
    confusion = np.bincount(targets * classes + predicted, minlength=classes * classes).reshape(classes, classes)
    hits = np.diag(confusion).astype(float)
    there, said = confusion.sum(axis=1), confusion.sum(axis=0)
    recall = np.divide(hits, there, out=np.full(classes, np.nan), where=there > 0)
    precision = np.divide(hits, said, out=np.full(classes, np.nan), where=said > 0)
    f1 = np.divide(2 * hits, there + said, out=np.full(classes, np.nan), where=there + said > 0)
    found = {"accuracy": float(hits.sum() / confusion.sum()), "balanced_accuracy": _mean(recall)}
    chosen = slice(1, 2) if classes == 2 else slice(None)
    for name, values in (("precision", precision), ("recall", recall), ("f1", f1)):
        found[name] = _mean(values[chosen])
    return {name: value for name, value in found.items() if not np.isnan(value)}


def _mean(values: Floats) -> float:
    there = values[~np.isnan(values)]
    return float(there.mean()) if len(there) else float("nan")


def probabilities(targets: NDArray[np.intp], scores: Floats) -> dict[str, float]:
    """Return log loss, the Brier score (Brier, 1950), and for two classes the area under the ROC curve.

    :param scores: the probability of each class (rows x classes).
    """
    rows, classes = scores.shape
    chosen = scores[np.arange(rows), targets]
    truth = np.eye(classes)[targets]
    found = {
        "log_loss": float(-np.log(np.clip(chosen, 1e-15, 1)).mean()),
        "brier": float(np.sum((scores - truth) ** 2, axis=1).mean() / (2 if classes == 2 else 1)),
    }
    if classes == 2 and 0 < targets.sum() < rows:
        found["roc_auc"] = _roc_auc(targets, scores[:, 1])
    return found


def _roc_auc(targets: NDArray[np.intp], scores: Floats) -> float:
    """Return the probability that a positive row scores higher than a negative one (Mann and Whitney, 1947)."""
    ranks = stats.rankdata(scores)
    positive = int(targets.sum())
    return float((ranks[targets == 1].sum() - positive * (positive + 1) / 2) / (positive * (len(targets) - positive)))


def class_numbers(targets: Sequence[object], labels: Sequence[str]) -> NDArray[np.intp]:
    """Return the number of each label, however it is spelt (``1``, ``1.0``); -1 for one that is not declared."""
    places = {label: place for place, label in enumerate(labels)}
    places |= {_spelling(label): place for place, label in enumerate(labels)}
    return np.array([places.get(str(one), places.get(_spelling(one), -1)) for one in targets], dtype=np.intp)


def _spelling(label: object) -> str:
    text = str(label)
    try:
        return f"{float(text):g}"
    except ValueError:
        return text.strip().lower()
