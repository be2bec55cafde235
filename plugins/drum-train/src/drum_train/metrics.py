"""Metrics for each target type, computed by scikit-learn from what ``drum score`` would write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drum.errors import ConfigError, MalformedInputError
from drum.types import PREDICTIONS, TargetType

if TYPE_CHECKING:
    import pandas as pd

    from drum.types import ModelSpec

THRESHOLD = 0.5
"""Of a probability, unless ``predictionThreshold`` in ``model-metadata.yaml`` says otherwise."""


def metrics_of(target: Any, predictions: pd.DataFrame, weights: Any, spec: ModelSpec) -> dict[str, float]:
    """Return metrics by name.

    :param target: the true answers, checked, a row for each prediction.
    :param predictions: checked predictions.
    :param weights: of rows, or ``None``.
    :raises ConfigError: if there are no metrics for this target type.
    """
    labels = list(spec.labels)
    match spec.target_type:
        case TargetType.REGRESSION:
            return _regression(target, predictions[PREDICTIONS], weights)
        case TargetType.BINARY:
            inference = spec.metadata.get("inferenceModel") or {}
            return _binary(target, predictions, weights, labels, float(inference.get("predictionThreshold", THRESHOLD)))
        case TargetType.MULTICLASS:
            return _multiclass(target, predictions[labels], weights, labels)
        case TargetType.MULTILABEL:
            return _multilabel(target[labels], predictions[labels], weights)
        case TargetType.ANOMALY:
            return _anomaly(target, predictions[PREDICTIONS], weights)
        case TargetType.TRANSFORM:
            raise ConfigError("A transform gives features, not answers: there is nothing to compare with a target.")
        case _:
            return _texts(target, predictions[PREDICTIONS], weights)


def _regression(y: Any, predicted: Any, weights: Any) -> dict[str, float]:
    from sklearn import metrics

    found = {
        "rmse": metrics.root_mean_squared_error(y, predicted, sample_weight=weights),
        "mae": metrics.mean_absolute_error(y, predicted, sample_weight=weights),
        "median_absolute_error": metrics.median_absolute_error(y, predicted, sample_weight=weights),
    }
    if len(set(y)) == 1:
        return found  # of answers that are all alike, there is no variance to explain
    return {**found, "r2": metrics.r2_score(y, predicted, sample_weight=weights)}


def _binary(y: Any, scores: pd.DataFrame, weights: Any, labels: list[str], threshold: float) -> dict[str, float]:
    from sklearn import metrics

    true, score = (y == labels[1]).to_numpy(), scores[labels[1]].to_numpy()
    chosen = score >= threshold
    weighed = {"sample_weight": weights}
    found = {
        "log_loss": metrics.log_loss(true, score, labels=[False, True], **weighed),
        "brier": metrics.brier_score_loss(true, score, **weighed),
        "accuracy": metrics.accuracy_score(true, chosen, **weighed),
        "precision": metrics.precision_score(true, chosen, zero_division=0, **weighed),
        "recall": metrics.recall_score(true, chosen, zero_division=0, **weighed),
        "f1": metrics.f1_score(true, chosen, zero_division=0, **weighed),
    }
    return {"auc": metrics.roc_auc_score(true, score, **weighed), **found} if len(set(true)) == 2 else found


def _multiclass(y: Any, scores: pd.DataFrame, weights: Any, labels: list[str]) -> dict[str, float]:
    import numpy as np
    from sklearn import metrics

    chosen = predicted_labels(scores)
    order = np.argsort(labels)  # log_loss takes the columns in the order of sorted labels
    ordered = scores.iloc[:, order]
    return {
        "log_loss": metrics.log_loss(y, ordered, labels=[labels[place] for place in order], sample_weight=weights),
        "accuracy": metrics.accuracy_score(y, chosen, sample_weight=weights),
        "balanced_accuracy": metrics.recall_score(
            y, chosen, labels=sorted(set(y)), average="macro", zero_division=0, sample_weight=weights
        ),
        "f1_macro": metrics.f1_score(y, chosen, average="macro", zero_division=0, sample_weight=weights),
    }


def predicted_labels(scores: pd.DataFrame) -> pd.Series[str]:
    """Return the label with the highest score of each row."""
    return scores.idxmax(axis=1).astype(object)


def _multilabel(y: Any, scores: pd.DataFrame, weights: Any) -> dict[str, float]:
    from sklearn import metrics

    chosen = scores.to_numpy() >= THRESHOLD
    true = y.to_numpy()
    weighed = {"sample_weight": weights}
    return {
        "subset_accuracy": metrics.accuracy_score(true, chosen, **weighed),
        "hamming_loss": metrics.hamming_loss(true, chosen, **weighed),
        "f1_micro": metrics.f1_score(true, chosen, average="micro", zero_division=0, **weighed),
        "f1_macro": metrics.f1_score(true, chosen, average="macro", zero_division=0, **weighed),
        "ranking_loss": metrics.label_ranking_loss(true, scores.to_numpy(), **weighed),
    }


def _anomaly(y: Any, scores: Any, weights: Any) -> dict[str, float]:
    from sklearn import metrics

    if y is None or set(y) != {0, 1}:
        raise MalformedInputError(
            "To test an anomaly model, the target says which rows are anomalies (1) or not (0), with a row of each."
        )
    return {
        "auc": metrics.roc_auc_score(y, scores, sample_weight=weights),
        "average_precision": metrics.average_precision_score(y, scores, sample_weight=weights),
    }


def _texts(y: Any, predicted: Any, weights: Any) -> dict[str, float]:
    from sklearn import metrics

    if y is None:
        raise ConfigError("To test a model, give the true answers: --target COLUMN, or --target-csv FILE.")
    return {"exact_match": metrics.accuracy_score(y.astype(str), predicted.astype(str), sample_weight=weights)}
