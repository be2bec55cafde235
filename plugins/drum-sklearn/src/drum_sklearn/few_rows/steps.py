"""Which transformers have steps of their own; a pipeline and a ``ColumnTransformer`` have what their parts have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from drum_sklearn.few_rows.categories import one_hot, ordinal, text_imputer
from drum_sklearn.few_rows.columns import branches_of, by_columns
from drum_sklearn.few_rows.data import Columns, Step, frame_of
from drum_sklearn.few_rows.scaling import imputer, max_abs_scaler, min_max_scaler, robust_scaler, standard_scaler
from drum_sklearn.matrices import is_of_sklearn, is_told, nameless

Maker = Callable[[Any], Step | None]


class Steps:
    """The steps of one model's transformers, each made when it is first asked for."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Any, Step | None]] = {}

    def of(self, transformer: Any) -> Step | None:
        """Return the step of a fitted transformer, or ``None`` if there is nothing in it that has one."""
        if id(transformer) not in self._made:
            step = None
            with suppress(Exception):  # another version of scikit-learn may keep other attributes
                step = self._make(transformer)
            self._made[id(transformer)] = transformer, step
        return self._made[id(transformer)][1]

    def shortest(self, transformer: Any) -> Step:
        """Return the step of a fitted transformer, scikit-learn's own if there is no other."""
        return self.of(transformer) or own_step(transformer)

    def chained(self, transformers: Iterable[Any]) -> Step | None:
        """Return the step of transformers that follow each other, or ``None`` if none of them has one."""
        real = [each for each in transformers if each is not None and each != "passthrough"]
        if not any(map(self.of, real)):
            return None
        steps = list(map(self.shortest, real))

        def step(data: Any) -> Any:
            for each in steps:
                data = each(data)
            return data

        return step

    def _make(self, fitted: Any) -> Step | None:
        name = type(fitted).__name__
        if not is_of_sklearn(fitted) or is_told(fitted) or not _heeds_nothing_new(fitted):
            return None
        if name == "Pipeline":
            return self.chained(inner for _, inner in fitted.steps)
        if name == "ColumnTransformer":
            return self._of_columns(fitted)
        return _MAKERS[name](fitted)

    def _of_columns(self, fitted: Any) -> Step | None:
        branches = branches_of(fitted) or []
        if any(isinstance(transformer, str) for transformer, _ in branches):  # 'passthrough', in older versions
            return None
        if not any(self.of(transformer) for transformer, _ in branches):
            return None
        return by_columns(fitted, [(self.shortest(transformer), names) for transformer, names in branches])


def own_step(transformer: Any) -> Step:
    """Return the step that is scikit-learn's own, which takes the matrix of named columns too."""

    def step(data: Any) -> Any:
        lacks_names = not isinstance(data, Columns) and hasattr(transformer, "feature_names_in_")
        return (nameless(transformer) if lacks_names else transformer).transform(frame_of(data))

    return step


def _imputer(fitted: Any) -> Step | None:
    return text_imputer(fitted) if fitted._fit_dtype.kind == "O" else imputer(fitted)


_MAKERS: dict[str, Maker] = {
    "SimpleImputer": _imputer,
    "StandardScaler": standard_scaler,
    "RobustScaler": robust_scaler,
    "MaxAbsScaler": max_abs_scaler,
    "MinMaxScaler": min_max_scaler,
    "OneHotEncoder": one_hot,
    "OrdinalEncoder": ordinal,
}


def _heeds_nothing_new(fitted: Any) -> bool:
    """Tell whether all parameters are known: one that a later version adds may change what is computed."""
    return set(fitted.get_params(deep=False)) <= _PARAMETERS.get(type(fitted).__name__, frozenset())


_PARAMETERS = {
    name: frozenset(parameters.split())
    for name, parameters in {
        "SimpleImputer": "missing_values strategy fill_value copy add_indicator keep_empty_features",
        "StandardScaler": "copy with_mean with_std",
        "RobustScaler": "with_centering with_scaling quantile_range copy unit_variance",
        "MaxAbsScaler": "copy clip",
        "MinMaxScaler": "feature_range copy clip",
        "OneHotEncoder": "categories drop sparse_output dtype handle_unknown min_frequency max_categories "
        "feature_name_combiner",
        "OrdinalEncoder": "categories dtype handle_unknown unknown_value encoded_missing_value min_frequency "
        "max_categories",
        "Pipeline": "steps transform_input memory verbose",
        "ColumnTransformer": "transformers remainder sparse_threshold n_jobs transformer_weights verbose "
        "verbose_feature_names_out force_int_remainder_cols",
    }.items()
}
