"""Images, built and run for real."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from container_engine import Container, Engine, container_engine, reason_to_skip

from drum.testing import CodeDir, run_cli

pytestmark = pytest.mark.skipif(bool(reason_to_skip()), reason=reason_to_skip())
full = pytest.mark.skipif(not os.environ.get("DRUM_IMAGE_FULL_TESTS"), reason="only with DRUM_IMAGE_FULL_TESTS=1")
MB = 10**6
REGRESSION = ("--env", "TARGET_TYPE=regression")
"""The hooks come without metadata."""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """Return an engine of this module's own."""
    with container_engine() as made:
        yield made


@pytest.fixture(scope="module")
def hooks_image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return an image of hooks alone, which need a package that the core does not."""
    code = """
        from pathlib import Path

        import pandas as pd
        import six


        def load_model(code_dir):
            return float(Path(code_dir, "factor.txt").read_text())


        def score(data, model, **kwargs):
            return pd.DataFrame({"Predictions": data["x"] * model})
    """
    files = {"custom.py": code, "factor.txt": "2", "requirements.txt": "six==1.16.0\n"}
    folder = CodeDir(tmp_path_factory.mktemp("hooks") / "model", files).path
    engine.build("localhost/hooks:1", "--code-dir", folder)
    return "localhost/hooks:1"


@pytest.fixture(scope="module")
def sklearn_image(engine: Engine, wheels: Path) -> str:
    """Return an image with a model of scikit-learn's."""
    model = Path(__file__).parents[3] / "examples" / "binary" / "model"
    engine.build("localhost/models/sklearn:1", "--code-dir", model, "--wheels", wheels)
    return "localhost/models/sklearn:1"


@pytest.fixture(scope="module")
def onnx_image(engine: Engine, wheels: Path) -> str:
    """Return an image for ONNX models, without one."""
    engine.build("localhost/onnx:1", "--runtime", "onnx", "--wheels", wheels)
    return "localhost/onnx:1"


def scored_here(example: Path, tmp_path: Path) -> list[Any]:
    """Return the predictions of ``drum score``, as the server would spell them."""
    output = tmp_path / "predictions.csv"
    words = ["score", "--code-dir", example / "model", "--input", example / "input.csv", "--output", output]
    outcome = run_cli(words)
    assert outcome.exit_code == 0, outcome.err
    return spelt(output)


def spelt(predictions: Path) -> list[Any]:
    """Return the predictions of a CSV as the server would spell them; doubles are read to the last bit."""
    with predictions.open(newline="") as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    return [row["Predictions"] for row in rows] if rows[0].keys() == {"Predictions"} else rows


def mounted(folder: Path) -> tuple[str, str]:
    return ("--volume", f"{folder}:/opt/model:ro")


def check_server(container: Container) -> None:
    """Check what holds of every image: who runs, what is writable, and that SIGTERM ends it well."""
    assert container.ask("/livez")[0] == 200
    assert container.run("id", "--user").strip() == "10001"
    assert container.run("cat", "/proc/1/cmdline").split("\0")[:3] == [
        "/opt/drum/bin/python", "/opt/drum/bin/drum", "server",
    ]  # fmt: skip
    assert container.try_to_run("touch", "/opt/code/new") != 0
    assert container.try_to_run("healthcheck.py") == 0
    assert container.stop() == 0


# ------------------------------------------------------------------------------------- the base, and custom code


def test_hooks_are_served_with_their_requirements(engine: Engine, hooks_image: str) -> None:
    with engine.running(hooks_image, *REGRESSION) as container:
        assert container.predict(b"x\n1.5\n4\n") == [3.0, 8.0]
        check_server(container)


def test_model_that_is_mounted_takes_the_place_of_the_one_inside(
    engine: Engine, hooks_image: str, tmp_path: Path
) -> None:
    (tmp_path / "factor.txt").write_text("10")
    (tmp_path / "lost+found").mkdir()
    tmp_path.chmod(0o755)
    with engine.running(hooks_image, *REGRESSION, *mounted(tmp_path)) as container:
        assert container.predict(b"x\n1.5\n") == [15.0]
        check_server(container)


def test_prefix_and_options_come_from_the_environment(engine: Engine, hooks_image: str) -> None:
    options = ("--env", "MAX_WORKERS=2", "--env", "MAX_BODY_MB=1")
    with engine.running(hooks_image, *REGRESSION, *options, prefix="/models/7") as container:
        assert container.predict(b"x\n2\n") == [4.0]
        announced = {"Content_Type": "text/csv", "Content_Length": str(2**21)}
        assert container.ask("/predict/", b"x\n1\n", **announced)[0] == 413
        assert len(json.loads(container.ask("/stats/")[1])["drum_info"]) == 3
        assert container.try_to_run("healthcheck.py") == 0
        assert container.try_to_run("env", "URL_PREFIX=/elsewhere", "healthcheck.py") != 0
        assert container.try_to_run("env", "ADDRESS=0.0.0.0:1", "healthcheck.py") != 0


def test_model_that_cannot_be_loaded_is_alive_but_not_healthy(engine: Engine, hooks_image: str, tmp_path: Path) -> None:
    (tmp_path / "factor.txt").write_text("many")
    tmp_path.chmod(0o755)
    with engine.running(hooks_image, *REGRESSION, *mounted(tmp_path)) as container:
        assert container.ask("/health/")[0] == 513
        check_server(container)


def test_image_holds_nothing_that_only_its_build_needs(engine: Engine, hooks_image: str) -> None:
    with engine.running(hooks_image, *REGRESSION) as container:
        for program in ("pip", "pip3", "gcc", "cc", "strip"):
            assert container.try_to_run("sh", "-c", f"PATH=/opt/drum/bin:$PATH command -v {program}") != 0
        assert container.run("find", "/opt/drum", "-path", "*/pandas/tests").strip() == ""
        left = "ls -A /build /run/secrets /etc/pip.conf /root/.cache /tmp /var/lib/apt/lists 2>/dev/null || true"
        assert set(container.run("sh", "-c", left).split()) <= {
            "/tmp:", "/build:", "/run/secrets:", "/root/.cache:", "/var/lib/apt/lists:",
        }  # fmt: skip


def test_bytecode_is_there_for_all_sources(engine: Engine, hooks_image: str) -> None:
    script = (
        "import pathlib; print([str(p) for p in pathlib.Path('/opt/drum/lib').rglob('*.py') "
        "if not (p.parent / '__pycache__' / f'{p.stem}.cpython-311.pyc').exists()])"
    )
    with engine.running(hooks_image, *REGRESSION) as container:
        assert container.run("python", "-c", script).strip() == "[]"


def test_image_says_what_it_is(engine: Engine, hooks_image: str) -> None:
    (image,) = json.loads(engine.podman("image", "inspect", hooks_image))
    config = image["Config"]
    labels = {key.removeprefix("org.opencontainers.image."): value for key, value in config["Labels"].items()}
    assert labels["title"] == "hooks"
    assert labels["base.name"] == "localhost/python-on-debian:12"
    assert {"version", "description"} <= labels.keys()
    assert config["User"] == "10001:10001"
    assert config["Entrypoint"] == ["start_server.sh"]
    assert config["ExposedPorts"] == {"8080/tcp": {}}
    assert image["Healthcheck"]["Test"] == ["CMD", "healthcheck.py"]


# ----------------------------------------------------------------------------------------------------- frameworks


def test_sklearn_predicts_as_here(engine: Engine, sklearn_image: str, examples: Path, tmp_path: Path) -> None:
    example = examples / "binary"
    with engine.running(sklearn_image) as container:
        assert container.predict((example / "input.csv").read_bytes()) == scored_here(example, tmp_path)
        check_server(container)


def test_onnx_model_that_is_mounted_predicts_as_here(
    engine: Engine, onnx_image: str, examples: Path, tmp_path: Path
) -> None:
    example = examples / "onnx"
    with engine.running(onnx_image, *mounted(example / "model")) as container:
        assert container.predict((example / "input.csv").read_bytes()) == scored_here(example, tmp_path)
        check_server(container)


def test_sizes_above_the_base_stay_below_their_limits(
    engine: Engine, hooks_image: str, sklearn_image: str, onnx_image: str
) -> None:
    base = engine.size(hooks_image)
    assert engine.size(sklearn_image) - base < 330 * MB
    assert engine.size(onnx_image) - base < 260 * MB


@pytest.mark.parametrize("example", ["r-hooks", "julia-tree", pytest.param("r-caret", marks=full)])
def test_other_languages_predict_as_expected(engine: Engine, examples: Path, wheels: Path, example: str) -> None:
    tag, folder = f"localhost/{example}:1", examples / example
    engine.build(tag, "--code-dir", folder / "model", "--wheels", wheels)
    with engine.running(tag) as container:
        assert container.predict((folder / "input.csv").read_bytes()) == spelt(folder / "expected.csv")
        check_server(container)


@full
def test_package_that_r_does_not_have_ends_the_build(engine: Engine, wheels: Path, tmp_path: Path) -> None:
    code = CodeDir(tmp_path / "model", {"custom.R": "", "requirements.txt": "nowhereToBeFound\n"}).path
    done = engine.drum_image("localhost/r:2", "--code-dir", code, "--runtime", "r", "--wheels", wheels)
    assert done.returncode == 3
    assert "nowhereToBeFound" in done.stderr
