"""``drum fit`` with the hook of custom.py: what the hook is given, and what comes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import drum
from drum.testing import CodeDir, run_cli

Drum = Callable[..., str]


def learnt(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "learnt.txt").read_text())  # type: ignore[no-any-return]


def fit(drum_ok: Drum, means: CodeDir, table: Path, output: Path, *words: object) -> str:
    return drum_ok("fit", "--code-dir", means, "--input", table, "--output", output, *words)


def test_regression_scores_as_it_is(drum_ok: Drum, means: CodeDir, table: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    told = fit(drum_ok, means, table, output, "--target", "price", "--target-type", "regression")
    assert "Scored twice, all 30 rows and 30 of them: no difference." in told
    assert learnt(output)["seen"] == {
        "columns": ["a", "b", "kind", "sold", "weight"], "rows": 30, "order": None, "parameters": {},
    }  # fmt: skip
    scored = drum_ok("score", "--code-dir", output, "--input", table)  # no option says the target type
    assert float(scored.splitlines()[1]) == pytest.approx(sum(n % 7 for n in range(30)) / 30)


@pytest.mark.parametrize(
    ("column", "target_type", "labels", "said"),
    [
        ("sold", "binary", ("no", "yes"), "negative 'no', positive 'yes'"),
        ("kind", "multiclass", ("x", "y", "z"), "x, y, z"),
    ],
)
def test_labels_are_inferred(
    drum_ok: Drum, means: CodeDir, table: Path, tmp_path: Path, column: str, target_type: str, labels: Any, said: str
) -> None:
    told = fit(drum_ok, means, table, tmp_path / "out", "--target", column, "--target-type", target_type)
    assert said in told
    assert learnt(tmp_path / "out")["seen"]["order"] == list(labels)
    with drum.open(tmp_path / "out") as scorer:
        assert scorer.spec.labels == labels


def test_declared_labels_keep_their_order(drum_ok: Drum, means: CodeDir, table: Path, tmp_path: Path) -> None:
    fit(drum_ok, means, table, tmp_path / "out", "--target", "sold", "--target-type", "binary",
        "--positive-class-label", "no", "--negative-class-label", "yes")  # fmt: skip
    assert learnt(tmp_path / "out")["seen"]["order"] == ["yes", "no"]


def test_row_weights_count(drum_ok: Drum, means: CodeDir, table: Path, tmp_path: Path) -> None:
    fit(drum_ok, means, table, tmp_path / "out", "--target", "kind", "--target-type", "multiclass",
        "--row-weights", "weight")  # fmt: skip
    assert learnt(tmp_path / "out")["share"] == {"x": 0.5, "y": 0.25, "z": 0.25}
    assert "weight" not in learnt(tmp_path / "out")["seen"]["columns"]


def test_target_and_weights_in_files_of_their_own(drum_ok: Drum, means: CodeDir, table: Path, tmp_path: Path) -> None:
    (tmp_path / "y.csv").write_text("cost\n" + "4\n" * 29 + "34\n")
    (tmp_path / "w.csv").write_text("w\n" + "0\n" * 28 + "1\n1\n")
    fit(drum_ok, means, table, tmp_path / "out", "--target-csv", tmp_path / "y.csv", "--target-type", "regression",
        "--row-weights-csv", tmp_path / "w.csv")  # fmt: skip
    assert learnt(tmp_path / "out")["mean"] == 19
    assert "targetName: cost" in (tmp_path / "out" / "model-metadata.yaml").read_text()


def test_parameters_and_rows(drum_ok: Drum, means: CodeDir, table: Path, tmp_path: Path) -> None:
    means.add("hyperparameters.json", '{"custom": {"depth": 3, "rate": 0.5}, "other": {"depth": 9}}')
    (tmp_path / "p.yaml").write_text("rate: 0.25\n")
    fit(drum_ok, means, table, tmp_path / "out", "--target", "price", "--target-type", "regression",
        "--parameter-file", tmp_path / "p.yaml", "--num-rows", "12")  # fmt: skip
    seen = learnt(tmp_path / "out")["seen"]
    assert (seen["parameters"], seen["rows"]) == ({"depth": 3, "rate": 0.25}, 12)


def test_a_dry_run_keeps_nothing(drum_ok: Drum, means: CodeDir, table: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    told = drum_ok("fit", "--code-dir", means, "--input", table, "--target", "price", "--target-type", "regression")
    assert "dry run" in told
    assert [path for path in sorted(tmp_path.rglob("*")) if "__pycache__" not in path.parts] == before


def test_predictions_that_depend_on_neighbours_are_told_with_numbers(
    means: CodeDir, table: Path, tmp_path: Path
) -> None:
    with (means / "custom.py").open("a") as file:
        file.write("\n\ndef transform(data, model):\n    model['mean'] = float(len(data))\n    return data\n")
    table.write_text(table.read_text() + "".join(f"{n},t,1.5,x,no,1\n" for n in range(70)))
    outcome = run_cli(["fit", "--code-dir", means, "--input", table, "--output", tmp_path / "out", "--target", "price",
                       "--target-type", "regression"])  # fmt: skip
    assert outcome.exit_code == 0
    assert "50 rows differ" in outcome.err
    assert "100.0" in outcome.err
    assert "50.0" in outcome.err


def test_a_second_fit_replaces_the_first(drum_ok: Drum, means: CodeDir, table: Path, tmp_path: Path) -> None:
    for column, target_type in (("price", "regression"), ("kind", "multiclass")):
        fit(drum_ok, means, table, tmp_path / "out", "--target", column, "--target-type", target_type)
    assert learnt(tmp_path / "out")["seen"]["order"] == ["x", "y", "z"]
    assert not list(tmp_path.glob(".out*"))


def test_the_fit_hook_may_leave_out_what_it_does_not_need(drum_ok: Drum, table: Path, tmp_path: Path) -> None:
    code = CodeDir(tmp_path / "small", {"custom.py": """
        from pathlib import Path


        def fit(X, y, output_dir):
            Path(output_dir, "mean.txt").write_text(str(y.mean()))


        def score(data, model, **kwargs):
            mean = float((Path(__file__).parent / "mean.txt").read_text())
            return data.assign(Predictions=mean)[["Predictions"]]
    """})  # fmt: skip
    drum_ok("fit", "--code-dir", code, "--input", table, "--output", tmp_path / "out", "--target", "price",
            "--target-type", "regression")  # fmt: skip
    assert (tmp_path / "out" / "mean.txt").exists()


# ------------------------------------------------------------------------------------- what goes wrong


REGRESSION = ("--target", "price", "--target-type", "regression")


def failed(means: CodeDir, table: Path, tmp_path: Path, *words: object) -> tuple[int, str]:
    outcome = run_cli(["fit", "--code-dir", means, "--input", table, "--output", tmp_path / "out", *words])
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".out*"))
    assert "Traceback" not in outcome.err
    return outcome.exit_code, outcome.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--target", "cost", "--target-type", "regression"), 2, "'cost', which is no column of the input"),
        (("--target-type", "regression"), 2, "needs the true answers"),
        (("--target", "kind", "--target-type", "regression"), 6, "holds text, such as 'x'"),
        (("--target", "kind", "--target-type", "binary"), 6, "takes two classes"),
        (("--target", "a", "--target-type", "multiclass"), 6, "30 different values in 30 rows"),
        (("--target", "price"), 2, "target type is not known"),
        ((*REGRESSION, "--row-weights", "b"), 6, "Row weights must be numbers"),
        ((*REGRESSION, "--weights-dir", "w"), 2, "The 'fit' hook keeps no checkpoints"),
        ((*REGRESSION, "--parameter-file", "none.json"), 2, "cannot be read"),
    ],
)
def test_bad_input(means: CodeDir, table: Path, tmp_path: Path, words: Any, code: int, said: str) -> None:
    exit_code, err = failed(means, table, tmp_path, *words)
    assert (exit_code, said in err) == (code, True), err


def test_constant_and_missing_targets(means: CodeDir, tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("a,price\n1,2\n2,2\n")
    assert "is constant: it is '2' in all 2 rows" in failed(means, data, tmp_path, *REGRESSION)[1]
    data.write_text("a,price\n1,2\n2,\n")
    err = failed(means, data, tmp_path, *REGRESSION)[1]
    assert "target column 'price' is missing in 1 of 2 rows, first in row 1" in err


def test_rows_that_do_not_match(means: CodeDir, table: Path, tmp_path: Path) -> None:
    (tmp_path / "y.csv").write_text("y\n1\n2\n")
    code, err = failed(means, table, tmp_path, "--target-csv", tmp_path / "y.csv", "--target-type", "regression")
    assert (code, "has 2 rows, but the input has 30" in err) == (6, True)


def test_a_hook_that_writes_nothing(means: CodeDir, table: Path, tmp_path: Path) -> None:
    means.add("custom.py", "def fit(X, y, output_dir, **kwargs):\n    pass\n")
    code, err = failed(means, table, tmp_path, *REGRESSION)
    assert (code, "wrote no artifact" in err) == (4, True)
    assert all(call in err for call in ("joblib.dump(", "in R saveRDS(", "in Julia serialize(")), err


def test_a_hook_that_raises_leaves_the_old_output(means: CodeDir, table: Path, tmp_path: Path) -> None:
    means.add("custom.py", "def fit(X, y, output_dir, **kwargs):\n    return X['missing']\n")
    code, err = failed(means, table, tmp_path, *REGRESSION)
    assert code == 4
    assert "Model 'fit' hook failed to train. Exception: KeyError" in err
    assert "custom.py, line 2, in fit" in err


def test_what_cannot_be_scored_is_kept_aside(means: CodeDir, table: Path, tmp_path: Path) -> None:
    with (means / "custom.py").open("a") as file:
        file.write("\n\ndef score(data, model, **kwargs):\n    raise ValueError('broken')\n")
    code, err = failed(means, table, tmp_path, *REGRESSION)
    assert (code, "drum cannot score it" in err, "broken" in err) == (5, True, True)
    assert (tmp_path / "out.rejected" / "learnt.txt").exists()


def test_folders_that_are_not_ours_are_left_alone(means: CodeDir, table: Path, tmp_path: Path) -> None:
    for output in (tmp_path / "means", tmp_path / "means" / "inside", tmp_path):
        outcome = run_cli(["fit", "--code-dir", means, "--input", table, "--output", output, *REGRESSION])
        assert (outcome.exit_code, "inside one another" in outcome.err) == (2, True)
    other = CodeDir(tmp_path / "other", {"notes.txt": "mine"})
    outcome = run_cli(["fit", "--code-dir", means, "--input", table, "--output", other, *REGRESSION])
    assert (outcome.exit_code, "was not written by drum fit" in outcome.err) == (2, True)
    assert (other / "notes.txt").read_text() == "mine"


def test_neither_hook_nor_class(table: Path, tmp_path: Path) -> None:
    code, err = failed(CodeDir(tmp_path / "empty", {"a.txt": ""}), table, tmp_path, *REGRESSION)
    assert (code, "neither a custom.py with a 'fit' hook nor a model class" in err) == (2, True)


@pytest.mark.parametrize(("file", "plugin"), [("custom.R", "drum-r"), ("custom.jl", "drum-julia")])
def test_hooks_in_another_language_need_its_plugin(file: str, plugin: str, table: Path, tmp_path: Path) -> None:
    if is_installed(plugin):
        pytest.skip(f"{plugin} is installed")
    code, err = failed(CodeDir(tmp_path / "code", {file: ""}), table, tmp_path, *REGRESSION, "--target", "price")
    assert (code, f"in '{file}' is called by {plugin}, which is not installed. Run: pip install " in err) == (
        2, True
    )  # fmt: skip


def is_installed(distribution: str) -> bool:
    return any(found.name == distribution for found in metadata.distributions())


def test_an_artifact_that_was_there_before_is_not_taken_for_the_new_one(table: Path, tmp_path: Path) -> None:
    import joblib
    from sklearn.dummy import DummyRegressor

    code = CodeDir(tmp_path / "stale", {
        "custom.py": "from pathlib import Path\n\n\n"
            "def fit(X, y, output_dir, **kwargs):\n    Path(output_dir, 'model.txt').write_text('x')\n",
        "model.joblib": lambda path: joblib.dump(DummyRegressor().fit([[1]], [1]), path),
    })  # fmt: skip
    exit_code, err = failed(code, table, tmp_path, *REGRESSION)
    assert (exit_code, "'model.joblib', which was in the code directory before" in err) == (4, True), err
