"""Bodies that nobody should send: real ones of every format, damaged by chance, the same chance every time."""

from __future__ import annotations

import gzip
import io
import random
import re
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from servers import Server

FRAME = pd.DataFrame({"0": [0.5, None, 2.0, 1e9] * 8, "1": [1, 5, 3, -7] * 8, "c": ["x", "ü", None, "long " * 9] * 8})
"""Two columns of numbers, named as those of a matrix without names, and one that no model looks at."""
ARROW_FILE, ARROW_STREAM = "application/vnd.apache.arrow.file", "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
NASTY = [
    b"\xff" * 8, b"\0" * 8, b"\xff\xff\xff\x7f", b"\xff" * 7 + b"\x7f", b"\x80", b"\0", b"\xed\xa0\x80",
    b"\xef\xbb\xbf", b'"', b",", b"\n", b"\r", b"{", b"}", b"[" * 99, b"-", b"--x", b"%", b"1e999", b"NaN",
    b"99999999999", b"9" * 400, b"\\ud800",
]  # fmt: skip
"""What readers stumble over."""


@dataclass(frozen=True)
class Body:
    """What is sent, and as what."""

    media_type: str
    content: bytes
    encoding: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Type": self.media_type} | ({"Content-Encoding": self.encoding} if self.encoding else {})


def real_bodies() -> list[Body]:
    """Return bodies of every format, all of them sound."""
    plain = [*_texts(), *_tables(), *_matrices()]
    forms = [_form(body) for body in plain]
    packed = [Body(body.media_type, gzip.compress(body.content, mtime=0), "gzip") for body in plain[:4]]
    return [*plain, *forms, *packed]


def malformed_bodies(count: int, seed: int) -> Iterator[Body]:
    """Yield real bodies, each damaged in a few places; few of them are still what they say."""
    chance = random.Random(seed)
    real = real_bodies()
    for _ in range(count):
        body = chance.choice(real)
        content = body.content
        for _ in range(chance.randint(1, 3)):
            content = chance.choice(DAMAGES)(content, chance, chance.choice(real).content)
        yield Body(body.media_type, content, body.encoding)


# ------------------------------------------------------------------------------------- what is sound


def _texts() -> list[Body]:
    csv = FRAME.to_csv(index=False)
    records = FRAME.to_json(orient="records")
    return [
        Body("text/csv", csv.encode()),
        Body("text/csv", csv.replace("\n", "\r\n").replace("x", '"x, ""y"""').encode()),
        Body("application/json", records.encode()),
        Body("application/json", FRAME.to_json(orient="columns").encode()),
        Body("application/json", b'{"dataframe_split": %s}' % FRAME.to_json(orient="split").encode()),
        Body("application/x-ndjson", FRAME.to_json(orient="records", lines=True).encode()),
        Body("text/csv; charset=utf-16", csv.encode("utf-16")),
        Body("application/json; charset=latin-1", records.encode("latin-1")),
    ]


def _tables() -> list[Body]:
    table = pa.Table.from_pandas(FRAME.assign(d=FRAME["c"].astype("category"), e=[[1, 2], [], None, [3]] * 8))
    arrow = [
        Body(media_type, _arrow(table, media_type == ARROW_FILE, compression))
        for media_type in (ARROW_FILE, ARROW_STREAM)
        for compression in (None, "lz4", "zstd")
    ]
    parquet = [{"compression": "none"}, {"compression": "snappy"}, {"use_dictionary": False}, {"row_group_size": 5}]
    return [*arrow, *(Body(PARQUET, _parquet(table, options)) for options in parquet)]


def _arrow(table: pa.Table, is_file: bool, compression: str | None, rows: int | None = 20) -> bytes:
    sink = io.BytesIO()
    create = pa.ipc.new_file if is_file else pa.ipc.new_stream
    with create(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table, max_chunksize=rows)
    return sink.getvalue()


def _parquet(table: pa.Table, options: dict[str, object]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def _matrices() -> list[Body]:
    entries = b"".join(b"%d %d %d.5\n" % (row, column, row) for row in range(1, 20) for column in (1, 2))
    array = b"".join(b"%d\n" % number for number in range(20))
    return [
        Body("text/mtx", b"%%MatrixMarket matrix coordinate real general\n% made\n19 2 38\n" + entries),
        Body("text/mtx", b"%%MatrixMarket matrix array real general\n10 2\n" + array),
    ]


def _form(body: Body, name: str = "x") -> Body:
    """Return the same as a file in a multipart form, with a second part beside it."""
    stated = f'name="X"; filename="{name}"\r\nContent-Type: {body.media_type}'
    parts = [(stated.encode(), body.content)]
    parts.append((b'name="X.colnames"; filename="n.gz"', gzip.compress(b"0\n1\n", mtime=0)))
    sections = [b"--bound\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % part for part in parts]
    return Body("multipart/form-data; boundary=bound", b"".join(sections) + b"--bound--\r\n")


# ------------------------------------------------------------------------------------- and how it is damaged

Damage = Callable[[bytes, random.Random, bytes], bytes]


def _cut_off(content: bytes, chance: random.Random, other: bytes) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _flip(content: bytes, chance: random.Random, other: bytes) -> bytes:
    changed = bytearray(content or b"\0")
    for _ in range(chance.choice([1, 1, 2, 8])):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _splice(content: bytes, chance: random.Random, other: bytes) -> bytes:
    return content[: chance.randrange(len(content) + 1)] + other[chance.randrange(len(other) + 1) :]


def _remove(content: bytes, chance: random.Random, other: bytes) -> bytes:
    start = chance.randrange(len(content) + 1)
    return content[:start] + content[start + chance.choice([1, 4, 8, 100]) :]


def _repeat(content: bytes, chance: random.Random, other: bytes) -> bytes:
    start = chance.randrange(len(content) + 1)
    return content[:start] + content[start : start + 64] * chance.choice([2, 50]) + content[start:]


def _insert(content: bytes, chance: random.Random, other: bytes) -> bytes:
    start = chance.randrange(len(content) + 1)
    return content[:start] + chance.choice(NASTY) + content[start:]


def _overwrite(content: bytes, chance: random.Random, other: bytes) -> bytes:
    start, nasty = chance.randrange(len(content) + 1), chance.choice(NASTY)
    return content[:start] + nasty + content[start + len(nasty) :]


DAMAGES: list[Damage] = [_cut_off, _flip, _splice, _remove, _repeat, _insert, _overwrite]


# ------------------------------------------------------------------------------------- and what is small and unfolds


def bombs() -> dict[str, Body]:
    """Return bodies of some kilobytes, or few megabytes, that would take gigabytes or minutes to read."""
    names = ",".join(f"c{number}" for number in range(1_000_000))
    zeros = pa.table({"0": pa.array([0] * 1_000_000, pa.int8())})
    repeated = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int32()), ["x" * 1_000_000])
    texts, nothing = pa.table({"0": repeated}), pa.table({"0": pa.nulls(2_000_000_000)})
    matrix, array = b"%%MatrixMarket matrix coordinate real general\n", b"%%MatrixMarket matrix array real "
    csv_of_zeros = gzip.compress(b"0,1\n" + b"0,0\n" * 100_000_000, 1)
    return {
        "csv, a million columns": Body("text/csv", f"{names}\n{'1,' * 999_999}1\n".encode()),
        "csv, a long first row": Body("text/csv", b"0,1\n" + b"," * 1_000_000 + b"\n1" * 999_999),
        "csv, only line ends": Body("text/csv", b"\n" * 5_000_000),
        "csv, gzip": Body("text/csv", csv_of_zeros, "gzip"),
        "csv, gzip in a form": _form(Body("text/csv", csv_of_zeros), "x.csv.gz"),
        "json, a million columns": Body("application/json", b"[{%s}]" % _keys(1_000_000, b":1")),
        "json, other keys in each record": Body("application/json", b"[{%s}]" % _keys(100_000, b":1", b"},{")),
        "json, other rows in each column": Body("application/json", b"{%s}" % _keyed_columns(100_000)),
        "json, one long row": Body("application/json", _long_row(100_000)),
        "json, deep": Body("application/json", b"[" * 1_000_000),
        "json, deep in a value": Body("application/json", b'[{"0":%s1%s,"1":1}]' % (b"[" * 900, b"]" * 900)),
        "json, many digits": Body("application/json", b'[{"0":%s,"1":1}]' % (b"9" * 100_000)),
        "json, a large number": Body("application/json", b'[{"0":%s,"1":1}]' % (b"9" * 4_000)),
        "matrix, rows": Body("text/mtx", matrix + b"100000000 2 1\n1 1 1\n"),
        "matrix, columns": Body("text/mtx", matrix + b"2 100000000 1\n1 1 1\n"),
        "matrix, entries": Body("text/mtx", matrix + b"2 2 100000000\n1 1 1\n"),
        "matrix, dense": Body("text/mtx", array + b"general\n10000 10000\n1\n"),
        "matrix, symmetric but not square": Body("text/mtx", array + b"symmetric\n2 3\n1\n2\n3\n"),
        "parquet, rows": Body(PARQUET, _repeated(zeros, 300, lambda sink: pq.ParquetWriter(sink, zeros.schema))),
        "parquet, a text": Body(PARQUET, _parquet(texts, {"compression": "zstd"})),
        "arrow, rows without a byte": Body(ARROW_STREAM, _arrow(nothing, False, None, rows=None)),
        "arrow file, rows without a byte": Body(ARROW_FILE, _arrow(nothing, True, None, rows=None)),
        "arrow, rows": Body(ARROW_STREAM, _repeated(zeros, 300, lambda sink: _stream(sink, zeros))),
        "arrow, a text": Body(ARROW_STREAM, _arrow(texts, False, "zstd", rows=None)),
    }  # fmt: skip


def _keys(count: int, value: bytes, between: bytes = b",") -> bytes:
    return between.join(b'"c%d"%s' % (number, value) for number in range(count))


def _keyed_columns(count: int) -> bytes:
    return b",".join(b'"c%d":{"%d":1}' % (number, number) for number in range(count))


def _long_row(count: int) -> bytes:
    rows = b"[%s]" % b",".join([b"1"] * count) + b",[1]" * count
    return b'{"dataframe_split":{"columns":["0"],"data":[%s]}}' % rows


def _stream(sink: io.BytesIO, table: pa.Table) -> pa.RecordBatchStreamWriter:
    return pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd"))


def _repeated(table: pa.Table, times: int, create: Callable[[io.BytesIO], Any]) -> bytes:
    sink = io.BytesIO()
    with create(sink) as writer:
        for _ in range(times):
            writer.write_table(table)
    return sink.getvalue()


# ------------------------------------------------------------------------------------- and what became of the workers


def restarts(server: Server) -> int:
    """Return how many workers were started in place of dead ones."""
    with urllib.request.urlopen(f"{server.url}/metrics") as answer:
        found = re.search(r"^drum_worker_restarts_total (\S+)$", answer.read().decode(), re.MULTILINE)
    assert found is not None
    return int(float(found[1]))
