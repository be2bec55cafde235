"""Hooks in ``custom.jl``: which are called, in which order, what they are given and what they may return."""

import logging
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import drum
from drum.errors import CustomCodeError, ModelContractError, ModelHTTPError, NoScorerError, ScoreError
from drum.scorer import Scorer
from drum.testing import CodeDir, run_cli
from drum.types import Payload

Serve = Callable[..., Scorer]
PLAIN = "text/plain"

JULIA = """
note(name) = open(file -> println(file, name), joinpath(@__DIR__, "calls.txt"), "a")

init(; code_dir) = note("init")
load_model(code_dir) = (note("load_model"); 2)
read_input_data(bytes) = (note("read_input_data"); (x=parse.(Int, split(String(bytes))),))
transform(data, model) = (note("transform"); (x=data.x .+ model,))
score(data, model) = (note("score"); float.(data.x))
post_process(predictions, model) = (note("post_process"); (Predictions=10 .* predictions.Predictions,))
score_unstructured(model, data) = (note("score_unstructured"); data)
"""
PYTHON = """
import pathlib
import pandas as pd

def note(name):
    with (pathlib.Path(__file__).parent / "calls.txt").open("a") as file:
        print(name, file=file)

def init(code_dir): note("init")
def load_model(code_dir): note("load_model"); return 2
def read_input_data(data): note("read_input_data"); return pd.DataFrame({"x": list(map(int, data.split()))})
def transform(data, model): note("transform"); return data + model
def score(data, model): note("score"); return data.astype(float)
def post_process(predictions, model): note("post_process"); return predictions * 10
def score_unstructured(model, data): note("score_unstructured"); return data
"""


@pytest.mark.parametrize("target_type", ["regression", "transform", "unstructured"])
def test_hooks_are_called_in_the_order_of_python(tmp_path: Path, target_type: str) -> None:
    """THE order test: the same file of calls, whichever language the hooks are written in."""
    calls = {}
    for name, code in (("custom.jl", JULIA), ("custom.py", PYTHON)):
        folder = CodeDir(tmp_path / name, {name: code})
        with drum.open(folder, target_type=target_type) as scorer:
            if target_type == "unstructured":
                answers = [scorer.score_unstructured(Payload(body=b"1 2")).body for _ in range(2)]
            else:
                answers = [scorer.score(b"1 2").frame.iloc[:, 0].tolist() for _ in range(2)]
        calls[name] = answers, (folder / "calls.txt").read_text().split()
    assert calls["custom.jl"] == calls["custom.py"]
    assert calls["custom.jl"][1][:2] == ["init", "load_model"]


def test_engine_knows_which_hooks_there_are(serve: Serve) -> None:
    scorer = serve("score(data, model) = data.x\nhelper(x) = x\nsin(x) = 2")
    assert (scorer.custom_hooks, scorer.row_wise, scorer.reads_own_payload) == (("score",), False, False)
    assert serve(JULIA).custom_hooks == (
        "init", "read_input_data", "load_model", "transform", "score", "post_process", "score_unstructured",
    )  # fmt: skip


def test_server_tells_which_julia_it_is(serve: Serve) -> None:
    told = serve("score(data, model) = data.x").describe()
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", told["julia"])
    assert Path(told["libjulia"]).is_file()


def test_functions_that_packages_export_are_no_hooks(serve: Serve) -> None:
    code = """
        module Package
        export transform
        transform(a, b) = error("not the user's")
        end
        using .Package
        score(data, model) = data.x
    """
    assert serve(code).score(pd.DataFrame({"x": [1.5]})).frame["Predictions"].tolist() == [1.5]


def test_misspelt_hook_is_named(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        serve("score(data, model) = data.x\npostprocess(p, model) = p")
    assert "'postprocess', which is no hook. Did you mean 'post_process'?" in caplog.text


@pytest.mark.parametrize(
    ("target_type", "labels", "signature", "expected"),
    [
        ("binary", ("no", "yes"), "; positive_class_label, negative_class_label", "yes no"),
        ("binary", ("no", "yes"), "; positive_class_label", "yes"),
        ("multiclass", ("a", "ß", "c"), "; class_labels", '["a", "ß", "c"]'),
        ("multiclass", ("a", "b", "c"), "; words...", "[:class_labels]"),
        ("binary", ("no", "yes"), "", ""),
    ],
)
def test_labels_are_keywords_that_may_be_left_out(
    serve: Serve, target_type: str, labels: tuple[str, ...], signature: str, expected: str
) -> None:
    shown = {
        "yes no": 'positive_class_label * " " * negative_class_label', "yes": "positive_class_label",
        "": '""', "[:class_labels]": "string(collect(keys(words)))",
    }.get(expected, "string(class_labels)")  # fmt: skip
    scorer = serve(f"score(data, model{signature}) = error({shown})", target_type, labels)
    with pytest.raises(ScoreError) as caught:
        scorer.score(pd.DataFrame({"x": [1]}))
    assert str(caught.value) == f"Model 'score' hook failed to make predictions. Exception: ErrorException: {expected}"


@pytest.mark.parametrize(
    ("hook", "code"),
    [
        ("score", "score(data, model) = nothing"),
        ("transform", "transform(data, model) = nothing\nscore(data, model) = data.x"),
        ("post_process", "post_process(p, model) = nothing\nscore(data, model) = data.x"),
        ("read_input_data", "read_input_data(bytes) = nothing\nscore(data, model) = data.x"),
    ],
)
def test_nothing_is_never_a_pass(serve: Serve, hook: str, code: str) -> None:
    with pytest.raises(ModelContractError, match=f"Model '{hook}' hook returned nothing"):
        serve(code).score(b"x\n1\n")


def test_load_model_must_not_return_nothing(serve: Serve) -> None:
    with pytest.raises(CustomCodeError, match="'load_model' hook returned nothing"):
        serve("load_model(folder) = nothing\nscore(data, model) = data.x")


def test_neither_score_nor_artifact(serve: Serve) -> None:
    with pytest.raises(NoScorerError, match="has no 'score'"):
        serve("init() = 1").score(b"x\n1\n")


@pytest.mark.parametrize(
    "returned",
    [
        '(no=1 .- p, yes=p)', 'Dict("yes" => p, "no" => 1 .- p)', '["no" => 1 .- p, "yes" => p]', "hcat(1 .- p, p)",
        "p", "Float32.(p)", "[(yes=v, no=1 - v) for v in p]", "view(hcat(1 .- p, p), :, :)", "Any[v for v in p]",
    ],
)  # fmt: skip
def test_what_score_may_return(serve: Serve, returned: str) -> None:
    scorer = serve(f"score(data, model) = (p = data.x; {returned})", "binary", ("no", "yes"))
    frame = scorer.score(pd.DataFrame({"x": [0.25, 0.5]})).frame
    assert frame.to_dict("list") == {"no": [0.75, 0.5], "yes": [0.25, 0.5]}


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ('"text"', "a String is no table"),
        ("(a=[1, 2], b=[1])", "different lengths"),
        ("(a=[1 => 2],)", "column 'a' holds values of type Pair"),
        ("[1.0, 2.0]", "returned 2 rows for 1 rows"),
    ],
)
def test_what_score_may_not_return(serve: Serve, returned: str, message: str) -> None:
    with pytest.raises((ScoreError, ModelContractError), match=message):
        serve(f"score(data, model) = {returned}").score(pd.DataFrame({"x": [1]}))


def test_transform_with_target(serve: Serve) -> None:
    scorer = serve("transform(data, model, y) = ((x=-data.x,), y === nothing ? nothing : (y=2 .* y.y,))", "transform")
    alone = scorer.score_payload(Payload(body=b"x\n1\n2\n", media_type="text/csv"))
    both = scorer.score_payload(Payload(body=b"x\n1\n2\n", media_type="text/csv", parts={"y": b"y\n3\n4\n"}))
    assert (alone.frame["x"].tolist(), alone.target) == ([-1, -2], None)
    assert both.target is not None
    assert both.target["y"].tolist() == [6, 8]


def test_read_input_data_may_return_anything(serve: Serve) -> None:
    code = """
        struct Picture pixels end
        read_input_data(bytes) = Picture(bytes)
        transform(picture::Picture, model) = reshape(picture.pixels, 2, :)
        score(matrix::Matrix{UInt8}, model) = [sum(row) for row in eachrow(matrix)]
    """
    assert serve(code).score(bytes([1, 2, 3, 4])).frame["Predictions"].tolist() == [4, 6]


@pytest.mark.parametrize(
    ("code", "payload", "reply"),
    [
        ("uppercase(data)", Payload(body="zürich".encode(), media_type="text/plain"), ("ZÜRICH", "text/plain")),
        ("string(typeof(data))", Payload(body=b"\0\xff", media_type="image/png"), ("Array{UInt8,1}", "text/plain")),
        ("string(typeof(data))", Payload(body=b"{}", media_type="application/json"), ("String", "text/plain")),
        ("UInt8[0x00, 0xff]", Payload(body=b""), ("\0\xff", "application/octet-stream")),
        ("nothing", Payload(body=b"a"), ("", "text/plain")),
        ('("é", Dict("mimetype" => "text/html", "charset" => "latin-1"))', Payload(body=b"a"), ("\xe9", "text/html")),
        ('query["top"] * mimetype * charset', Payload(body=b"", query={"top": "ö"}), ("ötext/plainutf-8", PLAIN)),
        ('headers["X-Request-Id"]', Payload(body=b"", headers={"x-request-id": "7"}), ("7", "text/plain")),
    ],
)  # fmt: skip
def test_unstructured(serve: Serve, code: str, payload: Payload, reply: tuple[str, str]) -> None:
    scorer = serve(f"score_unstructured(model, data; mimetype, charset, query, headers) = {code}", "unstructured")
    answer = scorer.score_unstructured(payload)
    encoding = "utf-8" if answer.media_type == "text/plain" else "latin-1"
    assert (answer.body.decode(encoding), answer.media_type) == reply


def test_http_error_of_the_users_own(serve: Serve) -> None:
    code = """
        using Main.Drum: ModelHTTPError
        score(data, model) = throw(ModelHTTPError("column 'age' is missing", 422))
    """
    with pytest.raises(ModelHTTPError, match="column 'age' is missing") as caught:
        serve(code).score(pd.DataFrame({"x": [1]}))
    assert caught.value.status_code == 422


def test_custom_py_goes_in_front(serve: Serve) -> None:
    python = "def post_process(predictions, model):\n    return predictions + 1\n"
    scorer = serve("score(data, model) = data.x", **{"custom.py": python})
    assert scorer.score(pd.DataFrame({"x": [1.0]})).frame["Predictions"].tolist() == [2.0]


def test_other_files_are_included_and_models_are_apart(serve: Serve) -> None:
    """Each model has its own types and functions, whatever the model before it called its own."""
    scorers = [
        serve('include("more.jl")\nscore(data, model) = Thing(data.x).x', **{"more.jl": f"struct Thing x::{kind} end"})
        for kind in ("Vector{Float64}", "Vector{Int64}")
    ]
    data = pd.DataFrame({"x": [1.0]})
    assert scorers[0].score(data).frame["Predictions"].tolist() == [1.0]
    assert scorers[1].score(data).frame["Predictions"].tolist() == [1.0]


def test_what_is_printed_goes_to_the_log(tmp_path: Path) -> None:
    code = """
        score(data, model) = (println("printed"); print(stderr, "also "); @warn "warned"; run(`echo run`); data.x)
    """
    folder = CodeDir(tmp_path / "code", {"custom.jl": code, "input.csv": "x\n1\n"})
    outcome = run_cli(["score", "--code-dir", folder, "--input", folder / "input.csv", "--target-type", "regression"])
    assert (outcome.exit_code, outcome.out) == (0, "Predictions\n1.0\n"), outcome.err
    assert all(text in outcome.err for text in ("printed", "also", "warned", "run"))
