"""``drum.open``: the engine for a program of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import drum
from drum.errors import ConfigError, CustomCodeError, NoArtifactError, OptionConflictError
from drum.hookspecs import hookimpl
from drum.library import find
from drum.plugins import PluginManager
from drum.settings import Options, Settings
from drum.testing import CodeDir

DATA = pd.DataFrame({"a": [0.25, 0.75]})


@pytest.fixture
def code_dir(tmp_path: Path) -> CodeDir:
    return CodeDir(tmp_path, {"custom.py": "def score(data, model, **kwargs): return data"})


@pytest.mark.parametrize("target_type", ["regression", "Regression", drum.TargetType.REGRESSION])
def test_open_scores(code_dir: CodeDir, target_type: str | drum.TargetType) -> None:
    with drum.open(code_dir, target_type=target_type) as scorer:
        assert scorer.score(DATA).frame["Predictions"].tolist() == [0.25, 0.75]


def test_open_takes_a_path_in_any_form(code_dir: CodeDir) -> None:
    for folder in (code_dir, code_dir.path, str(code_dir.path)):
        drum.open(folder, target_type="regression").close()


@pytest.mark.parametrize(
    ("target_type", "labels"), [("binary", ("no", "yes")), ("binary", [0, 1]), ("multiclass", ("a",))]
)
def test_labels_are_given_in_the_order_in_which_they_leave(tmp_path: Path, target_type: str, labels: Any) -> None:
    names = [str(label) for label in labels]
    if len(names) == 1:
        names.append("b")
    columns = names[::-1]
    CodeDir(tmp_path, {
        "custom.py": f"""
            import pandas as pd
            def score(data, model, **kwargs): return pd.DataFrame([[0.25, 0.75]] * len(data), columns={columns})
        """
    })  # fmt: skip
    with drum.open(tmp_path, target_type=target_type, labels=names) as scorer:
        assert scorer.spec.labels == tuple(names)
        assert scorer.score(DATA).frame.iloc[0].to_dict() == {names[0]: 0.75, names[1]: 0.25}


def test_labels_go_with_the_target_type_wherever_that_is_stated(
    code_dir: CodeDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    code_dir.add("model-metadata.yaml", "name: n\ntype: inference\ntargetType: binary")
    assert drum.open(code_dir, labels=("no", "yes")).spec.labels == ("no", "yes")
    (code_dir / "model-metadata.yaml").unlink()
    monkeypatch.setenv("TARGET_TYPE", "binary")
    assert drum.open(code_dir, labels=("no", "yes")).spec.labels == ("no", "yes")


@pytest.mark.parametrize("labels", [("yes",), ("a", "b", "c"), ()])
def test_binary_target_has_two_labels(code_dir: CodeDir, labels: tuple[str, ...]) -> None:
    with pytest.raises(OptionConflictError, match=f"two labels, .negative, positive.; there are {len(labels)}"):
        drum.open(code_dir, target_type="binary", labels=labels)


def test_any_other_option_goes_by_its_name(code_dir: CodeDir) -> None:
    with drum.open(code_dir, target_type="regression", options={"allow_nan": True}) as scorer:
        assert scorer.score(pd.DataFrame({"a": [None, 1.0]})).frame["Predictions"].isna().tolist() == [True, False]


def test_option_that_does_not_exist_is_named(code_dir: CodeDir) -> None:
    with pytest.raises(ConfigError, match="There is no option 'allow_nans'"):
        drum.open(code_dir, target_type="regression", options={"allow_nans": True})


def test_runtime_is_an_option_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "model.bin").touch()
    with pytest.raises(ConfigError, match=r"Runtime 'no-such' .* finds nothing to score here"):
        drum.open(tmp_path, target_type="regression", runtime="no-such")


def test_open_loads_at_once(tmp_path: Path) -> None:
    CodeDir(tmp_path, {"custom.py": "def load_model(code_dir): 1 / 0\ndef score(data, model, **kwargs): return data"})
    with pytest.raises(CustomCodeError, match="Model 'load_model' hook failed"):
        drum.open(tmp_path, target_type="regression")


def test_folder_must_exist(tmp_path: Path) -> None:
    with pytest.raises(NoArtifactError, match="does not exist"):
        drum.open(tmp_path / "missing", target_type="regression")


def test_environment_counts_as_on_the_command_line(code_dir: CodeDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TARGET_TYPE", "anomaly")
    assert drum.open(code_dir).spec.target_type is drum.TargetType.ANOMALY


def test_blocked_plugins_take_no_part(code_dir: CodeDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRUM_NO_PLUGINS", "json")
    with (
        drum.open(code_dir, target_type="regression") as scorer,
        pytest.raises(drum.DrumError, match="No plugin reads the media type 'application/json'"),
    ):
        scorer.score(b'[{"a": 1}]', media_type="application/json")


def test_plugins_add_options_of_their_own(code_dir: CodeDir) -> None:
    class Monitor:
        seen: Settings

        @hookimpl
        def drum_add_options(self, options: Options) -> None:
            options.add("--monitor-url", help="where to")

        @hookimpl
        def drum_configure(self, settings: Settings) -> None:
            self.seen = settings

    manager, monitor = PluginManager(), Monitor()
    manager.add(monitor, "monitor")
    find(manager, code_dir.path, target_type="regression", options={"monitor_url": "http://here"})
    assert (monitor.seen["monitor_url"], monitor.seen.source("monitor_url")) == ("http://here", "--monitor-url")
