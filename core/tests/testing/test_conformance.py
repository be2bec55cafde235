"""Each rule of the conformance suite can fail: a deliberately wrong runtime fails that rule and no other."""

from __future__ import annotations

import pytest

from drum.testing.conformance import RuntimeConformance

pytest_plugins = ["pytester"]

RULES = [name for name in vars(RuntimeConformance) if name.startswith("test_")]

GOOD = '''
"""A runtime that keeps every rule; its framework is a module of the standard library that nobody else needs."""
import time

from drum.detection import only_file
from drum.hookspecs import hookimpl
from drum.types import Concurrency, Detection

ARTIFACTS = (".linear",)


@hookimpl
def drum_detect(code_dir):
    path = only_file(code_dir, *ARTIFACTS)
    return path and Detection(runtime="linear", path=path, concurrency=Concurrency.THREADS)


@hookimpl
def drum_load_model(artifact):
    import colorsys
    return float(artifact.path.read_text())


@hookimpl
def drum_score(batch, model, spec):
    import pandas as pd
    values = model * batch["x"]
    if spec.target_type.is_classification:
        return pd.DataFrame({"p": values / values.add(1)})
    return pd.DataFrame({"Predictions": values})
'''

WRONG = {
    "test_import_is_cheap": ("import time", "import time, numpy"),
    "test_votes_for_its_own_artifacts_only": (
        "return path and Detection",
        "path = path or next(code_dir.iterdir(), None)\n    return path and Detection",
    ),
    "test_detection_only_looks": (
        "    return path and Detection",
        "    import pickle\n    try: path and pickle.loads(path.read_bytes())\n"
        "    except (pickle.UnpicklingError, EOFError, IndexError, ValueError, KeyError): pass\n"
        "    return path and Detection",
    ),
    "test_missing_framework_is_named": (
        "    import colorsys\n",
        "    try: import colorsys\n    except ImportError: raise SystemError('broken')\n",
    ),
    "test_loads": ("    return float(artifact.path.read_text())", "    return None"),
    "test_predictions_keep_the_contract": ("values = model * batch[\"x\"]", "values = model * batch[\"x\"].iloc[1:]"),
    "test_custom_score_hook_wins": (
        "@hookimpl\ndef drum_score(batch, model, spec):",
        "@hookimpl(wrapper=True)\ndef drum_score(batch, model, spec):\n    yield\n    return own(batch, model, spec)\n"
        "def own(batch, model, spec):",
    ),
    "test_concurrent_scores_agree": (
        "values = model * batch[\"x\"]",
        "globals()['shared'] = batch; time.sleep(0.002); values = model * shared[\"x\"]",
    ),
    "test_splitting_a_batch_changes_nothing": (
        "values = model * batch[\"x\"]",
        "values = model * batch[\"x\"] * batch[\"x\"].mean()",
    ),
}  # fmt: skip

TEST_FILE = """
import pandas as pd
import pytest
from drum.testing import CodeDir, Model, RuntimeConformance
from drum.types import TargetType


class TestLinear(RuntimeConformance):
    plugin = "{plugin}"
    framework = "colorsys"

    @pytest.fixture
    def models(self, tmp_path):
        files = {{"model.linear": "0.5"}}
        return [
            Model(CodeDir(tmp_path / "regression", files), TargetType.REGRESSION),
            Model(CodeDir(tmp_path / "binary", files), TargetType.BINARY, labels=("no", "yes, sir")),
        ]

    @pytest.fixture
    def data(self):
        return pd.DataFrame({{"x": [1.0, 2.0, 3.5, 5.0]}})
"""


def failed_rules(pytester: pytest.Pytester, plugin: str, source: str) -> list[str]:
    """Run the suite on a runtime with this source and return the rules that fail."""
    pytester.makepyfile(**{plugin: source, f"test_{plugin}": TEST_FILE.format(plugin=plugin)})
    pytester.syspathinsert()
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", f"test_{plugin}.py")
    return [report.nodeid.rpartition("::")[2] for report in result.reprec.getfailures()]  # type: ignore[attr-defined]


def test_every_rule_has_a_wrong_runtime() -> None:
    assert sorted(WRONG) == sorted(RULES)


def test_a_good_runtime_passes(pytester: pytest.Pytester) -> None:
    assert failed_rules(pytester, "good_runtime", GOOD) == []


@pytest.mark.parametrize("rule", RULES)
def test_a_wrong_runtime_fails_its_rule_alone(pytester: pytest.Pytester, rule: str) -> None:
    before, after = WRONG[rule]
    assert GOOD.count(before) == 1
    assert failed_rules(pytester, f"wrong_{rule}", GOOD.replace(before, after)) == [rule]


def test_missing_fixture_says_what_to_give(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("from drum.testing import RuntimeConformance\nclass TestX(RuntimeConformance): plugin = 'json'")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["*give a fixture 'models'*"])
