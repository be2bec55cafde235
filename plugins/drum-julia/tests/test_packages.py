"""Artifacts, and Julia packages that may or may not be installed.

The real JLSO, MLJ and DataFrames cannot be had where these tests run: stand-ins of a few lines, in a project of their
own, have the functions that are called, under the same names.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from drum.errors import LoadError, NoScorerError, PluginDependencyError
from drum.scorer import Scorer
from drum.testing import CodeDir, scorer
from drum_julia import TEMPLATE

Serve = Callable[..., Scorer]

PACKAGES = {
    "JLSO": "using Serialization\nload(path) = open(deserialize, path)",
    "Tables": """
        istable(x) = nameof(typeof(x)) == :DataFrame
        columns(x) = x
        columnnames(x) = propertynames(x)
        getcolumn(x, name) = getproperty(x, name)
    """,
    "DataFrames": """
        import Tables
        struct DataFrame
            columns::Dict{Symbol,Any}
            names::Vector{Symbol}
            DataFrame(columns, names; copycols=true) = new(Dict(zip(names, columns)), names)
        end
        Base.propertynames(f::DataFrame) = getfield(f, :names)
        Base.getproperty(f::DataFrame, name::Symbol) = getfield(f, :columns)[name]
    """,
    "MLJ": """
        mutable struct Machine fitted; restored::Bool end
        struct UnivariateFinite p; classes end
        UnivariateFinite(p) = UnivariateFinite([1 - p, p], ["no", "yes"])
        restore!(machine) = (machine.restored = true; machine)
        classes(d::UnivariateFinite) = d.classes
        pdf(d::UnivariateFinite, class) = d.p[findfirst(==(class), d.classes)]
        struct Normal mean end
        function predict(machine, data)
            machine.restored || error("not restored")
            eltype(data.x) === Float64 && isconcretetype(fieldtype(typeof(data), 1)) || error("no typed table")
            machine.fitted === :classes && return UnivariateFinite.(data.x)
            machine.fitted === :three && return [UnivariateFinite([x, 0.75 - x, 0.25], ["c", "a", "b"]) for x in data.x]
            machine.fitted === :normal ? Normal.(data.x) : 2 .* data.x
        end
        predict_mean(machine, data) = [d.mean for d in predict(machine, data)]
    """,
}
SCORE = """
import json, sys
import drum
import pandas as pd
with drum.open(sys.argv[1], target_type=sys.argv[2], labels=sys.argv[3:] or None) as scorer:
    print(json.dumps(scorer.score(pd.DataFrame({"x": [0.25, 0.5]})).frame.to_dict("list")))
"""


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a Julia project in which the stand-ins are installed."""
    folder = tmp_path_factory.mktemp("project")
    ids = {name: f"{number:08d}-0000-0000-0000-000000000000" for number, name in enumerate(PACKAGES, 1)}
    manifest = "".join(
        f'[[{name}]]\nuuid = "{ids[name]}"\npath = "{name}"\n' + ('deps = ["Tables"]\n' if name == "DataFrames" else
        'deps = ["Serialization"]\n' if name == "JLSO" else "") for name in PACKAGES
    )  # fmt: skip
    manifest += '[[Serialization]]\nuuid = "9e88b42a-f829-5b0c-bbe9-9e923198166b"\n'
    deps = "\n".join(f'{name} = "{id}"' for name, id in ids.items())
    CodeDir(folder, {"Manifest.toml": manifest, "Project.toml": f"[deps]\n{deps}\n"})
    for name, code in PACKAGES.items():
        CodeDir(folder / name, {f"src/{name}.jl": f"module {name}\n{code}\nend\n"})
    return folder


def in_julia(project: Path, code: str) -> None:
    env = {**os.environ, "JULIA_PROJECT": str(project), "JULIA_DEPOT_PATH": str(project / "depot")}
    subprocess.run(["julia", "--startup-file=no", "-e", code], check=True, env=env, timeout=120)


def scored(project: Path, folder: Path, target_type: str, *labels: str) -> Any:
    """Score in a process of its own: a process has one Julia, with one project."""
    env = {**os.environ, "JULIA_PROJECT": str(project), "JULIA_DEPOT_PATH": str(project / "depot")}
    command = [sys.executable, "-c", SCORE, folder, target_type, *labels]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("fitted", "target_type", "labels", "expected"),
    [
        (":classes", "binary", ("no", "yes"), {"no": [0.75, 0.5], "yes": [0.25, 0.5]}),
        (":three", "multiclass", ("a", "b", "c"), {"a": [0.5, 0.25], "b": [0.25, 0.25], "c": [0.25, 0.5]}),
        (":normal", "regression", (), {"Predictions": [0.25, 0.5]}),
        (":plain", "regression", (), {"Predictions": [0.5, 1.0]}),
    ],
)
@pytest.mark.parametrize("extension", ["jlso", "jls"])
def test_machines(
    project: Path, tmp_path: Path, fitted: str, target_type: str, labels: tuple[str, ...], expected: Any, extension: str
) -> None:
    machine = f"MLJ.Machine({fitted}, false)"
    saved = f"Dict(:machine => {machine}, :notes => 1)" if extension == "jlso" else machine
    in_julia(project, f'using Serialization; import MLJ; serialize("{tmp_path}/model.{extension}", {saved})')
    (tmp_path / "custom.jl").write_text("transform(data, model) = (x=data.x,)")  # not a DataFrame, for the stand-in
    assert scored(project, tmp_path, target_type, *labels) == expected


def test_data_frames(project: Path, tmp_path: Path) -> None:
    code = """
        import DataFrames
        transform(data::DataFrames.DataFrame, model) = DataFrames.DataFrame([data.x .+ 1], [:x])
        score(data::DataFrames.DataFrame, model) = DataFrames.DataFrame([data.x], [:Predictions])
    """
    CodeDir(tmp_path, {"custom.jl": code})
    assert scored(project, tmp_path, "regression") == {"Predictions": [1.25, 1.5]}


def test_template_works_with_data_frames_too(project: Path, tmp_path: Path) -> None:
    shutil.copytree(TEMPLATE, tmp_path / "new")
    assert scored(project, tmp_path / "new", "regression") == {"Predictions": [0.25, 0.5]}


def test_project_in_the_code_directory(project: Path, tmp_path: Path) -> None:
    folder = CodeDir(tmp_path / "code", {"custom.jl": "import JLSO\nscore(data, model) = data.x\n"})
    for name in ("Project.toml", "Manifest.toml", *PACKAGES):
        (folder.path / name).symlink_to(project / name)
    env = {key: value for key, value in os.environ.items() if key != "JULIA_PROJECT"}
    command = [sys.executable, "-c", SCORE, folder, "regression"]
    env["JULIA_DEPOT_PATH"] = str(project / "depot")
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_missing_packages_are_named(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path, {"model.jlso": b"whatever"})
    with pytest.raises(PluginDependencyError) as caught:
        scorer(folder, "regression").load()
    assert str(caught.value) == (
        "'model.jlso' needs the Julia packages JLSO, MLJ. Run: julia -e 'using Pkg; Pkg.add([\"JLSO\", \"MLJ\"])'"
    )


def test_missing_package_of_a_serialized_object(project: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.jls"
    in_julia(project, f'using Serialization; import MLJ; serialize("{path}", MLJ.Machine(1, false))')
    with pytest.raises(PluginDependencyError, match=r'needs the Julia package MLJ. Run: .*Pkg.add\(\["MLJ"\]\)'):
        scorer(tmp_path, "regression").load()


def saved(folder: Path, value: str) -> CodeDir:
    subprocess.run(
        ["julia", "--startup-file=no", "-e", f'using Serialization; serialize("{folder}/model.jls", {value})'],
        check=True, timeout=120,
    )  # fmt: skip
    return CodeDir(folder)


def test_no_pickle_refuses_what_may_hold_code(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path, {"model.jls": b"7JL"})
    with pytest.raises(LoadError, match=r"'model.jls' may hold code, and --no-pickle refuses"):
        scorer(folder, "regression", options={"no_pickle": True}).load()


def test_object_that_cannot_be_scored(tmp_path: Path) -> None:
    opened = scorer(saved(tmp_path, "(a=1,)"), "regression")
    with pytest.raises(NoScorerError, match=r"'model.jls' holds a NamedTuple.* Write a 'score' hook in custom.jl"):
        opened.score(pd.DataFrame({"x": [1.0]}))


def test_unnamed_columns_are_the_declared_labels(tmp_path: Path) -> None:
    folder = saved(tmp_path, "data -> hcat(1 .- data.x, data.x, 0 .* data.x)")
    with scorer(folder, "multiclass", labels=["a", "b", "c"]) as opened:
        frame = opened.score(pd.DataFrame({"x": [0.25]})).frame
    assert frame.to_dict("list") == {"a": [0.75], "b": [0.25], "c": [0.0]}


@pytest.mark.parametrize("damage", ["cut", "other"])
def test_damaged_artifacts(tmp_path: Path, damage: str) -> None:
    path = saved(tmp_path, 'Dict("some" => ["text", "here"])') / "model.jls"
    path.write_bytes(path.read_bytes()[:-12] if damage == "cut" else b"not Julia's")
    with pytest.raises(LoadError, match=r"'model.jls' cannot be loaded. Exception: (EOFError|ArgumentError)"):
        scorer(tmp_path, "regression").load()
