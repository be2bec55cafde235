"""Steps for matrices of numbers: missing ones filled in, all of them shifted and scaled.

Each does what scikit-learn does, in the same order, since other orders of the same arithmetic change the last bits.
"""

from __future__ import annotations

from typing import Any

from drum_sklearn.few_rows.data import NotCoveredError, Step, doubles, numbers


def imputer(fitted: Any) -> Step | None:
    """Return the step of a ``SimpleImputer`` that was fitted to numbers."""
    import numpy as np

    statistics = fitted.statistics_.astype(np.float64)
    if fitted.missing_values == fitted.missing_values or np.isnan(statistics).any():  # columns that it drops
        return None
    marked = fitted.indicator_.features_ if fitted.add_indicator else None
    of_any_type = fitted.strategy in ("most_frequent", "constant")

    def step(data: Any) -> Any:
        matrix = numbers(data, len(statistics)) if of_any_type else doubles(data, len(statistics))
        if matrix.dtype.kind == "i":  # without gaps; what is known of each type is scikit-learn's to say
            if fitted.strategy == "constant" or marked is not None:
                raise NotCoveredError
            return matrix
        missing = np.isnan(matrix)
        np.copyto(matrix, statistics, where=missing)
        return matrix if marked is None else np.hstack((matrix, missing[:, marked]))

    return step


def standard_scaler(fitted: Any) -> Step:
    """Return the step of a ``StandardScaler``."""
    shift = fitted.mean_ if fitted.with_mean else None
    scale = fitted.scale_ if fitted.with_std else None
    return _shifted_and_divided(shift, scale, fitted.n_features_in_)


def robust_scaler(fitted: Any) -> Step:
    """Return the step of a ``RobustScaler``."""
    shift = fitted.center_ if fitted.with_centering else None
    scale = fitted.scale_ if fitted.with_scaling else None
    return _shifted_and_divided(shift, scale, fitted.n_features_in_)


def max_abs_scaler(fitted: Any) -> Step | None:
    """Return the step of a ``MaxAbsScaler``."""
    return None if getattr(fitted, "clip", False) else _shifted_and_divided(None, fitted.scale_, fitted.n_features_in_)


def min_max_scaler(fitted: Any) -> Step | None:
    """Return the step of a ``MinMaxScaler``."""
    if fitted.clip:
        return None

    def step(data: Any) -> Any:
        matrix = doubles(data, fitted.n_features_in_)
        matrix *= fitted.scale_
        matrix += fitted.min_
        return matrix

    return step


def _shifted_and_divided(shift: Any, scale: Any, width: int) -> Step:
    def step(data: Any) -> Any:
        matrix = doubles(data, width)
        if shift is not None:
            matrix -= shift
        if scale is not None:
            matrix /= scale
        return matrix

    return step
