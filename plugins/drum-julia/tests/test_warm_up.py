"""Where the columns are known, hooks are compiled while the model is loaded."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

import drum
from drum.input_schema import record, schema_text
from drum.scorer import Scorer
from drum.testing import CodeDir, run_cli

SAMPLE = pd.DataFrame(
    {"age": [1.5, None], "count": [3, 4], "city": ["Łódź", None], "ok": [True, False], "maybe": [True, None]}
)
CODE = """
const SEEN = String[]
note(hook, data) = push!(SEEN, hook * " " * join((eltype(column) for column in values(data)), ", "))
transform(data, model) = (note("transform", data); data)
score(data, model) = (note("score", data); fill(float(length(SEEN)), length(data.age)))
post_process(predictions, model) = (note("post_process", predictions); predictions)
score_seen(data) = SEEN
"""


def opened(folder: Path, code: str) -> Scorer:
    schema = schema_text(record(SAMPLE), "a sample")
    return drum.open(CodeDir(folder, {"custom.jl": code, "input-schema.yaml": schema}), target_type="regression")


def test_all_hooks_are_called_with_and_without_gaps(tmp_path: Path) -> None:
    """The types of the columns are those of real rows, so that what is compiled is what will be called."""
    code = CODE.replace("fill(", 'write(joinpath(@__DIR__, "seen"), join(SEEN, "\\n")); fill(', 1)
    code = code.replace('(note("score", data); write', '(note("score", data); write')
    with opened(tmp_path, code) as scorer:
        before = (tmp_path / "seen").read_text().splitlines()
        scorer.score(SAMPLE[:1])
        scorer.score(SAMPLE)
        after = (tmp_path / "seen").read_text().splitlines()
    assert before == after[:5]
    assert [line for line in after[6:] if not line.startswith("post")] == [
        line for line in before if not line.startswith("post")
    ]
    assert before[0].endswith("Float64, Int64, String, Bool, Bool")
    assert "Union{Missing, Float64}, Int64, Union{Missing, String}, Bool, Union{Missing, Bool}" in before[3]


def test_failure_does_not_matter(tmp_path: Path) -> None:
    code = 'score(data, model) = "Łódź" in skipmissing(data.city) ? error("made up") : float.(data.count)'
    with opened(tmp_path, code) as scorer:
        rows = SAMPLE.assign(city="Zürich")
        assert scorer.score(rows).frame["Predictions"].tolist() == [3.0, 4.0]


def test_template_runs_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "my-model"
    assert run_cli(["new", "model", "--code-dir", folder, "--language", "julia"]).exit_code == 0
    assert "drum score" in (folder / "README.md").read_text()
    outcome = run_cli(["score", "--code-dir", folder, "--input", folder / "example.csv"])
    assert outcome.out == "Predictions\n2.0\n5.166666666666667\n", outcome.err


EXAMPLE = Path(__file__).parents[3] / "examples" / "julia-tree"


def test_example(serve: Callable[..., Scorer]) -> None:
    with drum.open(EXAMPLE / "model") as scorer:
        answer = scorer.score(EXAMPLE / "input.csv").frame
    pd.testing.assert_frame_equal(answer, pd.read_csv(EXAMPLE / "expected.csv"), check_exact=True)
