"""``drum monitor reference`` and ``simulate``, and what the plugin adds where it is off and on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import drum
from drum.errors import ConfigError
from drum.testing import CodeDir, run_cli
from drum_monitor.drift.reference import read_table
from drum_monitor.roles import Roles
from drum_monitor.sending.counters import VARIABLE
from drum_monitor.sending.observer import Observer


@pytest.fixture
def data(tmp_path: Path) -> Path:
    random = np.random.default_rng(1)
    age = random.normal(size=300)
    table = pd.DataFrame({"age": age, "income": random.exponential(size=300), "order": range(300)})
    table.assign(churned=np.where(age > 0.1, "yes", "no")).to_csv(tmp_path / "data.csv", index=False)
    return tmp_path / "data.csv"


def write(model: CodeDir, data: Path, output: Path, *further: str) -> object:
    words = ["monitor", "reference", "--code-dir", model, "--input", data, "--output", output]
    return run_cli([*words, "--target", "churned", "--row-id", "order", *further])


@pytest.fixture
def plain_model(model: CodeDir) -> CodeDir:
    """Return a model whose custom code takes only the features, though an id comes along."""
    model.add("custom.py", "def transform(data, model):\n    return data[['age', 'income']]\n")
    return model


def test_reference_holds_features_scores_and_target_with_their_roles(
    plain_model: CodeDir, data: Path, tmp_path: Path
) -> None:
    outcome = write(plain_model, data, tmp_path / "out/references.parquet")
    assert (outcome.exit_code, outcome.err) == (0, "")
    assert outcome.out.endswith("300 rows of 2 features, the scores no, yes, the target 'churned'.\n")
    table, roles = read_table(tmp_path / "out/references.parquet")
    assert list(table.columns) == ["age", "income", "no", "yes", "churned"]
    assert roles == Roles(
        features=("age", "income"),
        prediction=("no", "yes"),
        target="churned",
        target_type="binary",
        labels=("no", "yes"),
    )
    with drum.open(plain_model) as scorer:
        scored = scorer.score(pd.read_csv(data)).frame
    assert np.allclose(table["yes"], scored["yes"])


def test_the_same_data_give_the_same_file(plain_model: CodeDir, data: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(plain_model, data, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert pq.read_schema(tmp_path / "one").metadata.keys() == {b"drum_monitor"}


@pytest.mark.parametrize(
    ("further", "message"),
    [
        (("--target", "wrong"), "--target is 'wrong', which is no column of"),
        (("--row-id", "wrong"), "--row-id is 'wrong', which is no column of"),
        (("--output", "/proc/none/x.parquet"), "'/proc/none/x.parquet' cannot be written"),
        (("--target-type", "unstructured"), "target type"),
    ],
)
def test_mistakes_are_said(
    plain_model: CodeDir, data: Path, tmp_path: Path, further: tuple[str, str], message: str
) -> None:
    outcome = write(plain_model, data, tmp_path / "references.parquet", *further)
    assert outcome.exit_code == 2
    assert message in outcome.err
    assert "Traceback" not in outcome.err


def test_simulation_shows_false_alarms_and_what_would_be_seen(plain_model: CodeDir, data: Path, tmp_path: Path) -> None:
    write(plain_model, data, tmp_path / "references.parquet")
    words = [
        "monitor",
        "simulate",
        "--reference",
        tmp_path / "references.parquet",
        "--window-size",
        "50",
        "--windows",
        "40",
    ]
    outcome = run_cli(words)
    assert (outcome.exit_code, outcome.err) == (0, "")
    assert "300 rows, 4 columns; level 0.01, 40 windows of each size" in outcome.out
    assert "window of 50 rows: false alarms " in outcome.out
    shifts = {
        line.split(":")[0].strip(): line.split(":")[1].strip()
        for line in outcome.out.splitlines()
        if line[:4] == " " * 4
    }
    assert set(shifts) == {"age", "income", "no", "yes", "predicted_class"}
    assert 0.3 <= float(shifts["age"]) <= 2
    assert re.fullmatch(r"\d+% from '(no|yes)' to '(yes|no)'", shifts["predicted_class"])
    assert run_cli(words).out == outcome.out


def test_simulation_shows_the_smallest_change_of_a_mix_that_is_seen(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    mixed = {
        "plan": random.choice(["basic", "plus", "pro"], size=4000, p=[0.6, 0.3, 0.1]),
        "vip": random.random(4000) < 0.2,
        "rooms": random.integers(1, 4, size=4000),
        "land": ["CH"] * 4000,
        "empty": [None] * 4000,
    }
    pd.DataFrame({**mixed, "score": random.normal(size=4000)}).to_parquet(tmp_path / "references.parquet")
    words = ["monitor", "simulate", "--reference", tmp_path / "references.parquet", "--prediction", "score"]
    outcome = run_cli([*words, "--window-size", "100", "1000", "--windows", "100"])
    assert (outcome.exit_code, outcome.err) == (0, "")
    seen = re.findall(r"(\w+): (\d+)% from '(.+)' to '(.+)'", outcome.out)
    small, large = ({name: int(share) for name, share, *_ in seen[at : at + 4]} for at in (0, 4))
    assert set(small) == set(large) == {"plan", "vip", "rooms", "land"}
    assert all(large[name] < small[name] for name in small if name != "land")
    assert 5 <= large["plan"] <= 15
    assert {(name, before, after) for name, _, before, after in seen if name != "rooms"} == {
        ("plan", "basic", "plus"), ("vip", "False", "True"), ("land", "CH", "other"),
    }  # fmt: skip


def test_simulation_says_where_no_change_of_a_mix_would_be_seen(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    kinds = random.choice([*"abcdefghij"], size=2000)
    table = pd.DataFrame({"kind": kinds, "score": random.normal(size=2000)})
    table.to_csv(tmp_path / "references.csv", index=False)
    words = ["monitor", "simulate", "--reference", tmp_path / "references.csv", "--prediction", "score"]
    outcome = run_cli([*words, "--window-size", "30", "--windows", "50"])
    assert re.search(r"kind: none up to all rows of '[a-j]' becoming '[a-j]'", outcome.out)


def test_simulation_of_too_few_rows_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"x": range(10), "score": range(10)}).to_csv(tmp_path / "few.csv", index=False)
    outcome = run_cli(["monitor", "simulate", "--reference", tmp_path / "few.csv", "--prediction", "score"])
    assert (outcome.exit_code, "a simulation needs 60" in outcome.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["serve", "--config", "none.yaml"], "The configuration 'none.yaml' cannot be read"),
        (["simulate", "--reference", "none.parquet"], "The reference 'none.parquet' does not exist"),
    ],
)
def test_missing_files_are_said(words: list[str], message: str) -> None:
    outcome = run_cli(["monitor", *words])
    assert (outcome.exit_code, message in outcome.err) == (2, True)


def test_serve_says_what_is_wrong_with_an_address(tmp_path: Path) -> None:
    (tmp_path / "evidently.yaml").write_text("service:\n  reference_path: x\n")
    outcome = run_cli(["monitor", "serve", "--config", tmp_path / "evidently.yaml", "--address", "nowhere"])
    assert (outcome.exit_code, "must be of the form host:port" in outcome.err) == (2, True)


# ---------------------------------------------------------------------------------------- the plugin


def test_importing_the_plugin_loads_nothing_heavy() -> None:
    heavy = "numpy", "pandas", "scipy", "yaml", "starlette"
    code = f"import sys, drum_monitor; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"


def observers(scorer: drum.Scorer) -> list[str]:
    return [name for name, _ in scorer._seated.seat._after_score]


def test_without_monitor_nobody_observes(model: CodeDir) -> None:
    with drum.open(model) as scorer:
        assert observers(scorer) == []


def test_with_monitor_rows_are_observed_and_matrices_still_taken(
    model: CodeDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with drum.open(model, options={"monitor": True, "monitor_host": "127.0.0.1", "monitor_port": 1}) as scorer:
        assert observers(scorer) == ["drum-monitor-observer"]
        assert scorer.matrix_columns == ("age", "income")
        scorer.predict(np.array([[0.5, 1.0], [0.25, 2.0]]))
        (observer,) = [p for p in scorer._seated._manager.get_plugins() if isinstance(p, Observer)]
        sent = observer._sender
        assert sent is not None
        assert observer.counters.counts().observed == 2
    assert observer.counters.counts().pending == 0


def test_the_variable_turns_the_monitor_on(model: CodeDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRUM_MONITOR", "1")
    with drum.open(model) as scorer:
        assert observers(scorer) == ["drum-monitor-observer"]


def test_a_model_without_predictions_is_not_observed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    custom = (
        "def score_unstructured(model, data, **kwargs):\n    return data\n\ndef load_model(code_dir):\n    return 1\n"
    )
    code_dir = CodeDir(tmp_path / "model", {"custom.py": custom})
    with drum.open(code_dir, target_type="unstructured", options={"monitor": True}) as scorer:
        assert observers(scorer) == []
    assert "The monitor is off" in caplog.text


@pytest.mark.parametrize(
    ("flag", "value"),
    [("--monitor-sample", "0"), ("--monitor-sample", "1.5"), ("--monitor-port", "70000"), ("--monitor-timeout", "-1"),
     ("--monitor-queue-rows", "0"), ("--monitor-format", "xml")],
)  # fmt: skip
def test_options_say_what_they_take(model: CodeDir, flag: str, value: str) -> None:
    outcome = run_cli(["score", "--code-dir", model, "--input", "x.csv", flag, value])
    assert outcome.exit_code == 2
    assert flag in outcome.err


@pytest.mark.parametrize(
    ("flag", "value", "rule"),
    [
        ("--monitor-port", "abc", "must be a whole number from 1 to 65535"),
        ("--monitor-port", "0", "must be a whole number from 1 to 65535"),
        ("--monitor-sample", "most", "must be a number above 0 and at most 1"),
        ("--monitor-timeout", "soon", "must be a number above 0"),
        ("--monitor-timeout", "nan", "must be a number above 0"),
        ("--monitor-queue-mb", "1.5", "must be a whole number, 1 or more"),
    ],
)
def test_options_say_it_in_plain_words(model: CodeDir, flag: str, value: str, rule: str) -> None:
    outcome = run_cli(["score", "--code-dir", model, "--input", "x.csv", flag, value])
    assert outcome.exit_code == 2
    assert f"{flag} is '{value}'" in outcome.err
    assert rule in outcome.err
    assert "literal" not in outcome.err
    assert "convert" not in outcome.err


SCHEMA = "columns:\n- {name: age, type: number}\n- {name: income, type: number}\n- {name: order, type: text}\n"


def test_a_row_id_that_the_schema_leaves_out_is_refused(model: CodeDir) -> None:
    model.add("input-schema.yaml", SCHEMA)
    with pytest.raises(ConfigError) as caught:
        drum.open(model, options={"monitor": True, "monitor_row_id": "idd"})
    assert "--monitor-row-id is 'idd', but input-schema.yaml has no such column" in str(caught.value)
    assert "Its columns: age, income, order." in str(caught.value)
    drum.open(model, options={"monitor": True, "monitor_row_id": "order"}).close()
    drum.open(model, options={"monitor_row_id": "idd"}).close()  # the monitor is off
