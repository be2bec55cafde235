"""``drum fit`` with the hook of custom.jl: what it is given, and that what it leaves is scored."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import drum
from drum.testing import CodeDir, run_cli

LINE = r"""
    using Serialization

    design(data) = hcat(ones(length(data.x)), data.x)

    function fit(X, y, output_dir; class_order, row_weights, parameters)
        target = class_order === nothing ? y : Float64.(y .== class_order[2])
        weights = row_weights === nothing ? ones(length(y)) : row_weights
        A, W = design(X), sqrt.(weights)
        serialize(joinpath(output_dir, "line.bin"), (A .* W) \ (target .* W))
        open(joinpath(output_dir, "told.txt"), "w") do file
            println(file, join(propertynames(X), ' '), '|', typeof(y), '|', typeof(class_order))
            for name in sort(collect(keys(parameters)))
                println(file, name, ' ', parameters[name], ' ', typeof(parameters[name]))
            end
        end
    end

    load_model(code_dir) = deserialize(joinpath(code_dir, "line.bin"))

    function score(data, model; positive_class_label=nothing, negative_class_label=nothing)
        line = design(data) * model
        positive_class_label === nothing && return line
        p = clamp.(line, 0, 1)
        return NamedTuple{(Symbol(positive_class_label), Symbol(negative_class_label))}((p, 1 .- p))
    end
"""
PRICES = [5.0, 1.0, 4.0, 1.5, 9.0, 2.0]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    pd.DataFrame({
        "x": range(6), "price": PRICES, "sold": ["ja", "nein", "ja", "nein", "ja", "ja"], "weight": [1.0, 2.0] * 3,
    }).to_csv(path, index=False)  # fmt: skip
    return path


def fit(code: Path, table: Path, output: Path, *words: object) -> str:
    outcome = run_cli(["fit", "--code-dir", code, "--input", table, "--output", output, *words])
    assert outcome.exit_code == 0, outcome.err
    return outcome.out


def told_by_julia(folder: Path) -> str:
    """Return what the hook noted, with the names that types have since Julia 1.6."""
    return re.sub(r"Array\{(\w+),1\}", r"Vector{\1}", (folder / "told.txt").read_text())


def test_what_julia_has_learnt_is_scored(table: Path, tmp_path: Path) -> None:
    parameters = {"depth": 3, "rate": 0.5, "deep": True, "grid": [1, 2], "kind": "x"}
    code = CodeDir(tmp_path / "code", {
        "custom.jl": LINE, "hyperparameters.json": json.dumps({"custom": parameters}),
    })  # fmt: skip
    frame = pd.read_csv(table)
    told = fit(code, table, tmp_path / "out", "--target", "price", "--target-type", "regression",
               "--row-weights", "weight")  # fmt: skip
    assert "Scored twice, all 6 rows and 6 of them: no difference." in told
    assert told_by_julia(tmp_path / "out").splitlines() == [
        "x sold|Vector{Float64}|Nothing", "deep true Bool", "depth 3 Int64", "grid [1, 2] Vector{Int64}",
        "kind x String", "rate 0.5 Float64",
    ]  # fmt: skip
    slope, intercept = np.polyfit(frame["x"], frame["price"], 1, w=np.sqrt(frame["weight"]))
    with drum.open(tmp_path / "out") as scorer:
        predicted = scorer.predict(frame[["x", "sold"]]).frame["Predictions"]
    assert predicted.to_numpy() == pytest.approx((intercept + slope * frame["x"]).to_numpy(), abs=1e-9)


def test_classes_are_text_in_the_order_of_predictions(table: Path, tmp_path: Path) -> None:
    code = CodeDir(tmp_path / "code", {"custom.jl": LINE})
    told = fit(code, table, tmp_path / "out", "--target", "sold", "--target-type", "binary",
               "--positive-class-label", "ja", "--negative-class-label", "nein")  # fmt: skip
    assert "no difference" in told
    assert told_by_julia(tmp_path / "out") == "x price weight|Vector{String}|Vector{String}\n"
    with drum.open(tmp_path / "out") as scorer:
        predicted = scorer.predict(pd.read_csv(table)[["x", "price", "weight"]]).frame
    assert predicted["ja"].mean() == pytest.approx(4 / 6)


def test_a_target_of_several_columns_is_a_table(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 4.0, 5.0]})
    frame.to_csv(tmp_path / "x.csv", index=False)
    pd.DataFrame({"a": [0, 1, 0, 1], "b": [1, 1, 0, 0]}).to_csv(tmp_path / "y.csv", index=False)
    code = CodeDir(tmp_path / "code", {"custom.jl": """
        mean(values) = sum(values) / length(values)
        fit(X, y, output_dir) = write(joinpath(output_dir, "shares.txt"), "$(mean(y.a)) $(mean(y.b))")
        load_model(code_dir) = parse.(Float64, split(read(joinpath(code_dir, "shares.txt"), String)))
        score(data, model) = (a=fill(model[1], length(data.x)), b=fill(model[2], length(data.x)))
    """})  # fmt: skip
    fit(code, tmp_path / "x.csv", tmp_path / "out", "--target-csv", tmp_path / "y.csv", "--target-type", "multilabel",
        "--class-labels", "a", "b")  # fmt: skip
    with drum.open(tmp_path / "out") as scorer:
        assert scorer.predict(frame).frame.iloc[0].to_dict() == {"a": 0.5, "b": 0.5}


def test_an_error_is_the_hooks(table: Path, tmp_path: Path) -> None:
    code = CodeDir(tmp_path / "code", {"custom.jl": 'fit(X, y, output_dir) = error("too few rows")\n'})
    outcome = run_cli(["fit", "--code-dir", code, "--input", table, "--target", "price", "--target-type", "regression",
                       "--output", tmp_path / "out"])  # fmt: skip
    assert outcome.exit_code == 4
    assert "Model 'fit' hook failed to train. Exception: ErrorException: too few rows" in outcome.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("value", ['{"first": 3}', "9223372036854775808", "[1, 0.5]", "[]"])
def test_hyperparameters_that_julia_cannot_be_given_are_named(value: str, table: Path, tmp_path: Path) -> None:
    code = CodeDir(tmp_path / "code", {
        "custom.jl": LINE, "hyperparameters.json": f'{{"custom": {{"layers": {value}}}}}',
    })  # fmt: skip
    outcome = run_cli(["fit", "--code-dir", code, "--input", table, "--target", "price", "--target-type", "regression"])
    assert outcome.exit_code == 2
    assert "hyperparameter 'layers' is " in outcome.err


def test_without_the_hook_there_is_nothing_to_call(table: Path, tmp_path: Path) -> None:
    code = CodeDir(tmp_path / "code", {"custom.jl": "score(data, model) = data.x\n"})
    outcome = run_cli(["fit", "--code-dir", code, "--input", table, "--target", "price", "--target-type", "regression"])
    assert outcome.exit_code == 2
    assert "'custom.jl' has no 'fit' hook" in outcome.err
