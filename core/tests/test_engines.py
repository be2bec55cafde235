"""The registry of engines, and how ``drum score`` chooses among them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drum.batch.scoring import Summary
from drum.engines import LOCAL, Engine, Engines, ScoringJob
from drum.errors import ConfigError, PluginLoadError
from drum.hookspecs import hookimpl
from drum.plugins import PluginManager
from drum.settings import Options
from drum.testing import CodeDir, run_cli

CODE = "def transform(data, model): return data\ndef load_model(code_dir): raise ValueError('too early')"
UNSTRUCTURED = "def score_unstructured(model, data, query): return data.upper()"


def engine(name: str, **more: Any) -> Engine:
    return Engine(name=name, help="", run=lambda job: None, **more)


def test_names_are_unique() -> None:
    engines = Engines()
    engines.add(engine("a"))
    with pytest.raises(PluginLoadError, match="Two plugins add the engine 'a'"):
        engines.add(engine("a"))
    assert [one.name for one in engines] == ["a"]


def test_an_unknown_engine_names_the_installed_ones_and_how_to_install_it() -> None:
    engines = Engines()
    engines.add(engine("b"))
    engines.add(engine("a"))
    assert engines.get("b").name == "b"
    with pytest.raises(ConfigError) as caught:
        engines.get("spark")
    assert caught.value.message == "There is no engine 'spark'. Installed are: a, b."
    with pytest.raises(ConfigError, match=r"Installed are: a, b\. Run: pip install drum-ray"):
        engines.get("ray")


# ------------------------------------------------------------------------------------- on the command line


class Recorder:
    """A plugin with an engine that notes down its job."""

    def __init__(self) -> None:
        self.jobs: list[ScoringJob] = []

    @hookimpl
    def drum_add_options(self, options: Options) -> None:
        options.add("--depth", commands=("score",), help="recorder: how deep")

    @hookimpl
    def drum_add_engines(self, engines: Engines) -> None:
        engines.add(Engine(name="recorder", help="", run=self._run, options=("depth",)))

    def _run(self, job: ScoringJob) -> Summary:
        self.jobs.append(job)
        job.stdout.write(b"done")
        job.progress(1, 1.0)
        return Summary(rows=7, processes=3, seconds=0.5)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    found = Recorder()
    create = PluginManager.__init__

    def create_with_recorder(self: PluginManager) -> None:
        create(self)
        self.add(found, "recorder")

    monkeypatch.setattr(PluginManager, "__init__", create_with_recorder)
    return found


@pytest.fixture
def words(tmp_path: Path) -> list[object]:
    (tmp_path / "data.csv").write_text("a\n1\n")
    model = CodeDir(tmp_path / "model", {"custom.py": CODE})
    return ["score", "-cd", model, "--input", tmp_path / "data.csv", "--target-type", "transform"]


def test_an_engine_gets_the_job_before_the_model_is_loaded(
    recorder: Recorder, words: list[object], tmp_path: Path
) -> None:
    more = ["--engine", "recorder", "--depth", "2", "--output", "somewhere://x", "--show-perf", "--no-plugin", "mtx"]
    outcome = run_cli([*words, *more])
    assert (outcome.exit_code, outcome.out) == (0, "done"), outcome.err
    assert "7 rows in 0.50 s (14 rows/s) on 3 processes" in outcome.err
    (job,) = recorder.jobs
    assert (job.input, job.output) == (str(tmp_path / "data.csv"), "somewhere://x")
    assert job.settings["depth"] == "2"
    assert job.left_out == ("mtx",)
    assert job.parts == {}


def test_an_engine_is_chosen_by_its_variable_too(recorder: Recorder, words: list[object]) -> None:
    assert run_cli(words, env={"DRUM_ENGINE": "recorder"}).exit_code == 0
    assert len(recorder.jobs) == 1


def test_options_of_another_engine_are_an_error_on_the_command_line_only(
    recorder: Recorder, tmp_path: Path, words: list[object]
) -> None:
    outcome = run_cli([*words, "--depth", "2"])
    assert (outcome.exit_code, outcome.out) == (2, "")
    assert "--depth is for the engine 'recorder'. Leave it out, or say --engine recorder." in outcome.err
    model = CodeDir(tmp_path / "sound", {"custom.py": "def transform(data, model): return data"})
    outcome = run_cli([*words, "-cd", model], env={"DEPTH": "2"})
    assert (outcome.exit_code, outcome.out) == (0, "a\n1\n"), outcome.err


def test_an_engine_that_is_not_installed(words: list[object]) -> None:
    outcome = run_cli([*words, "--engine", "spark"])
    assert outcome.exit_code == 2
    assert "There is no engine 'spark'. Installed are: local" in outcome.err


def test_unstructured_models_need_an_engine_that_takes_them(recorder: Recorder, tmp_path: Path) -> None:
    (tmp_path / "body").write_text("x")
    model = CodeDir(tmp_path / "model", {"custom.py": UNSTRUCTURED})
    words = ["score", "-cd", model, "--input", tmp_path / "body", "--target-type", "unstructured"]
    assert run_cli([*words, "--engine", LOCAL]).out == "X"
    outcome = run_cli([*words, "--engine", "recorder"])
    assert (outcome.exit_code, "Use --engine local" in outcome.err) == (2, True)
