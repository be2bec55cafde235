"""The hooks of custom.R: called in the same order and by the same rules as those of custom.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import drum
from drum.errors import (
    CustomCodeError,
    MalformedInputError,
    ModelContractError,
    ModelHTTPError,
    NoArtifactError,
    ScoreError,
)
from drum.scorer import Scorer
from drum.testing import CodeDir
from drum.types import Payload, TargetType

Serve = Callable[..., Scorer]

ROWS = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
CSV = b"x\n1\n2\n3\n"

# ------------------------------------------------------------------------------------- the order

PYTHON_HOOKS = """
import io
import pathlib
import pandas as pd

def note(name):
    with pathlib.Path(__file__).with_name("calls").open("a") as file:
        file.write(name + "\\n")

note("top of the file")

def init(code_dir): note("init")
def load_model(code_dir): note("load_model"); return 1.0
def read_input_data(data): note("read_input_data"); return pd.read_csv(io.BytesIO(data))
def transform(data, model): note("transform"); return data
def score(data, model): note("score"); return pd.DataFrame({"Predictions": data["x"]})
def post_process(predictions, model): note("post_process"); return predictions
def score_unstructured(model, data): note("score_unstructured"); return data
def fit(*arguments): note("fit")
"""
R_HOOKS = """
folder <- getwd()
note <- function(name) cat(name, "\\n", sep = "", file = file.path(folder, "calls"), append = TRUE)

note("top of the file")

init <- function(code_dir) note("init")
load_model <- function(code_dir) { note("load_model"); 1 }
read_input_data <- function(data) { note("read_input_data"); read.csv(text = rawToChar(data)) }
transform <- function(data, model) { note("transform"); data }
score <- function(data, model) { note("score"); data.frame(Predictions = data$x) }
post_process <- function(predictions, model) { note("post_process"); predictions }
score_unstructured <- function(model, data) { note("score_unstructured"); data }
fit <- function(...) note("fit")
"""


def calls_of(folder: CodeDir, target_type: TargetType) -> list[str]:
    """Return what is called for two payloads."""
    with drum.open(folder, target_type=target_type) as scorer:
        for _ in range(2):
            if target_type is TargetType.UNSTRUCTURED:
                scorer.score_unstructured(Payload(body=CSV))
            else:
                scorer.score(CSV)
    return (folder / "calls").read_text().splitlines()


@pytest.mark.parametrize(
    ("target_type", "of_each"),
    [
        (TargetType.REGRESSION, ["read_input_data", "transform", "score", "post_process"]),
        (TargetType.TRANSFORM, ["read_input_data", "transform"]),
        (TargetType.UNSTRUCTURED, ["score_unstructured"]),
    ],
)
def test_order_is_that_of_python(tmp_path: Path, target_type: TargetType, of_each: list[str]) -> None:
    python = calls_of(CodeDir(tmp_path / "python", {"custom.py": PYTHON_HOOKS}), target_type)
    r = calls_of(CodeDir(tmp_path / "r", {"custom.R": R_HOOKS}), target_type)
    assert r == python == ["top of the file", "init", "load_model", *of_each, *of_each]


def test_hooks_are_told_to_the_core(serve: Serve) -> None:
    opened = serve(R_HOOKS)
    assert opened.custom_hooks == (
        "init", "read_input_data", "load_model", "transform", "score", "post_process", "score_unstructured", "fit",
    )  # fmt: skip
    assert opened.reads_own_payload
    assert not opened.row_wise


def test_folder_without_hooks_across_rows_stays_row_wise(serve: Serve, copied: Callable[[str], Path]) -> None:
    folder = copied("lm")
    (folder / "custom.R").write_text('load_model <- function(dir) readRDS(file.path(dir, "model.rds"))')
    opened = serve(folder)
    assert opened.custom_hooks == ("load_model",)
    assert opened.row_wise
    assert not opened.reads_own_payload


# ------------------------------------------------------------------------------------- arguments


def test_arguments_and_keywords(serve: Serve) -> None:
    code = """
        init <- function(code_dir) stopifnot(file.exists(file.path(code_dir, "custom.R")))
        load_model <- function(folder) list(offset = 10, folder = folder)
        transform <- function(d, m) { d$x <- d$x + m$offset; d }
        score <- function(data, model, ...) {
          labels <- list(...)
          stopifnot(identical(names(labels), "class_labels"), labels$class_labels == c("a b", "c", "d"))
          setNames(data.frame(data$x == 11, data$x == 12, data$x == 13) * 1, labels$class_labels)
        }
    """
    answer = serve(code, "multiclass", ("a b", "c", "d")).score(ROWS).frame
    assert answer.to_dict("list") == {"a b": [1, 0, 0], "c": [0, 1, 0], "d": [0, 0, 1]}


def test_keywords_that_a_hook_does_not_take_are_left_out(serve: Serve) -> None:
    code = "score <- function(data, model, positive_class_label) setNames(data / 10, positive_class_label)"
    assert serve(code, "binary", ("no", "yes")).score(ROWS).frame["yes"].tolist() == [0.1, 0.2, 0.3]


def test_default_predicts_between_the_users_hooks(serve: Serve, copied: Callable[[str], Path], trained: Path) -> None:
    folder = copied("lm")
    (folder / "custom.R").write_text(
        "transform <- function(data, model) { stopifnot(inherits(model, 'lm')); data$x <- data$x * 0; data }\n"
        "post_process <- function(predictions, model) predictions + coef(model)[['x']]"
    )
    rows = pd.read_csv(trained / "rows.csv")
    expected = serve(trained / "lm").score(rows.assign(x=1.0)).frame
    pd.testing.assert_frame_equal(serve(folder).score(rows).frame, expected, rtol=1e-9)


def test_data_is_a_plain_data_frame(serve: Serve) -> None:
    code = """
        score <- function(data, model) {
          stopifnot(identical(class(data), "data.frame"), identical(row.names(data), c("1", "2")))
          stopifnot(identical(names(data), c("a b", "größe[cm]", "n", "ok", "text", "gap")))
          stopifnot(is.double(data[["a b"]]), is.integer(data$n), is.logical(data$ok), is.character(data$text))
          stopifnot(identical(data$gap, c(NA, 1)), is.na(data$gap[1]) && !is.nan(data$gap[1]))
          stopifnot(identical(data$ok, c(TRUE, NA)), identical(data$text, c("東京", NA)))
          data["n"]
        }
    """
    csv = "a b,größe[cm],n,ok,text,gap\n1.5,1,7,True,東京,\n2.5,2,8,,,1\n".encode()
    assert serve(code).score(csv).frame["Predictions"].tolist() == [7, 8]


def test_sparse_input_is_a_sparse_matrix(serve: Serve) -> None:
    code = """
        score <- function(data, model) {
          stopifnot(inherits(data, "dgCMatrix"), identical(colnames(data), c("a", "b c")))
          data.frame(Predictions = Matrix::rowSums(data))
        }
    """
    frame = pd.DataFrame({"a": [0.0, 2.0], "b c": [3.0, 0.0]}).astype(pd.SparseDtype("float64", 0.0))
    assert serve(code).score(frame).frame["Predictions"].tolist() == [3.0, 2.0]


def test_what_read_input_data_reads_need_not_be_a_frame(serve: Serve) -> None:
    code = """
        read_input_data <- function(bytes) as.numeric(strsplit(rawToChar(bytes), ";")[[1]])
        score <- function(data, model) data.frame(data * 2)
    """
    opened = serve(code)
    assert opened.score(b"1;2;4", media_type="text/x-own").frame["Predictions"].tolist() == [2, 4, 8]


def test_transform_with_its_target(serve: Serve) -> None:
    code = """
        transform <- function(data, model, y = NULL) {
          if (is.null(y)) return(data * 2)
          list(data * 2, y + 1)
        }
    """
    opened = serve(code, "transform")
    answer = opened.score_payload(Payload(body=CSV, media_type="text/csv", parts={"y": b"t\n5\n6\n7\n"}))
    assert answer.frame["x"].tolist() == [2, 4, 6]
    assert answer.target is not None
    assert answer.target["t"].tolist() == [6, 7, 8]
    assert opened.score(CSV).frame["x"].tolist() == [2, 4, 6]


def test_helpers_may_lie_beside_custom_code(serve: Serve, tmp_path: Path) -> None:
    folder = CodeDir(
        tmp_path / "own",
        {
            "custom.R": 'source("helpers.R", encoding = "UTF-8")\nscore <- function(data, model) twice(data)',
            "helpers.R": "twice <- function(data) data * 2",
        },
    )
    assert serve(folder.path).score(ROWS).frame["Predictions"].tolist() == [2, 4, 6]


def test_two_models_do_not_share_their_hooks(serve: Serve, tmp_path: Path) -> None:
    one, other = (
        serve(CodeDir(tmp_path / str(by), {"custom.R": f"by <- {by}\nscore <- function(data, model) data * by"}).path)
        for by in (2, 3)
    )
    assert one.score(ROWS).frame["Predictions"].tolist() == [2, 4, 6]
    assert other.score(ROWS).frame["Predictions"].tolist() == [3, 6, 9]


# ------------------------------------------------------------------------------------- what goes wrong


def test_error_names_the_hook_and_shows_the_users_lines_first(serve: Serve, tmp_path: Path) -> None:
    folder = CodeDir(
        tmp_path / "own",
        {
            "custom.R": 'source("helpers.R")\nscore <- function(data, model) {\n  checked(data)\n}\n',
            "helpers.R": 'checked <- function(data) {\n  x <- 1\n  lapply(1, function(i) stop("not so"))\n}\n',
        },
    )
    with pytest.raises(ScoreError) as caught:
        serve(folder.path).score(ROWS)
    assert caught.value.message == "Model 'score' hook failed to make predictions. Exception: not so"
    lines = caught.value.detail.splitlines()
    assert lines[:4] == [
        "  custom.R, line 3, in score",
        "    checked(data)",
        "  helpers.R, line 3, in checked",
        '    lapply(1, function(i) stop("not so"))',
    ]
    assert lines[-1] == "  R's calls: score > checked > lapply > FUN > stop"


def test_recursion_without_end_shows_where_it_runs(serve: Serve) -> None:
    with pytest.raises(ScoreError, match=r"infinite recursion|stack") as caught:
        serve("deep <- function(n) deep(n + 1)\nscore <- function(data, model) {\n  deep(1)\n}\n").score(ROWS)
    lines = caught.value.detail.splitlines()
    assert lines[:3] == ["  custom.R, line 3, in score", "    deep(1)", "  custom.R, line 1, in deep"]
    assert lines[4].endswith(" times")
    assert lines[-1].startswith("  R's calls: score > deep (")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("stop('bad ', 'luck')", "bad luck"),
        ("undefined_thing(data)", 'could not find function "undefined_thing"'),
        ("q('no')", r"the code called q\(\)"),
        ("quit(status = 0)", r"the code called q\(\)"),
        ("{ f <- function(n) f(n + 1); f(1) }", "infinite recursion|stack"),
        (
            "{ old <- options(expressions = 50000); on.exit(options(old)); f <- function(n) f(n + 1); f(1) }",
            "infinite recursion|stack",
        ),
        ("numeric(1e13)", "cannot allocate vector"),
        ("data.frame(x = readline())[['y']] + readLines('nowhere')", "cannot open the connection"),
        ("rlang::abort('told by rlang')", "told by rlang"),
    ],
)
def test_error_of_any_kind_is_an_error_and_r_goes_on(serve: Serve, body: str, message: str) -> None:
    opened = serve(f"score <- function(data, model) if (data$x[1] == 1) {body} else data")
    for _ in range(2):
        with pytest.raises(
            ScoreError, match=f"Model 'score' hook failed to make predictions. Exception: .*({message})"
        ):
            opened.score(ROWS)
    assert opened.score(ROWS + 1).frame["Predictions"].tolist() == [2, 3, 4]


@pytest.mark.parametrize(
    ("code", "hook"),
    [
        ("score <- function(data, model) NULL", "score"),
        ("transform <- function(data, model) NULL\nscore <- function(data, model) data", "transform"),
        ("score <- function(data, model) data\npost_process <- function(predictions, model) NULL", "post_process"),
        ("read_input_data <- function(bytes) NULL\nscore <- function(data, model) data", "read_input_data"),
    ],
)
def test_null_is_an_error_and_never_a_pass(serve: Serve, code: str, hook: str) -> None:
    with pytest.raises(ModelContractError, match=f"Model '{hook}' hook returned NULL"):
        serve(code).score(CSV)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("1:3", "must return a data.frame, but returned an object of class 'integer'"),
        ("list(a = 1)", "must return a data.frame, but returned an object of class 'list'"),
        ("data.frame(x = 1)", "returned 1 rows for 3 rows of data"),
        ("data.frame(x = letters[1:3])", "column 'x' of type .*; numbers are needed"),
        ("data.frame(x = I(list(1, 2, 3)))", "returned the column 'x' of class 'AsIs'"),
        ("data.frame(x = c(1, NA, 2))", r"returned \[nan\] in row 1"),
    ],
)
def test_wrong_answer_is_the_authors_fault(serve: Serve, answer: str, message: str) -> None:
    with pytest.raises(ModelContractError, match=message):
        serve(f"score <- function(data, model) {answer}").score(ROWS)


def test_status_of_ones_own(serve: Serve) -> None:
    code = """
        score <- function(data, model) {
          if (!"age" %in% names(data)) model_http_error("column 'age' is missing", status_code = 422)
          data
        }
    """
    with pytest.raises(ModelHTTPError, match="column 'age' is missing") as caught:
        serve(code).score(ROWS)
    assert caught.value.status_code == 422


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("x <- 1\nscore <- function(data, model) {", r"custom.R cannot be read. Exception: .*unexpected end of input"),
        ("x <- 1\nstop('at the top')", "custom.R cannot be read. Exception: at the top"),
        (
            "library(notHereAtAll)",
            r"no package called .notHereAtAll.* Run: Rscript -e 'install.packages\(\"notHereAtAll\"",
        ),
        ("init <- function(code_dir) stop('no')", "Model 'init' hook failed to initialize. Exception: no"),
        ("load_model <- function(dir) stop('no')", "Model 'load_model' hook failed to load the model. Exception: no"),
        ("load_model <- function(dir) NULL", "Model 'load_model' hook returned NULL"),
    ],
)
def test_code_that_does_not_load(serve: Serve, code: str, message: str) -> None:
    with pytest.raises(CustomCodeError, match=message):
        serve(code)


def test_error_at_the_top_of_the_file_tells_the_line(serve: Serve) -> None:
    with pytest.raises(CustomCodeError) as caught:
        serve("x <- 1\n\nstop('here')\n")
    assert caught.value.detail.splitlines()[:2] == ["  custom.R, line 3, in <top level>", "    stop('here')"]


def test_folder_with_nothing_to_score_says_what_to_add(serve: Serve) -> None:
    with pytest.raises(NoArtifactError, match=r"holds no .rds file, and its custom.R has no 'score' hook"):
        serve("transform <- function(data, model) data")


def test_misspelt_hook_is_told(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    serve("score <- function(data, model) data\npostprocess <- function(predictions, model) predictions")
    assert "custom.R defines 'postprocess', which is no hook. Did you mean 'post_process'?" in caplog.text


def test_what_hooks_print_goes_where_python_prints(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    code = """
        score <- function(data, model) {
          cat("größer\\n"); print(1:3); message("a message"); warning("a warning")
          data
        }
    """
    serve(code).score(ROWS)
    out, err = capsys.readouterr()
    assert out == "größer\n[1] 1 2 3\n"
    assert "a message" in err
    assert "a warning" in err


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_text_that_r_cannot_hold_is_the_callers_fault(serve: Serve, value: str) -> None:
    frame = pd.DataFrame({"x": pd.Series(["ok", value, "c"], dtype=object)})
    with pytest.raises(MalformedInputError, match="in column 'x'"):
        serve("score <- function(data, model) data").score(frame)


def test_hook_may_be_called_from_any_thread(serve: Serve) -> None:
    from concurrent.futures import ThreadPoolExecutor

    opened = serve("score <- function(data, model) data * 2")
    with ThreadPoolExecutor(8) as pool:
        answers: list[Any] = list(pool.map(lambda n: opened.score(ROWS + n).frame["Predictions"].tolist(), range(40)))
    assert answers == [[2.0 * (n + x) for x in (1, 2, 3)] for n in range(40)]
