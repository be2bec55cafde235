"""Predictions become one file, whatever its format and however many portions there are."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pandas as pd
import pytest

from drum.batch.answers import answers_to
from drum.batch.batch_scorer import BatchScorer
from drum.batch.output import pending_output
from drum.types import Predictions


def written(target: Path, scorer: BatchScorer, *parts: Predictions, restart: bool = False) -> bytes:
    with pending_output(target) as output:
        answers = answers_to(target, scorer, output)
        if restart:
            answers.add(parts[0], 0)
            answers.restart()
        first_row = 0
        for part in parts:
            answers.add(part, first_row)
            first_row += len(part.frame)
        answers.finish()
        output.deliver()
    return target.read_bytes()


def labelled(*values: float) -> Predictions:
    frame = pd.DataFrame({'a\n"b"': values})
    return Predictions(frame=frame, extra=pd.DataFrame({"why": ["x"] * len(values)}))


@pytest.mark.parametrize("name", ["out.csv", "out"])
@pytest.mark.parametrize("restart", [False, True])
def test_a_csv_has_one_header_even_if_it_takes_several_lines(
    tmp_path: Path, scorer: BatchScorer, name: str, restart: bool
) -> None:
    text = written(tmp_path / name, scorer, labelled(0.5, 1.0), labelled(0.25), restart=restart)
    assert text == b'"a\n""b""",why\n0.5,x\n1.0,x\n0.25,x\n'


def test_a_compressed_csv_is_one_file(tmp_path: Path, scorer: BatchScorer) -> None:
    text = written(tmp_path / "out.CSV.gz", scorer, labelled(0.5), labelled(0.25))
    assert gzip.decompress(text) == b'"a\n""b""",why\n0.5,x\n0.25,x\n'


@pytest.mark.parametrize("name", ["out.parquet", "out.arrow", "out.feather"])
@pytest.mark.parametrize("restart", [False, True])
def test_other_formats_are_written_as_a_whole(tmp_path: Path, scorer: BatchScorer, name: str, restart: bool) -> None:
    pytest.importorskip("pyarrow")
    target = tmp_path / name
    body = io.BytesIO(written(target, scorer, labelled(0.5), labelled(0.25), restart=restart))
    frame = pd.read_parquet(body) if name == "out.parquet" else pd.read_feather(body)
    assert frame.to_dict("list") == {'a\n"b"': [0.5, 0.25], "why": ["x", "x"]}


def test_a_single_portion_is_not_copied(tmp_path: Path, scorer: BatchScorer) -> None:
    text = written(tmp_path / "out.json", scorer, Predictions(frame=pd.DataFrame({"Predictions": [1.5]})))
    assert b"1.5" in text
