"""Predictions are those of ``drum score`` for the concatenated input, whatever the model, the format and the types."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal
from partitioned import cut, example, names, sample, save, written

from drum.testing import CodeDir, Outcome

Run = Callable[..., Outcome]
Local = Callable[..., pd.DataFrame]
MODELS = ("binary", "onnx", "h2o", "custom-only", "custom-hooks")
COUNTS = (301, 64, 1, 634)


@pytest.mark.parametrize("name", MODELS)
def test_every_kind_of_model(on_ray: Run, locally: Local, tmp_path: Path, name: str) -> None:
    model = example(name)
    whole = sample(name, sum(COUNTS))
    for number, part in enumerate(cut(whole, COUNTS)):
        save(part, tmp_path / "in" / f"{number}.parquet")
    rows = ("--batch-rows", 1000) if name.startswith("custom") else ()
    expected = locally(model, save(whole, tmp_path / "whole.parquet"), *rows)
    outcome = on_ray(model, tmp_path / "in" / "*.parquet", *rows)
    assert (outcome.exit_code, outcome.out, outcome.err) == (0, "", ""), outcome.err
    assert names(tmp_path / "out") == ["_SUCCESS", "_drum.json", *(f"part-0000{n}-{n}.parquet" for n in range(4))]
    exact = name != "custom-hooks"  # the last rows of a part may differ in their last bit: hooks must not see others
    assert_frame_equal(written(tmp_path / "out"), expected, check_exact=exact, rtol=0 if exact else 1e-14)


CSV_PARTS = (
    "whole,missing,text,code,truth,large,late\n1,1,a,007,True,1,1\n2,2,b,8,False,2,2\n",
    "whole,missing,text,code,truth,large,late\n3,,NA,9,True,18446744073709551615,3\n",
    "whole,missing,text,code,truth,large,late\n4,4,1,10,,3,4\n5,5.5,,11,False,4,x\n",
)


@pytest.mark.parametrize("extension", [".csv", ".csv.gz"])
def test_types_of_csvs(on_ray: Run, locally: Local, echo: CodeDir, tmp_path: Path, extension: str) -> None:
    for number, text in enumerate(CSV_PARTS):
        body = text.encode() if extension == ".csv" else gzip.compress(text.encode())
        path = tmp_path / "in" / f"{number}{extension}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(body)
    header = CSV_PARTS[0].partition("\n")[0] + "\n"
    (tmp_path / "whole.csv").write_text(header + "".join(text.removeprefix(header) for text in CSV_PARTS))
    expected = locally(echo, tmp_path / "whole.csv", "--batch-rows", 0)
    outcome = on_ray(echo, tmp_path / "in", "--batch-rows", 0)
    assert outcome.exit_code == 0, outcome.err
    assert_frame_equal(written(tmp_path / "out"), expected)


def test_types_of_parquet_files(on_ray: Run, locally: Local, echo: CodeDir, tmp_path: Path) -> None:
    tables = [
        pa.table({"whole": [1, 2], "missing": [1, 2], "late": pa.nulls(2), "truth": [True, False]}),
        pa.table({"whole": [3, 4], "missing": [3, None], "late": ["x", None], "truth": [True, None]}),
    ]
    (tmp_path / "in").mkdir()
    for number, table in enumerate(tables):
        pq.write_table(table, tmp_path / "in" / f"{number}.parquet")
    pq.write_table(pa.concat_tables(tables, promote_options="default"), tmp_path / "whole.parquet")
    expected = locally(echo, tmp_path / "whole.parquet", "--batch-rows", 0)
    outcome = on_ray(echo, tmp_path / "in", "--batch-rows", 0, "--output-format", "csv")
    assert outcome.exit_code == 0, outcome.err
    assert_frame_equal(written(tmp_path / "out"), expected)


def test_types_of_json_lines(on_ray: Run, locally: Local, echo: CodeDir, tmp_path: Path) -> None:
    parts = [
        [{"a": 1, "b": 1, "c": True}, {"a": 2, "b": 2, "c": False}],
        [{"a": 3, "c": None}, {"a": None, "b": 0.5, "c": True, "d": "late"}],
        [{"a": 5, "b": "text", "c": True}],
    ]
    lines = ["".join(json.dumps(record) + "\n" for record in part) for part in parts]
    (tmp_path / "in").mkdir()
    for number, text in enumerate(lines):
        (tmp_path / "in" / f"{number}.jsonl").write_text(text)
    (tmp_path / "whole.jsonl").write_text("".join(lines))
    expected = locally(echo, tmp_path / "whole.jsonl", "--batch-rows", 0)
    outcome = on_ray(echo, tmp_path / "in", "--batch-rows", 0)
    assert outcome.exit_code == 0, outcome.err
    assert_frame_equal(written(tmp_path / "out"), expected)


def test_an_input_schema_tells_the_types(on_ray: Run, locally: Local, tmp_path: Path) -> None:
    code = "def transform(data, model): return data.assign(kinds=[','.join(map(str, data.dtypes))] * len(data))"
    schema = "columns:\n- {name: code, type: text}\n- {name: n, type: number}\n"
    metadata = "name: x\ntype: inference\ntargetType: transform\n"
    files = {"custom.py": code, "input-schema.yaml": schema, "model-metadata.yaml": metadata}
    model = CodeDir(tmp_path / "model", files)
    for number, text in enumerate(("code,n\n007,1\n", "n,code\n,x\n")):
        (tmp_path / f"{number}.csv").write_text(text)
    (tmp_path / "whole.csv").write_text("code,n\n007,1\nx,\n")
    expected = locally(model, tmp_path / "whole.csv", "--batch-rows", 0)
    outcome = on_ray(model, tmp_path / "[01].csv", "--batch-rows", 0)
    assert outcome.exit_code == 0, outcome.err
    assert_frame_equal(written(tmp_path / "out"), expected)
