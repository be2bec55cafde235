"""Text in the charset that its sender states, as UTF-8."""

from __future__ import annotations

import codecs
from functools import lru_cache

from drum.errors import MalformedInputError, UnsupportedMediaTypeError
from drum.types import Payload

NO_CHARSETS = frozenset(
    {"idna", "mbcs", "oem", "palmos", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
)
"""What Python calls encodings, but no sender means; some of them take quadratic time."""


@lru_cache(maxsize=64)
def canonical(charset: str) -> str:
    """Return Python's name for a charset, such as ``iso8859-1`` for ``latin-1``.

    :raises UnsupportedMediaTypeError: if it is not known.
    """
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):  # ValueError: a name that holds a zero
        name = ""
    if not name or name.replace("_", "-") in NO_CHARSETS:
        raise UnsupportedMediaTypeError(
            f"The charset {charset[:40]!r} of the Content-Type is not known. Send UTF-8, or say which one it is."
        )
    return name


def is_utf8(charset: str) -> bool:
    """Tell whether text of this charset needs no decoding."""
    return charset in ("utf8", "utf-8", "UTF-8") or canonical(charset) == "utf-8"


def utf8_body(payload: Payload) -> bytes:
    """Return the body in UTF-8, whatever charset it came in; what says that it is UTF-8 is not looked at.

    :raises MalformedInputError: if it is not in the charset that its sender states.
    :raises UnsupportedMediaTypeError: if that is not known.
    """
    if is_utf8(payload.charset):
        return payload.body
    try:
        return payload.body.decode(canonical(payload.charset)).encode()
    except UnicodeDecodeError as error:
        raise MalformedInputError(
            f"The Content-Type says charset={payload.charset}, but byte {error.start} of the input is not. "
            "State the charset in which the data were saved."
        ) from error
    except (UnicodeError, LookupError) as error:  # UTF-7 can hide what UTF-8 cannot say; codecs such as 'zlib'
        raise MalformedInputError(f"The input cannot be read with charset={payload.charset}: {error}.") from error
