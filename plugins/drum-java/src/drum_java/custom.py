"""Java classes of the user's own, which implement ``drum.Predictor``: found, loaded and called."""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.contract import framed
from drum.errors import LoadError, MalformedInputError, ModelContractError, ScoreError
from drum.settings import Settings
from drum.types import PREDICTIONS, Payload, Reply, TargetType
from drum_java import archives, jvm
from drum_java.buffers import Exchange
from drum_java.columns import handed_over
from drum_java.thrown import raising
from drum_java.votes import files

if TYPE_CHECKING:
    import pandas as pd

CLASS = "DRUM_JAVA_CUSTOM_PREDICTOR_CLASS"
CLASS_PATH = "DRUM_JAVA_CUSTOM_CLASS_PATH"
SERVICE = "META-INF/services/drum.Predictor"
MOST_EXCHANGES = 16


def is_predictor_named() -> bool:
    """Tell whether the environment names a class: then nothing else in the folder is the model."""
    return bool(os.environ.get(CLASS))


def offering_jars(code_dir: Path) -> list[Path]:
    """Return the jars that list a predictor of the user's."""
    return [path for path in files(code_dir, ".jar") if SERVICE in (archives.names_in(path) or ())]


def refuse_code(name: str, settings: Settings) -> None:
    """Refuse to run what is code, where the operator wants that.

    :raises LoadError: with ``--no-pickle``.
    """
    if settings["no_pickle"]:
        raise LoadError(f"'{name}' is code: to load it is to execute it, which --no-pickle refuses.")


class CustomModel:
    """An instance of the user's class.

    :raises LoadError: if there is no such class, or it cannot load its model.
    """

    def __init__(self, code_dir: Path, settings: Settings) -> None:
        name = os.environ.get(CLASS) or None
        refuse_code(name or offering_jars(code_dir)[0].name, settings)
        self._jpype = jpype = jvm.start(settings)
        given = jvm.class_path(os.environ.get(CLASS_PATH), code_dir)
        loader = jpype.JClass("drum.internal.Libraries").loader(
            given or [f"{code_dir}/", *map(str, files(code_dir, ".jar"))]
        )
        with raising(LoadError, "The Java predictor cannot be loaded."):
            self._predictor = jpype.JClass("drum.internal.CustomPredictor").of(name, loader, str(code_dir))
            self.forms = jvm.texts(self._predictor.forms())
            self.class_name = str(self._predictor.className())
            self._labels = jvm.texts(self._predictor.labels()) if "columns" in self.forms else ()
        self._exchanges: dict[tuple[str, ...], Exchange] = {}

    def score(self, batch: pd.DataFrame) -> pd.DataFrame | None:
        """Predict by columns, or else by CSV; ``None`` if the class does neither.

        :raises MalformedInputError: if the class says that the data is not what it takes.
        """
        if "columns" in self.forms:
            return self._score_columns(batch)
        return self._score_csv(batch) if "csv" in self.forms else None

    def _score_columns(self, batch: pd.DataFrame) -> pd.DataFrame:
        columns = handed_over(batch, range(len(batch.columns)), ["any"] * len(batch.columns))
        with self._calling():
            values = self._exchange(tuple(map(str, batch.columns))).score(columns, len(batch))
        return framed(values, self._labels or [PREDICTIONS])

    def _exchange(self, names: tuple[str, ...]) -> Exchange:
        if names not in self._exchanges:
            if len(self._exchanges) >= MOST_EXCHANGES:
                self._exchanges.clear()
            width = max(1, len(self._labels))
            self._exchanges[names] = Exchange(self._jpype, self._predictor, names, width, by_row=False)
        return self._exchanges[names]

    def _score_csv(self, batch: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        with self._calling():
            answer = str(self._predictor.score(batch.to_csv(index=False)))
        try:
            return pd.read_csv(io.StringIO(answer))
        except (ValueError, pd.errors.ParserError) as error:
            raise ModelContractError(f"'{self.class_name}' did not return a CSV: {error}.") from error

    def answer(self, payload: Payload) -> Reply | None:
        """Answer an unstructured payload; ``None`` if the class does not."""
        if "unstructured" not in self.forms:
            return None
        names = {name.title(): value for name, value in payload.headers.items()}
        with self._calling():
            request = self._jpype.JClass("drum.UnstructuredPredictor").Request(
                self._jpype.JArray(self._jpype.JByte)(payload.body), payload.media_type or "text/plain",
                _charset(payload.charset), self._map(dict(payload.query)), self._map(names),
            )  # fmt: skip
            reply = self._predictor.score(request)
        if reply is None or reply.body is None:
            raise ModelContractError(f"'{self.class_name}' returned null. Return a Reply with a body.")
        return Reply(
            body=bytes(reply.body), media_type=str(reply.mediaType or "application/octet-stream"),
            charset=str(reply.charset or "utf8"),
        )  # fmt: skip

    def _map(self, values: dict[str, str]) -> Any:
        return self._jpype.JClass("java.util.HashMap")(values)

    @contextmanager
    def _calling(self) -> Iterator[None]:
        """Tell by what the class throws whose fault it is."""
        jpype = self._jpype
        try:
            with raising(ScoreError, f"'{self.class_name}' failed to make predictions."):
                yield
        except ScoreError as error:
            cause = error.__cause__
            if isinstance(cause, jpype.JClass("java.lang.IllegalArgumentException")):
                raise MalformedInputError(str(cause.getMessage())) from error
            if isinstance(cause, jpype.JClass("drum.internal.CustomPredictor").WrongAnswer):
                raise ModelContractError(f"'{self.class_name}' returned {cause.getMessage()}.") from error
            raise

    def close(self) -> None:
        """Close the user's object and let go of its classes."""
        self._predictor.close()


def _charset(name: str) -> str:
    """Return a charset's name as Java knows it too."""
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise MalformedInputError(f"The charset '{name}' is not known.") from error


def can_answer(model: CustomModel, target_type: TargetType) -> bool:
    """Tell whether the class does what the target type asks for."""
    wanted = {"unstructured"} if target_type is TargetType.UNSTRUCTURED else {"columns", "csv"}
    return bool(wanted & set(model.forms))
