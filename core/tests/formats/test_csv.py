"""Reading is pandas' reading, with nothing out of place; the hooks take and decline media types."""

from __future__ import annotations

import io
import math
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from drum.errors import MalformedInputError
from drum.formats.csv import drum_read_input, drum_write_output, read_csv
from drum.types import ModelSpec, Payload, Predictions, TargetType

SPEC = ModelSpec(code_dir=Path(), target_type=TargetType.REGRESSION)

SAMPLES = {
    "plain": b"a,b\n1,x\n2,y\n",
    "no final newline": b"a,b\n1,x\n2,y",
    "byte order mark": b"\xef\xbb\xbfa,b\n1,x\n",
    "byte order mark before a quote": b'\xef\xbb\xbf"a",b\n1,x\n',
    "windows line ends": b"a,b\r\n1,x\r\n\r\n2,y\r\n",
    "old macintosh line ends": b"a,b\r1,x\r2,y\r",
    "blank lines": b"\n  \na,b\n\n1,x\n \t \n2,y\n\n",
    "missing words": b"a,b,c\nNA,,null\n1,x,2.5\n",
    "leading zeros": b"a,b\n007,1\n010,2\n",
    "zeros before text": b"a,b\n007,1\nx,2\n",
    "truth values": b"a,b\nTrue,1\nfalse,2\n",
    "truth values, one missing": b"a,b\nTrue,1\n,2\n",
    "large integers": b"a,b\n18446744073709551615,1\n1,2\n",
    "huge integers": b"a,b\n99999999999999999999,1\n,2\n",
    "awkward integers": b"a,b\n18446744073709551615,1\n,2\nNA,3\n",
    "quoted separators": b'a,b\n"1,5","x\ny"\n2,"say ""hi"""\n',
    "quotes amid a field": b'a,b\n5" pipe,x"y"\n6,"z"\n',
    "no name": b",b\n1,2\n",
    "odd names": b'"a,b",c [m/s]\n1,2\n',
    "names with spaces": b" a , b\n1,2\n",
}


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES)
def test_values_and_types_are_those_of_pandas(text: bytes) -> None:
    assert_frame_equal(read_csv(text), pd.read_csv(io.BytesIO(text), low_memory=False), check_exact=True)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_blank_line_is_a_missing_value_in_a_file_of_one_column(end: bytes) -> None:
    frame = read_csv(end.join([b"a", b"1", b"", b"3", b"", b""]))
    assert frame["a"].tolist() == pytest.approx([1.0, math.nan, 3.0, math.nan], nan_ok=True)


def test_a_lone_cr_does_not_swallow_an_empty_first_field() -> None:
    frame = read_csv(b"a,b\n1,2\n\r,4\n")
    assert frame["b"].tolist() == [2, 4]
    assert math.isnan(frame["a"][1])


def test_a_header_may_be_longer_than_what_is_looked_at_first() -> None:
    names = [f"a rather long name {number}" for number in range(5000)]
    assert read_csv(f"{','.join(names)}\n{'1,' * 4999}1\n".encode()).columns.tolist() == names


def test_line_ends_within_quotes_are_kept() -> None:
    assert read_csv(b'a,b\r1,"x\ry"\r')["b"].tolist() == ["x\ry"]


REFUSED = {
    "nothing": (b"", "is empty"),
    "only blank lines": (b"\n  \n", "is empty"),
    "no rows": (b"a,b\n", "a header but no rows"),
    "no rows, no newline": (b"a,b", "a header but no rows"),
    "row too short": (b"a,b\n1,2\n3\n", "Line 3 of the CSV input has 1 field, but its header has 2."),
    "row too long": (b"a,b\n1,2\n3,4,5\n", "Line 3 of the CSV input has 3 fields, but its header has 2."),
    "first row too long": (b"a,b\n1,2,3\n4,5\n", "Line 2 of the CSV input has 3 fields"),
    "all rows too long": (b"a,b\n1,2,3\n4,5,6\n", "Line 2 of the CSV input has 3 fields"),
    "trailing commas": (b"a,b\n1,2,\n3,4,\n", "Line 2 of the CSV input has 3 fields"),
    "one short, one long": (b"a,b,c\n1,2\n1,2,3,4\n", "Line 2 of the CSV input has 2 fields"),
    "row too long for one column": (b"a\n1\n2,3\n", "Line 3 of the CSV input has 2 fields, but its header has 1."),
    "after blank lines": (b"\na,b\n\n1,2\n\n3\n", "Line 6 of the CSV input has 1 field"),
    "after lines within quotes": (b'a,b\n"x\n\r\ny",2\n3\n', "Line 5 of the CSV input has 1 field"),
    "one quoted field": (b'a,b\n"1,2"\n', "Line 2 of the CSV input has 1 field"),
    "two columns of one name": (b"a,b,a\n1,2,3\n", "the column 'a' twice"),
    "name that a nameless column gets": (b",Unnamed: 0\n1,2\n", "the column 'Unnamed: 0' twice"),
    "quote never closed": (b'a,b\n1,2\n3,"x\n4,5\n', "begins in line 3 of the CSV input is never closed"),
    "doubled quote never closed": (b'a,b\n1,"x""\n4,5\n', "begins in line 2 of the CSV input is never closed"),
    "quote in the header": (b'a,"b\n1,2\n', "begins in line 1 of the CSV input is never closed"),
    "a number without bounds": (b"a,b\n1,2\n" + b"9" * 400 + b",3\n", "The number in row 1 of column 'a'"),
    "latin-1": ("a,b\n1,x\n2,ü\n".encode("latin-1"), "encoding must be UTF-8. Line 3 is not."),
    "latin-1 header": ("ä,b\n1,x\n".encode("latin-1"), "encoding must be UTF-8. Line 1 is not."),
    "utf-16": ("a,b\n1,x\n".encode("utf-16"), "encoding must be UTF-8. Line 1 is not."),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(MalformedInputError) as refused:
        read_csv(text)
    assert message in refused.value.message


def test_the_words_about_the_encoding_are_those_that_clients_match() -> None:
    with pytest.raises(MalformedInputError, match=r"^Supplied CSV input file encoding must be UTF-8\."):
        read_csv(b"a\n\xff\n")


@pytest.mark.parametrize("media_type", ["", "text/csv", "text/plain", "application/csv"])
def test_the_plugin_reads_csv_and_what_has_no_type(media_type: str) -> None:
    frame = drum_read_input(payload=Payload(body=b"a\n1\n", media_type=media_type), spec=SPEC)
    assert frame is not None
    assert frame["a"].tolist() == [1]


def test_the_plugin_passes_on_other_types() -> None:
    assert drum_read_input(payload=Payload(body=b"{}", media_type="application/json"), spec=SPEC) is None
    frame = pd.DataFrame({"Predictions": [1.0]})
    assert drum_write_output(predictions=Predictions(frame=frame), media_type="application/json") is None


def test_extra_output_stands_beside_the_predictions() -> None:
    predictions = Predictions(frame=pd.DataFrame({"Predictions": [1.0]}), extra=pd.DataFrame({"why": ["x"]}))
    assert drum_write_output(predictions=predictions, media_type="text/csv") == b"Predictions,why\n1.0,x\n"


def test_the_module_is_cheap_to_import() -> None:
    code = "import sys, drum.formats.csv; print([m for m in ('numpy', 'pandas', 'pyarrow') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
