"""Errors in Julia code are errors, never crashes: what is said of them, and where in the user's code they were."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from drum.errors import CustomCodeError, ScoreError
from drum.scorer import Scorer
from drum.testing import CodeDir

Serve = Callable[..., Scorer]
ROW = pd.DataFrame({"x": [1.0]})

KINDS = {
    'error("what a pity")': "ErrorException: what a pity",
    'sqrt("two")': "MethodError: no method matching sqrt(::String)",
    "[1, 2, 3][10]": "BoundsError: attempt to access 3-element Array{Int64,1} at index [10]",
    "data.age": "ErrorException: type NamedTuple has no field age",
    "sqrt(-1.0)": "DomainError with -1.0: sqrt will only return a complex result if called with a complex argument.",
    "undefined_name": "UndefVarError: undefined_name not defined",
    "deeper(1)": "StackOverflowError",
    "zeros(10^14)": "OutOfMemoryError()",
    "exit()": "the code called exit(0)",
    "exit(3)": "the code called exit(3)",
    'throw("a text")': 'String: "a text"',
    "div(1, 0)": "DivideError: integer division error",
    "throw(Odd())": "Odd: an error that cannot be shown",
    'error("Zürich 東京")': "ErrorException: Zürich 東京",
}


@pytest.mark.parametrize("code", KINDS)
def test_kinds_of_errors(serve: Serve, code: str) -> None:
    """Each kind is said in Julia's words, names the user's line, and leaves Julia as it was."""
    scorer = serve(f"""
        struct Odd <: Exception end
        Base.showerror(io::IO, ::Odd) = error("twice")
        deeper(n) = deeper(n + 1) + 1
        function score(data, model)
            data.x[1] == 2 && return data.x
            return {code}
        end
    """)
    with pytest.raises(ScoreError) as caught:
        scorer.score(ROW)
    beginning = f"Model 'score' hook failed to make predictions. Exception: {KINDS[code]}"
    assert str(caught.value).startswith(beginning)
    assert "custom.jl, line 7, in score\n    return" in caught.value.detail or code == "deeper(1)"
    assert "in deeper" in caught.value.detail or code != "deeper(1)"
    assert "Drum" not in caught.value.detail
    assert scorer.score(ROW + 1).frame["Predictions"].tolist() == [2.0]


def test_frames_are_the_users_own_innermost_last(serve: Serve) -> None:
    scorer = serve("""
        inner(x; more=1) = error("deep")
        outer(x) = map(value -> inner(value; more=2), x)
        function score(data, model; positive_class_label="yes")
            outer(data.x)
        end
    """)
    with pytest.raises(ScoreError) as caught:
        scorer.score(ROW)
    lines = caught.value.detail.splitlines()
    assert lines[0] == "  custom.jl, line 5, in score"
    assert lines[-2:] == ["  custom.jl, line 2, in inner", '    inner(x; more=1) = error("deep")']


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("score(data, model = data.x", "custom.jl cannot be read. Exception: "),
        ('error("while it is read")', "custom.jl cannot be read. Exception: ErrorException: while it is read"),
        ("using NoSuchPackage", 'Run `import Pkg; Pkg.add("NoSuchPackage")`'),
        ('init() = error("not today")', "Model 'init' hook failed to initialize. Exception: ErrorException: not today"),
        (
            'load_model(f) = error("no")',
            "Model 'load_model' hook failed to load the model. Exception: ErrorException: no",
        ),
    ],
)
def test_errors_while_loading(serve: Serve, code: str, message: str) -> None:
    with pytest.raises(CustomCodeError) as caught:
        serve(code)
    assert message in str(caught.value)


def test_long_messages_are_cut(serve: Serve) -> None:
    with pytest.raises(ScoreError) as caught:
        serve('score(data, model) = error("x"^100_000)').score(ROW)
    assert len(str(caught.value)) < 1200


CRASHES = {
    "segfault": "ccall(:memset, Ptr{Cvoid}, (Ptr{Cvoid}, Cint, Csize_t), Ptr{Cvoid}(8), 0, 8)",
    "exit": "ccall(:_exit, Cvoid, (Cint,), 3)",
}


@pytest.mark.parametrize("kind", CRASHES)
def test_crash_ends_the_process_alone(tmp_path: Path, kind: str) -> None:
    """What no language can catch ends the process, and nothing that looks like predictions comes out of it."""
    folder = CodeDir(
        tmp_path / "code", {"custom.jl": f"score(data, model) = ({CRASHES[kind]}; data.x)", "input.csv": "x\n1\n"}
    )
    done = subprocess.run(
        [sys.executable, "-m", "drum", "score", "--code-dir", folder, "--input", folder / "input.csv",
         "--target-type", "regression"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode not in (0, None)
    assert done.stdout == ""
