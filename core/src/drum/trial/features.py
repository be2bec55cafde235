"""Features as the installed formats read them, without the model, and written again so that they can be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drum import media_types
from drum.errors import UnsupportedMediaTypeError
from drum.types import ModelSpec, Payload, Predictions, TargetType

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from drum.plugins import PluginManager


class Features:
    """The installed formats; neither custom code nor a runtime takes part.

    :param manager: the plugins.
    :param code_dir: the folder of the model.
    """

    def __init__(self, manager: PluginManager, code_dir: Path) -> None:
        from drum.custom_code import PLUGIN_NAME
        from drum.plugins import Seat

        custom = manager.get_plugin(PLUGIN_NAME)
        self._seat = Seat(manager, None, away=[] if custom is None else [custom])
        self._spec = ModelSpec(code_dir=code_dir, target_type=TargetType.TRANSFORM)

    def read(self, payload: Payload) -> pd.DataFrame | None:
        """Read a payload into a frame; ``None`` if no format knows its media type.

        :raises MalformedInputError: if it is not what its media type says.
        """
        frame: pd.DataFrame | None = self._seat.read_input(payload, self._spec, model=None)
        return frame

    def write(self, frame: pd.DataFrame, media_type: str) -> bytes:
        """Write a frame so that :meth:`read` gives it back, as far as the format can.

        :raises UnsupportedMediaTypeError: if no format writes this media type.
        """
        if media_type == media_types.JSON:  # an array of records; what predictions are wrapped in is no input
            return b"[" + self.write(frame, media_types.JSON_LINES).strip().replace(b"\n", b",") + b"]"
        answer = Predictions(frame=frame)
        text = self._seat.write_output(answer, media_type or media_types.CSV, self._spec)
        if text is None:
            raise UnsupportedMediaTypeError(
                f"Rows cannot be written as '{media_type}'. Known are {', '.join(media_types.KNOWN)}."
            )
        return text


def has_sparse_columns(frame: pd.DataFrame) -> bool:
    """Tell whether a frame has a sparse column."""
    from drum.formats.frames import is_sparse

    return any(is_sparse(dtype) for dtype in frame.dtypes)
