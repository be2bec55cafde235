"""Media types and the file extensions that stand for them."""

from __future__ import annotations

import gzip
import zlib
from functools import lru_cache
from pathlib import Path

from drum.errors import MalformedInputError, UnsupportedMediaTypeError
from drum.types import Payload

CSV = "text/csv"
MTX = "text/mtx"
ARROW_FILE = "application/vnd.apache.arrow.file"
ARROW_STREAM = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
JSON = "application/json"
JSON_LINES = "application/x-ndjson"
MULTIPART = "multipart/form-data"
URL_ENCODED = "application/x-www-form-urlencoded"

BY_EXTENSION = {
    ".csv": CSV,
    ".mtx": MTX,
    ".arrow": ARROW_FILE,
    ".feather": ARROW_FILE,
    ".parquet": PARQUET,
    ".json": JSON,
    ".jsonl": JSON_LINES,
}
KNOWN = tuple(dict.fromkeys([*BY_EXTENSION.values(), ARROW_STREAM]))


@lru_cache(maxsize=256)
def parse(content_type: str) -> tuple[str, str]:
    """Split a content type such as ``Text/CSV; charset=latin-1`` into media type, in lower case, and charset."""
    media_type, *parameters = (part.strip() for part in content_type.split(";"))
    charset = "utf8"
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip(" '\"") or charset
    return media_type.lower(), charset


def of_file(path: Path) -> str:
    """Return the media type that the extension of ``path`` stands for; ``.gz`` behind it does not count.

    :raises UnsupportedMediaTypeError: if the extension is not known.
    """
    inner = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    try:
        return BY_EXTENSION[inner.suffix.lower()]
    except KeyError:
        raise UnsupportedMediaTypeError(
            f"The format of '{path.name}' is not known by its extension. Known are {', '.join(BY_EXTENSION)} and "
            ".csv.gz: save the data as one of them."
        ) from None


def payload_of_file(path: Path, media_type: str | None = None) -> Payload:
    """Read a whole file into a payload.

    :raises MalformedInputError: if it cannot be read or decompressed.
    :raises UnsupportedMediaTypeError: if no media type is given and the extension tells none.
    """
    media_type = parse(media_type)[0] if media_type else of_file(path)
    try:
        body = path.read_bytes()
        body = gzip.decompress(body) if path.suffix.lower() == ".gz" else body
        return Payload(body=body, media_type=media_type, room=None)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise MalformedInputError(f"'{path}' cannot be decompressed: {error}.") from error
    except OSError as error:
        raise MalformedInputError(f"'{path}' cannot be read: {error.strerror}.") from error
