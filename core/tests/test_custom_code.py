"""``custom.py``: import, each hook as the user wrote it, and what a failure says."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from drum.custom_code import find_custom_code
from drum.errors import (
    CustomCodeError,
    DrumError,
    MalformedInputError,
    ModelContractError,
    ModelHTTPError,
    ScoreError,
)
from drum.hookspecs import hookimpl
from drum.library import find
from drum.plugins import create_plugin_manager
from drum.scorer import Scorer
from drum.testing import CodeDir, scorer
from drum.types import Detection, Payload, Reply

DATA = pd.DataFrame({"a": [1.0, 2.0]})
CSV = b"a\n1.0\n2.0\n"
HEAD = "import pandas as pd\nimport drum\n"


def opened(folder: Path, code: str, target_type: str = "regression", **options: Any) -> Scorer:
    """Open a code directory with this ``custom.py``."""
    CodeDir(folder, {"custom.py": code})
    return scorer(folder, target_type, **options)


def hijacker() -> ModuleType:
    """Return a runtime that wins every vote and answers every hook, if it is asked."""
    hooks: dict[str, Any] = {
        "drum_detect": lambda: Detection(runtime="hijacker"),
        "drum_load_model": lambda: "model",
        "drum_read_input": lambda: DATA,
        "drum_transform": lambda batch: batch,
        "drum_score": lambda batch: pd.DataFrame({"Predictions": [666.0] * len(batch)}),
        "drum_post_process": lambda predictions: predictions.frame * 0 + 666.0,
        "drum_score_unstructured": lambda: Reply(body=b"666"),
    }
    module = ModuleType("hijacker")
    vars(module).update({name: hookimpl(hook) for name, hook in hooks.items()})
    return module


# ------------------------------------------------------------------------------------- import


def test_folder_without_custom_code_is_importable_all_the_same(tmp_path: Path) -> None:
    """Pickled models may need the classes that lie beside them."""
    assert find_custom_code(tmp_path) is None
    assert str(tmp_path) in sys.path


def test_neighbours_can_be_imported(tmp_path: Path) -> None:
    CodeDir(tmp_path, {"neighbour_of_custom.py": "FACTOR = 3"})
    code = "from neighbour_of_custom import FACTOR\ndef score(data, model, **kwargs): return data * FACTOR"
    assert opened(tmp_path, code).score(DATA).frame["Predictions"].tolist() == [3.0, 6.0]


def test_custom_code_is_the_module_custom(tmp_path: Path) -> None:
    opened(tmp_path, "class Model: ...\ndef score(data, model, **kwargs): return data")
    assert sys.modules["custom"].Model.__module__ == "custom"


@pytest.mark.parametrize(
    ("code", "reason", "line"),
    [
        ("def score(data, model)\n    return data", "SyntaxError", 1),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'", 1),
        ("x = 0\n1 / x", "ZeroDivisionError: division by zero", 2),
        ("import sys\nsys.exit(3)", r"the code called sys.exit\(3\)", 2),
    ],
)
def test_failing_import_gives_the_reason_and_the_line(tmp_path: Path, code: str, reason: str, line: int) -> None:
    with pytest.raises(CustomCodeError, match=rf"custom.py cannot be imported. Exception: {reason}") as caught:
        opened(tmp_path, code)
    assert f"custom.py, line {line}" in caught.value.detail
    assert "custom" not in sys.modules


def test_syntax_error_of_a_neighbour_shows_both_lines(tmp_path: Path) -> None:
    CodeDir(tmp_path, {"broken_neighbour.py": "x = 1\ny = = 2"})
    with pytest.raises(CustomCodeError) as caught:
        opened(tmp_path, "import broken_neighbour")
    assert "custom.py, line 1, in <module>\n    import broken_neighbour" in caught.value.detail
    assert "broken_neighbour.py, line 2\n    y = = 2" in caught.value.detail


def test_misspelt_hook_is_pointed_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    opened(tmp_path, "def score(data, model, **kw): return data\ndef post_proces(predictions, model): ...")
    assert "custom.py defines 'post_proces', which is no hook. Did you mean 'post_process'?" in caplog.text


@pytest.mark.parametrize(
    "code",
    ["def scores(): ...", "from os.path import join as transforms", "scorer = 1", "def helper(): ..."],
    ids=["near a hook that is there", "imported", "no function", "far from any hook"],
)
def test_names_that_are_meant_to_be_so_are_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, code: str
) -> None:
    opened(tmp_path, f"def score(data, model, **kw): return data\n{code}")
    assert not caplog.records


def test_training_and_scoring_hooks_share_the_file(tmp_path: Path) -> None:
    code = "def fit(X, y, output_dir): ...\ndef score(data, model, **kw): return data\ndef init(code_dir): ..."
    assert opened(tmp_path, code).custom_hooks == ("init", "score", "fit")


# ------------------------------------------------------------------------------------- init and load_model


def test_init_is_called_first_with_the_folder(tmp_path: Path) -> None:
    code = """
        calls = []
        def init(**kwargs): calls.append(("init", kwargs))
        def load_model(code_dir): calls.append(("load_model", code_dir)); return calls
        def score(data, model, **kwargs): return data
    """
    opened(tmp_path, code).load()
    folder = str(tmp_path.resolve())
    assert sys.modules["custom"].calls == [("init", {"code_dir": folder}), ("load_model", folder)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("raise KeyError('token')", "KeyError: 'token'"),
        ("import sys; sys.exit('no licence')", r"the code called sys.exit\('no licence'\)"),
    ],
)
def test_failing_init_ends_the_run(tmp_path: Path, body: str, reason: str) -> None:
    with pytest.raises(CustomCodeError, match=rf"Model 'init' hook failed to initialize. Exception: {reason}"):
        opened(tmp_path, f"def init(code_dir): {body}\ndef score(data, model, **kwargs): return data")


def test_load_model_must_return_something(tmp_path: Path) -> None:
    code = "def load_model(code_dir): pass\ndef score(data, model, **kwargs): return data"
    with pytest.raises(CustomCodeError, match="Model 'load_model' hook returned None"):
        opened(tmp_path, code, plugins=[hijacker()]).load()


def test_failing_load_model_is_the_authors_fault(tmp_path: Path) -> None:
    code = "def load_model(code_dir): open('/nowhere')\ndef score(data, model, **kwargs): return data"
    with pytest.raises(
        CustomCodeError, match=r"Model 'load_model' hook failed to load the model. Exception: FileNotFound"
    ):
        opened(tmp_path, code).load()


# ------------------------------------------------------------------------------------- reading and transforming


def test_read_input_data_admits_any_media_type(tmp_path: Path) -> None:
    code = f"""{HEAD}
def read_input_data(input_binary_data): return pd.DataFrame({{"a": list(input_binary_data)}})
def score(data, model, **kwargs): return data
"""
    answer = opened(tmp_path, code).score(b"\x01\x02", media_type="image/png")
    assert answer.frame["Predictions"].tolist() == [1.0, 2.0]


def test_transform_changes_the_features(tmp_path: Path) -> None:
    code = """
        def transform(data, model): return data + 1
        def score(data, model, **kwargs): return data
    """
    assert opened(tmp_path, code).score(DATA).frame["Predictions"].tolist() == [2.0, 3.0]


@pytest.mark.parametrize("signature", ["data, model, y", "data, model, target=None", "X, m, y, *, extra=1"])
def test_transform_may_take_the_target(tmp_path: Path, signature: str) -> None:
    data, _, target = (word.split("=")[0].strip() for word in signature.split(",")[:3])
    code = f"def transform({signature}): return {data}, None if {target} is None else {target} * 10"
    payload = Payload(body=CSV, parts={"y": b"y\n1\n2\n"})
    answer = opened(tmp_path, code, "transform").score_payload(payload)
    assert answer.target is not None
    assert answer.target["y"].tolist() == [10, 20]


@pytest.mark.parametrize("signature", ["data, model", "data, model, **kwargs"])
def test_transform_may_leave_out_the_target(tmp_path: Path, signature: str) -> None:
    answer = opened(tmp_path, f"def transform({signature}): return data * 2", "transform").score(CSV)
    assert answer.frame["a"].tolist() == [2.0, 4.0]


def test_transform_that_takes_a_target_works_without_one(tmp_path: Path) -> None:
    answer = opened(tmp_path, "def transform(data, model, y): return data, y", "transform").score(CSV)
    assert answer.frame["a"].tolist() == [1.0, 2.0]
    assert answer.target is None


def test_optional_third_parameter_is_no_target_where_nothing_is_transformed_for_its_own_sake(tmp_path: Path) -> None:
    code = """
        def transform(data, model, y="none"): assert y == "none"; return data
        def score(data, model, **kwargs): return data
    """
    assert len(opened(tmp_path, code).score(DATA).frame) == 2


# ------------------------------------------------------------------------------------- score and post_process


@pytest.mark.parametrize(
    ("target_type", "labels", "expected"),
    [
        ("binary", ("no", "yes"), {"positive_class_label": "yes", "negative_class_label": "no"}),
        ("multiclass", ("a", "b", "c"), {"class_labels": ["a", "b", "c"]}),
        ("multilabel", ("a", "b"), {"class_labels": ["a", "b"]}),
        ("regression", None, {}),
    ],
)
def test_score_gets_the_labels(
    tmp_path: Path, target_type: str, labels: tuple[str, ...] | None, expected: dict[str, Any]
) -> None:
    columns = list(labels or ["Predictions"])
    code = f"""{HEAD}
seen = []
def score(data, model, **kwargs):
    seen.append(kwargs)
    return pd.DataFrame([[1.0] + [0.0] * {len(columns) - 1}] * len(data), columns={columns})
"""
    opened(tmp_path, code, target_type, labels=labels).score(DATA)
    assert sys.modules["custom"].seen == [expected]


@pytest.mark.parametrize(
    "signature",
    ["data, model", "data, model, positive_class_label", "data, model, *, negative_class_label=None", "d, m, /"],
)
def test_score_takes_the_keywords_it_wants(tmp_path: Path, signature: str) -> None:
    code = f"{HEAD}def score({signature}): return pd.DataFrame({{'p': [0.5, 0.5]}})"
    answer = opened(tmp_path, code, "binary", labels=("no", "yes")).score(DATA)
    assert answer.frame.to_dict("list") == {"no": [0.5, 0.5], "yes": [0.5, 0.5]}


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        ("read_input_data(data)", "Model 'read_input_data' hook returned None"),
        ("transform(data, model)", "Model 'transform' hook returned None"),
        ("score(data, model, **kwargs)", "Model 'score' hook returned None"),
        ("post_process(predictions, model)", "Model 'post_process' hook returned None"),
    ],
)
def test_hook_that_returns_none_never_falls_through_to_the_runtime(tmp_path: Path, hook: str, message: str) -> None:
    with pytest.raises(ModelContractError, match=message):
        opened(tmp_path, f"def {hook}: pass", plugins=[hijacker()]).score(CSV)


@pytest.mark.parametrize("hook", ["transform", "score", "post_process"])
def test_hook_that_returns_no_frame_is_named(tmp_path: Path, hook: str) -> None:
    with pytest.raises(
        ModelContractError, match=rf"Model '{hook}' hook must return a pandas DataFrame, but .* type list"
    ):
        opened(tmp_path, f"def {hook}(data, model, **kwargs): return [1, 2]", plugins=[hijacker()]).score(DATA)


def test_post_process_gets_checked_predictions_and_extra_output(tmp_path: Path) -> None:
    code = f"""{HEAD}
def score(data, model, **kwargs): return pd.DataFrame({{"YES": [0.5, 0.25], "why": ["x", "y"], "NO": [0.5, 0.75]}})
def post_process(predictions, model):
    assert list(predictions) == ["no", "yes", "why"], list(predictions)
    return predictions.assign(no=predictions.yes, yes=predictions.no)
"""
    answer = opened(tmp_path, code, "binary", labels=("no", "yes")).score(DATA)
    assert answer.frame.to_dict("list") == {"no": [0.5, 0.25], "yes": [0.5, 0.75]}
    assert answer.extra is not None
    assert answer.extra["why"].tolist() == ["x", "y"]


def test_post_process_may_change_predictions_in_place(tmp_path: Path) -> None:
    code = """
        def score(data, model, **kwargs): return data
        def post_process(predictions, model):
            predictions.loc[predictions["Predictions"] > 1.5, "Predictions"] = 1.5
            return predictions
    """
    assert opened(tmp_path, code).score(DATA).frame["Predictions"].tolist() == [1.0, 1.5]


# ------------------------------------------------------------------------------------- failures


HOOKS = {
    "read_input_data": ("read the input data", "input_binary_data"),
    "transform": ("transform the data", "data, model"),
    "score": ("make predictions", "data, model, **kwargs"),
    "post_process": ("post-process predictions", "predictions, model"),
}


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize(
    ("body", "reason"),
    [("raise ValueError('bad')", "ValueError: bad"), ("import sys; sys.exit(1)", r"the code called sys.exit\(1\)")],
)
def test_failing_hook_says_which_and_why(tmp_path: Path, hook: str, body: str, reason: str) -> None:
    purpose, signature = HOOKS[hook]
    opening = opened(tmp_path, f"def {hook}({signature}): {body}", plugins=[hijacker()])
    with pytest.raises(ScoreError, match=rf"Model '{hook}' hook failed to {purpose}. Exception: {reason}"):
        opening.score(CSV)


def test_users_own_frames_are_shown_and_no_others(tmp_path: Path) -> None:
    CodeDir(tmp_path, {"frames_helper.py": "def scale(data):\n    return data['missing']"})
    code = "from frames_helper import scale\ndef score(data, model, **kwargs):\n    return scale(data)"
    with pytest.raises(ScoreError) as caught:
        opened(tmp_path, code).score(DATA)
    assert caught.value.detail == (
        "  custom.py, line 3, in score\n    return scale(data)\n"
        "  frames_helper.py, line 2, in scale\n    return data['missing']"
    )


@pytest.mark.parametrize("hook", [*HOOKS, "load_model", "score_unstructured"])
def test_http_error_passes_through_as_it_is(tmp_path: Path, hook: str) -> None:
    code = f"{HEAD}def {hook}(*args, **kwargs): raise drum.ModelHTTPError('no such customer', status_code=404)"
    unstructured = hook == "score_unstructured"
    opening = opened(tmp_path, code, "unstructured" if unstructured else "regression", plugins=[hijacker()])
    with pytest.raises(ModelHTTPError, match="no such customer") as caught:
        opening.score_unstructured(Payload(body=b"")) if unstructured else opening.score(CSV)
    assert caught.value.status_code == 404


@pytest.mark.parametrize("error", [KeyboardInterrupt, GeneratorExit])
def test_interruption_passes_through(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error):
        opened(tmp_path, f"def score(data, model, **kwargs): raise {error.__name__}").score(DATA)


# ------------------------------------------------------------------------------------- unstructured


def unstructured(folder: Path, returned: str, payload: Payload) -> Reply:
    code = f"def score_unstructured(model, data, **kwargs): return {returned}"
    return opened(folder, code, "unstructured").score_unstructured(payload)


@pytest.mark.parametrize(
    ("media_type", "body", "charset", "seen"),
    [
        ("", b"hi", "utf8", "'hi'"),
        ("text/plain", "grün".encode(), "utf8", "'grün'"),
        ("text/csv", "grün".encode("latin-1"), "latin-1", "'grün'"),
        ("application/json", b'{"a": 1}', "utf-8", "'{\"a\": 1}'"),
        ("application/octet-stream", b"hi", "utf8", "b'hi'"),
        ("image/png", b"\x89PNG", "utf8", r"b'\x89PNG'"),
        ("text/plain", b"", "utf8", "''"),
    ],
)
def test_text_arrives_as_text_and_all_else_as_bytes(
    tmp_path: Path, media_type: str, body: bytes, charset: str, seen: str
) -> None:
    payload = Payload(body=body, media_type=media_type, charset=charset)
    assert unstructured(tmp_path, "repr(data)", payload).body.decode() == seen


@pytest.mark.parametrize(
    ("charset", "message"),
    [("utf8", r"The data is not utf8 text \(byte 1\)"), ("klingon", "The charset 'klingon' is not known")],
)
def test_text_that_cannot_be_decoded_is_the_callers_fault(tmp_path: Path, charset: str, message: str) -> None:
    with pytest.raises(MalformedInputError, match=message):
        unstructured(tmp_path, "data", Payload(body=b"a\xff", media_type="text/plain", charset=charset))


def test_hook_is_told_everything_about_the_payload(tmp_path: Path) -> None:
    code = """
        seen = []
        def score_unstructured(model, data, **kwargs): seen.append(kwargs)
    """
    payload = Payload(
        body=b"hi", charset="ascii", query={"top": "3"}, headers={"x-request-id": "7", "CONTENT-LENGTH": "2"}
    )
    opened(tmp_path, code, "unstructured").score_unstructured(payload)
    assert sys.modules["custom"].seen == [{
        "mimetype": "text/plain",
        "charset": "ascii",
        "query": {"top": "3"},
        "headers": {"X-Request-Id": "7", "Content-Length": "2"},
    }]  # fmt: skip


@pytest.mark.parametrize("signature", ["model, data", "model, data, query", "model, data, *, headers=None"])
def test_unstructured_hook_takes_the_keywords_it_wants(tmp_path: Path, signature: str) -> None:
    opening = opened(tmp_path, f"def score_unstructured({signature}): return data", "unstructured")
    assert opening.score_unstructured(Payload(body=b"hi")).body == b"hi"


TEXT, BYTES = ("text/plain", "utf8"), ("application/octet-stream", "utf8")


@pytest.mark.parametrize(
    ("returned", "body", "media_type_and_charset"),
    [
        ("'grün'", "grün".encode(), TEXT),
        (r"b'\xff'", b"\xff", BYTES),
        ("None", b"", TEXT),
        ("('{}', {'mimetype': 'application/json'})", b"{}", ("application/json", "utf8")),
        ("('grün', {'charset': 'latin-1'})", "grün".encode("latin-1"), ("text/plain", "latin-1")),
        ("(b'x', {'mimetype': 'image/png', 'charset': 'ascii'})", b"x", ("image/png", "ascii")),
        ("('x', None)", b"x", TEXT),
        ("('x', {})", b"x", TEXT),
        ("(None, {'mimetype': 'text/html'})", b"", ("text/html", "utf8")),
    ],
)
def test_reply_is_what_the_hook_returned(
    tmp_path: Path, returned: str, body: bytes, media_type_and_charset: tuple[str, str]
) -> None:
    reply = unstructured(tmp_path, returned, Payload(body=b""))
    assert (reply.body, (reply.media_type, reply.charset)) == (body, media_type_and_charset)


def test_nothing_to_answer_is_an_answer(tmp_path: Path) -> None:
    """``None`` is a reply for this one hook: it must not fall through to the runtime."""
    opening = opened(tmp_path, "def score_unstructured(model, data, **kw): ...", "unstructured", plugins=[hijacker()])
    assert opening.score_unstructured(Payload(body=b"")).body == b""


@pytest.mark.parametrize(
    ("body", "reason"), [("raise ValueError('bad')", "ValueError: bad"), ("exit(1)", "the code called sys.exit")]
)
def test_failing_unstructured_hook_says_why(tmp_path: Path, body: str, reason: str) -> None:
    opening = opened(tmp_path, f"def score_unstructured(model, data, **kwargs): {body}", "unstructured")
    with pytest.raises(DrumError, match=f"Model 'score_unstructured' hook failed to make predictions. .*{reason}"):
        opening.score_unstructured(Payload(body=b""))


def test_custom_code_whose_init_raised_does_not_stay_registered(tmp_path: Path) -> None:
    manager = create_plugin_manager()
    CodeDir(tmp_path, {"custom.py": "def init(code_dir): 1 / 0\ndef score(data, model, **kwargs): return data"})
    with pytest.raises(CustomCodeError):
        find(manager, tmp_path, target_type="regression")
    assert manager.get_plugin("custom.py") is None
    assert "custom.py" not in {name for name, _ in manager.each("drum_score")}


def test_modules_of_the_model_before_are_forgotten(tmp_path: Path) -> None:
    code = "import pandas as pd, helper\ndef score(data, model): return pd.DataFrame({'p': [helper.VALUE] * len(data)})"
    for name, expected in (("a", 1), ("b", 2)):
        folder = CodeDir(tmp_path / name, {"custom.py": code, "helper.py": f"VALUE = {expected}"})
        with scorer(folder, "regression") as opened:
            assert opened.score(b"x\n1\n").frame["Predictions"].tolist() == [expected]
