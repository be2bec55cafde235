"""How columns come to Evidently: as float64 or as text, the same on both sides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from drum_monitor.evidently_report.tables import Comparison, compare, harmless


def compared(folder: Path, reference: pd.DataFrame, current: pd.DataFrame) -> Comparison:
    reference.to_csv(folder / "reference.csv", index=False)
    current.to_csv(folder / "current.csv", index=False)
    return compare(folder / "reference.csv", folder / "current.csv", ["score"], None)


@pytest.fixture
def reference() -> pd.DataFrame:
    return pd.DataFrame(
        {"wide": np.arange(60) / 7, "few": [1, 2, 3] * 20, "flag": [True, False] * 30, "score": range(60)}
    )


def test_kinds_are_the_monitors(tmp_path: Path, reference: pd.DataFrame) -> None:
    found = compared(tmp_path, reference, reference.head(30))
    assert (found.numerical, found.categorical, found.notes) == (("wide", "score"), ("few", "flag"), ())
    assert (len(found.reference), len(found.current)) == (60, 30)
    for table in (found.reference, found.current):
        assert {str(table[name].dtype) for name in found.numerical} == {"float64"}
        assert set(table["few"]) == {"1", "2", "3"}
        assert set(table["flag"]) == {"True", "False"}


def test_a_missing_value_does_not_rename_categories(tmp_path: Path, reference: pd.DataFrame) -> None:
    current = reference.assign(few=[None, 2, 3] * 20)
    found = compared(tmp_path, reference, current)
    assert found.current["few"].dropna().unique().tolist() == ["2", "3"]
    assert found.current["few"].isna().sum() == 20


def test_what_is_no_finite_number_counts_as_missing_and_is_said(tmp_path: Path, reference: pd.DataFrame) -> None:
    found = compared(tmp_path, reference, reference.assign(wide=["abc", np.inf, None, *np.arange(57) / 7]))
    assert found.current["wide"].isna().tolist() == [True] * 3 + [False] * 57
    assert found.notes == (
        f"'wide' in '{tmp_path / 'current.csv'}': 2 that are no finite numbers count as missing.",
    )  # fmt: skip


def test_a_column_without_values_is_left_out_and_said(tmp_path: Path, reference: pd.DataFrame) -> None:
    found = compared(tmp_path, reference, reference.assign(flag=None, more=1))
    assert list(found.current.columns) == list(found.reference.columns) == ["wide", "few", "score"]
    assert found.notes == (f"'flag' has no value in '{tmp_path / 'current.csv'}': it is left out.",)


@pytest.mark.parametrize("text", ["<=50", "a < b", "1<2", ">", "<"])
def test_comparisons_are_left_as_they_are(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("text", ["</script>", "<!--", "<img>", "<?x"])
def test_what_begins_a_tag_does_not_stay(text: str) -> None:
    assert "<" not in harmless(text)
    assert harmless(text)[1:] == text[1:]
