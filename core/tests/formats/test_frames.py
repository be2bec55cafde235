"""What the formats share."""

from __future__ import annotations

import pandas as pd
import pytest

from drum.errors import MalformedInputError, PluginDependencyError
from drum.formats.frames import checked, import_extra, joined
from drum.types import Predictions


def test_rows_are_numbered_from_zero() -> None:
    frame = checked(pd.DataFrame({"a": [1, 2]}, index=[5, 3]))
    assert (list(frame.index), frame["a"].tolist()) == ([0, 1], [1, 2])


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"a": []}), pd.DataFrame(index=[0, 1])])
def test_frame_without_rows_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(MalformedInputError, match=r"The input has no rows. Give at least one"):
        checked(frame)


def test_column_that_stands_twice_is_named() -> None:
    with pytest.raises(MalformedInputError, match="The input has the column 'b' twice"):
        checked(pd.DataFrame([[1, 2, 3]], columns=["a", "b", "b"]))


def test_extra_output_stands_beside_the_predictions() -> None:
    frame, extra = pd.DataFrame({"Predictions": [1.0]}), pd.DataFrame({"why": ["x"]})
    assert joined(Predictions(frame=frame)) is frame
    assert joined(Predictions(frame=frame, extra=extra)).to_dict("list") == {"Predictions": [1.0], "why": ["x"]}


def test_library_of_an_extra_is_imported() -> None:
    assert import_extra("json.decoder", "any", "JSON").__name__ == "json.decoder"


def test_missing_library_comes_with_the_line_that_installs_it() -> None:
    with pytest.raises(
        PluginDependencyError,
        match=r"Matrix input needs no_such_library, which is not installed. Run: pip install 'drum-core\[sparse\]'",
    ):
        import_extra("no_such_library.io", "sparse", "Matrix input")
