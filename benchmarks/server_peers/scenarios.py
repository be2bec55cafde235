"""The models, and rows for them that they were not trained on."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

TRAINING_ROWS = 4000
LEVEL = 100.0
"""What targets lie around, far from zero: answers are compared by their relative difference."""


@dataclass(frozen=True)
class Scenario:
    """A model, and who makes rows for it: numbers may be missing, ``texts`` names the columns of text."""

    title: str
    make: Callable[[int, int], pd.DataFrame]
    build: Callable[[], Any]
    texts: tuple[str, ...] = ()

    def train(self) -> Any:
        """Fit the model, on numbers as numbers and texts as texts."""
        frame = self.make(TRAINING_ROWS, 0)
        types: dict[Any, Any] = {name: object if name in self.texts else float for name in frame.columns}
        return self.build().fit(frame.astype(types), _target(frame))


def _target(frame: pd.DataFrame) -> Any:
    """Return numbers that depend on every column: what a row's texts are, and how large its numbers."""
    random = np.random.default_rng(7)
    codes = [pd.factorize(frame[name])[0] % 17 if _is_text(frame[name]) else _number(frame[name]) for name in frame]
    return LEVEL + np.column_stack(codes) @ random.normal(size=len(codes)) / 10


def _is_text(column: pd.Series[Any]) -> bool:
    return bool(column.map(lambda value: isinstance(value, str)).any())


def _number(column: pd.Series[Any]) -> Any:
    numbers = column.astype(float).fillna(0.0).to_numpy()
    return (numbers - numbers.mean()) / (numbers.std() or 1.0)


# ------------------------------------------------------------------------------------- ridge: 33 numbers


def _ridge_rows(rows: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, 33)) * np.logspace(-2, 4, 33)
    values[random.random(values.shape) < 0.03] = np.nan
    return pd.DataFrame(values, columns=[f"measure_{number}" for number in range(33)])


# ------------------------------------------------------------------------------------- columns: 14 numbers, 3 texts


def _columns_rows(rows: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    columns: dict[str, Any] = {f"measure_{number}": random.normal(size=rows) for number in range(10)}
    columns |= {f"price_{number}": random.lognormal(3, 1, size=rows) for number in range(3)}
    columns["age"] = random.integers(18, 90, size=rows)
    columns["city"] = random.choice(["Berlin", "Paris", "London", "Rome", "New York"], rows)
    columns["plan"] = random.choice(["basic", "plus", "pro"], rows)
    columns["channel"] = random.choice(["web", "phone", "shop", "mail"], rows)
    frame = pd.DataFrame(columns)
    for name in ("measure_0", "measure_4", "price_0"):
        frame[name] = frame[name].mask(random.random(rows) < 0.05)
    return frame


def _columns_model() -> Any:
    texts = list(COLUMNS_TEXTS)
    numbers = [name for name in _columns_rows(1, 0) if name not in texts]
    return make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
            (OneHotEncoder(handle_unknown="ignore"), texts),
        ),
        Ridge(),
    )


COLUMNS_TEXTS = ("city", "plan", "channel")

# ------------------------------------------------------------------------------------- messy: 45 columns

WHOLE, MIXED, CODES, RARE, EMPTY, WORDS = 14, 2, 3, 2, 2, 22
"""How many columns there are of each kind. Alone, 64 rows look like rows of about 21 tables with different types."""
WORD_LISTS = (
    ["No", "Steady", "Up", "Down"],
    ["Café Zürich", "Müller, Söhne", 'the "Blue" clinic', "Ålesund", "plain"],
    ["[0-10)", "[10-20)", "[20-30)", ">30", "<30"],
)


def _messy_rows(rows: int, seed: int) -> pd.DataFrame:
    """Return what a hospital's export looks like: what a column is shows in no single row."""
    random = np.random.default_rng(seed)
    columns: dict[str, Any] = {f"count_{number}": random.integers(0, 80, rows) for number in range(WHOLE)}
    columns |= {f"lab_{number}": _with_gaps(random, _at_times_whole(random, rows), 0.01) for number in range(MIXED)}
    columns |= {f"diag_{number}": _with_gaps(random, _codes(random, rows), 0.01) for number in range(CODES)}
    columns |= {f"rare_{number}": _with_gaps(random, _codes(random, rows), 0.98) for number in range(RARE)}
    columns |= {f"empty_{number}": np.full(rows, None, dtype=object) for number in range(EMPTY)}
    for number in range(WORDS):
        columns[f"word_{number}"] = random.choice(WORD_LISTS[number % len(WORD_LISTS)], rows).astype(object)
    frame = pd.DataFrame(columns, dtype=object)
    return frame[[str(name) for name in random_order(frame)]]


def random_order(frame: pd.DataFrame) -> list[str]:
    """Return the columns in an order that is always the same and keeps no kind together."""
    return list(np.random.default_rng(1).permutation(frame.columns))


def _at_times_whole(random: np.random.Generator, rows: int) -> Any:
    values = random.normal(50, 20, rows)
    is_whole = random.random(rows) < 0.07
    return np.array([round(value) if whole else value for value, whole in zip(values, is_whole, strict=True)], object)


def _codes(random: np.random.Generator, rows: int) -> Any:
    """Return codes whose text survives being taken for a number: without zeros at either end."""
    decimals = [f"{left}.{right:02}" for left in range(240, 260) for right in range(1, 100, 7) if right % 10]
    letters = [f"{letter}{number}" for letter in "EV" for number in range(60)]
    kinds = [random.choice(known, rows) for known in ([*map(str, range(390, 800, 5))], decimals, letters)]
    return np.choose(random.choice(3, rows, p=[0.75, 0.12, 0.13]), kinds).astype(object)


def _with_gaps(random: np.random.Generator, values: Any, share: float) -> Any:
    values[random.random(len(values)) < share] = None
    return values


def _messy_model() -> Any:
    """Return a pipeline that takes its texts as anything pandas guesses: one row's code is another row's number."""
    as_text = make_pipeline(
        FunctionTransformer(operator.methodcaller("to_numpy", dtype=object, na_value="missing")),
        FunctionTransformer(operator.methodcaller("astype", str)),
        OneHotEncoder(handle_unknown="ignore"),
    )
    numbers = [f"count_{number}" for number in range(WHOLE)] + [f"lab_{number}" for number in range(MIXED)]
    preparation = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), numbers), (as_text, list(MESSY_TEXTS))
    )
    return make_pipeline(preparation, Ridge(solver="lsqr", tol=1e-10))


MESSY_TEXTS = tuple(
    f"{kind}_{number}"
    for kind, count in (("diag", CODES), ("rare", RARE), ("empty", EMPTY), ("word", WORDS))
    for number in range(count)
)

SCENARIOS = {
    "ridge": Scenario("imputer + ridge, 33 numbers", _ridge_rows, lambda: make_pipeline(SimpleImputer(), Ridge())),
    "columns": Scenario("14 numbers + 3 texts, one-hot, ridge", _columns_rows, _columns_model, COLUMNS_TEXTS),
    "messy": Scenario("one-hot of 45 messy columns", _messy_rows, _messy_model, MESSY_TEXTS),
}
