"""The memory in which columns go to Java and predictions come back."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from drum_java.columns import NUMBER, Column

MOST_BYTES = 2**25
"""How much of a batch is handed over at once, so that no thread keeps more memory than this."""
FIRST_BYTES = 2**16
MOST_LAYOUTS = 64


class Exchange:
    """Calls a model in Java with columns, and returns its numbers.

    Each thread has a buffer that it uses again and again: memory that Python lends to Java is not free before Java's
    collector has seen that it is of no use, which may take long.

    :param features: the names of the columns, in order.
    :param width: how many numbers there are a row.
    :param by_row: whether Java puts them down row by row, or column by column.
    """

    def __init__(self, jpype: Any, target: Any, features: Sequence[str], width: int, *, by_row: bool = True) -> None:
        self._jpype = jpype
        self._call = target.score
        self._features = list(features)
        self._width = width
        self._by_row = by_row
        self._layout_class = jpype.JClass("drum.Columns").Layout
        self._layouts: dict[tuple[int, ...], Any] = {}
        self._own = threading.local()

    def score(self, columns: Sequence[Column], rows: int) -> Any:
        """Return a matrix with a row for each row of the batch."""
        import numpy as np

        portion = max(1, MOST_BYTES // (8 * (len(columns) + self._width)))
        if rows <= portion:
            return self._score(columns, slice(0, rows))
        starts = range(0, rows, portion)
        return np.concatenate([self._score(columns, slice(at, min(at + portion, rows))) for at in starts])

    def _score(self, columns: Sequence[Column], part: slice) -> Any:
        import numpy as np

        rows = part.stop - part.start
        numeric = [column for column in columns if column.kind == NUMBER]
        textual = [column for column in columns if column.kind != NUMBER]
        levels = [[level.encode(errors="replace") for level in column.levels] for column in textual]
        sizes = [size for own in levels for size in (len(own), *map(len, own))]
        text = b"".join(level for own in levels for level in own)
        doubles, ints = (len(numeric) + self._width) * rows, len(textual) * rows + len(sizes)
        memory, buffer = self._memory(doubles * 8 + ints * 4 + len(text))
        floats = memory[: doubles * 8].view(np.float64)
        for place, column in enumerate(numeric):
            floats[place * rows : (place + 1) * rows] = column.numbers[part]
        if textual:
            whole = memory[doubles * 8 : doubles * 8 + ints * 4].view(np.int32)
            for place, column in enumerate(textual):
                whole[place * rows : (place + 1) * rows] = column.codes[part]
            whole[len(textual) * rows :] = sizes
            memory[doubles * 8 + ints * 4 :][: len(text)] = np.frombuffer(text, np.uint8)
        self._call(self._layout(columns), buffer, rows, self._width, len(sizes))
        answer = floats[len(numeric) * rows :].copy()
        return answer.reshape(rows, self._width) if self._by_row else answer.reshape(self._width, rows).T

    def _layout(self, columns: Sequence[Column]) -> Any:
        """Return what tells Java of the columns; the same kinds come again and again."""
        kinds = tuple(column.kind for column in columns)
        layout = self._layouts.get(kinds)
        if layout is None:
            if len(self._layouts) >= MOST_LAYOUTS:
                self._layouts.clear()
            jpype = self._jpype
            names = jpype.JArray(jpype.JString)(self._features)
            layout = self._layouts[kinds] = self._layout_class(names, jpype.JArray(jpype.JInt)(list(kinds)))
        return layout

    def _memory(self, size: int) -> tuple[Any, Any]:
        """Return this thread's memory, as NumPy and as Java see it, with room for so many bytes."""
        import numpy as np

        own = getattr(self._own, "memory", None)
        if own is None or len(own[0]) < size:
            room = max(FIRST_BYTES, 1 << (size - 1).bit_length())
            array = np.empty(room // 8, np.float64).view(np.uint8)  # doubles are at their place in memory
            own = self._own.memory = (array, self._jpype.nio.convertToDirectBuffer(array))
        return own
