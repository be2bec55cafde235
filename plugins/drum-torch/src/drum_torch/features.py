"""Make a matrix of numbers of a batch, as torch takes nothing else, and say what is wrong with its width."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from drum.columns import numbers_of

if TYPE_CHECKING:
    import numpy.typing as npt

WIDTHS = (
    r"shapes cannot be multiplied \(\d+x(?P<given>\d+) and (?P<taken>\d+)x\d+\)",  # a linear layer
    r"running_mean should contain (?P<given>\d+) elements not (?P<taken>\d+)",  # batch normalization
    r"normalized_shape=\[(?P<taken>\d+)\], .* got input of size\s?\[\d+, (?P<given>\d+)\]",  # layer normalization
    r"shape\[1\] to be equal to (?P<taken>\d+), but got (?P<given>\d+)",  # a program, called by torch 2.6 to 2.8
    r"Guard failed: \w+\.size\(\)\[1\] == (?P<taken>\d+)",  # a program, called by newer ones
    r"tensor a \((?P<given>\d+)\) must match the size of tensor b \((?P<taken>\d+)\) at non-singleton dimension 1",
    r"tensor a \((?P<taken>\d+)\) must match the size of tensor b \((?P<given>\d+)\) at non-singleton dimension 1",
    r"output with shape \[\d+, (?P<given>\d+)\] doesn't match the broadcast shape \[\d+, (?P<taken>\d+)\]",
)
"""What modules say when a matrix is too wide or too narrow for them."""


def matrix_of(batch: Any) -> npt.NDArray[Any]:
    """Return the values of a batch, its columns as they come; missing ones are NaN.

    :raises MalformedInputError: naming a column that does not hold numbers.
    """
    import numpy as np

    if not hasattr(batch, "columns"):
        return np.asarray(batch)  # what custom code read is in the model's own form
    return numbers_of(batch)


def complaint(message: str, shape: Sequence[int]) -> str | None:
    """Return what is wrong with a batch of this shape, or ``None`` if it was not its width.

    :param message: what torch said. It is the batch's fault if torch names the width of the batch, not that of
        some layer further in.
    """
    for pattern in WIDTHS:
        found = re.search(pattern, message)
        if found and len(shape) == 2 and found.groupdict().get("given", str(shape[1])) == str(shape[1]):
            return wrong_width(int(found["taken"]), shape[1])
    return None


def wrong_width(taken: int, given: int) -> str:
    """Return what is wrong with a batch of too many or too few columns."""
    return f"The model takes {taken} column{'s' if taken != 1 else ''}, but the input has {given}."
