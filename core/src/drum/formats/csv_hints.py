"""Guess what something is that should be a CSV and is not, to say so beside the error."""

from __future__ import annotations

BINARY = {
    b"PK\x03\x04": "an Excel workbook or another zip archive",
    b"\xd0\xcf\x11\xe0": "an Excel workbook",
    b"\x1f\x8b": "compressed by gzip; call it .csv.gz, or send it with Content-Encoding: gzip",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ": "compressed by xz",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"PAR1": "a Parquet file; call it .parquet",
    b"ARROW1": "an Arrow file; call it .arrow",
    b"SQLite format 3": "an SQLite database",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\xff\xfe": "UTF-16; save it as UTF-8, or send it with charset=utf-16",
    b"\xfe\xff": "UTF-16; save it as UTF-8, or send it with charset=utf-16",
}
"""How files begin that people take for a CSV, or send as one."""
TEXT = {
    b"{": "JSON; call it .json",
    b"[": "JSON; call it .json",
    b"<": "XML or a web page",
    b"%%MatrixMarket": "a matrix; call it .mtx",
}
LOOKED_AT = 2**12


def hint(text: bytes) -> str:
    """Return a sentence, with a space before it, on what the input seems to be instead of a CSV; often nothing."""
    begins = text[:LOOKED_AT]
    found = next((what for magic, what in BINARY.items() if begins.startswith(magic)), "")
    found = found or next((what for start, what in TEXT.items() if begins.lstrip().startswith(start)), "")
    if found:
        return f" It seems to be {found}."
    if b"\0" in begins:
        return " It seems to be a binary file, not text."
    return separator_hint(begins.strip().partition(b"\n")[0])


def separator_hint(header: bytes) -> str:
    """Return the same for a header whose names seem to be separated by something else than commas."""
    for separator, name in ((b";", "semicolons"), (b"\t", "tabs")):
        if separator in header and b"," not in header:
            return f" Its values seem to be separated by {name}; separate them by commas."
    return ""
