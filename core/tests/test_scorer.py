"""The walk of a payload: who is asked, in which order, what is checked on the way, and what observers are told."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from toys import plugin, runtime

from drum import media_types
from drum.errors import (
    MalformedInputError,
    ModelContractError,
    NoArtifactError,
    NoScorerError,
    NotAcceptableError,
    ScoreError,
    UnsupportedMediaTypeError,
    WrongEndpointError,
)
from drum.formats import csv
from drum.formats import json as json_format
from drum.hookspecs import hookimpl
from drum.library import find
from drum.plugins import PluginManager
from drum.scorer import Scorer
from drum.testing import CodeDir, scorer
from drum.types import (
    Payload,
    Predictions,
    Reply,
    ScoringRecord,
    TargetType,
)

DATA = pd.DataFrame({"a": [1.0, 2.0, 3.0]})
CSV = b"a\n1.0\n2.0\n3.0\n"


@pytest.fixture
def code_dir(tmp_path: Path) -> CodeDir:
    return CodeDir(tmp_path, {"model.toy": "weights"})


def recorder() -> tuple[ModuleType, list[ScoringRecord]]:
    records: list[ScoringRecord] = []
    return plugin("recorder", drum_after_score=lambda record: records.append(record)), records


# ------------------------------------------------------------------------------------- the order


CUSTOM_HOOKS = """
    def init(code_dir): pass
    def transform(data, model): return data
    def post_process(predictions, model): return predictions
"""


def test_one_walk_calls_all_hooks_in_life_cycle_order(code_dir: CodeDir) -> None:
    """THE order test: whoever changes the sequence changes this list."""
    code_dir.add("custom.py", CUSTOM_HOOKS)
    manager = PluginManager()
    calls: list[tuple[str, list[str]]] = []
    manager.add_hookcall_monitoring(
        lambda hook, impls, arguments: calls.append((hook, [impl.plugin_name for impl in reversed(impls)])),
        lambda *outcome: None,
    )
    manager.add(csv, "csv")
    manager.add(runtime(drum_unload_model=lambda: None), "toy")
    manager.add(runtime("other"), "other")
    manager.add(plugin("monitor", drum_configure=lambda: None, drum_after_score=lambda: None), "monitor")
    with find(manager, code_dir.path, target_type="regression") as opened:
        opened.write(opened.score(CSV), media_types.CSV)
    assert [call for call in calls if call[1]] == [
        ("drum_configure", ["monitor"]),
        ("drum_configure", ["custom.py"]),
        ("drum_detect", ["other"]),
        ("drum_detect", ["toy"]),
        ("drum_load_model", ["custom.py", "toy"]),
        ("drum_read_input", ["custom.py", "csv"]),
        ("drum_transform", ["custom.py"]),
        ("drum_score", ["custom.py", "toy"]),
        ("drum_post_process", ["custom.py"]),
        ("drum_after_score", ["monitor"]),
        ("drum_write_output", ["csv"]),
        ("drum_unload_model", ["toy"]),
    ]


def test_wrappers_come_before_custom_code_before_the_runtime(code_dir: CodeDir) -> None:
    class Wrapper:
        @hookimpl(wrapper=True)
        def drum_score(self, model: list[str]) -> Any:
            model.append("wrapper in")
            answer = yield
            model.append("wrapper out")
            return answer

    def drum_score(batch: pd.DataFrame, model: list[str]) -> pd.DataFrame:
        model.append("runtime")
        return batch

    code_dir.add("custom.py", "def transform(data, model):\n    model.append('custom')\n    return data")
    toy = runtime(drum_load_model=lambda: asked, drum_score=drum_score, drum_transform=lambda: hijack())
    asked: list[str] = []
    scorer(code_dir, "regression", plugins=[toy, Wrapper()]).score(DATA)
    assert asked == ["custom", "wrapper in", "runtime", "wrapper out"]


def test_runtime_reads_before_the_built_in_formats(code_dir: CodeDir) -> None:
    frame = pd.DataFrame({"a": [42.0]})
    opened = scorer(code_dir, "regression", plugins=[runtime(drum_read_input=lambda payload: frame)])
    assert opened.reads_own_payload
    assert opened.score(CSV).frame["Predictions"].tolist() == [42.0]


def test_runtime_writes_before_the_built_in_formats(code_dir: CodeDir) -> None:
    opened = scorer(code_dir, "regression", plugins=[runtime(drum_write_output=lambda predictions: b"mine")])
    assert opened.write(opened.score(DATA), media_types.CSV) == b"mine"


def hijack(*args: Any) -> Any:
    raise AssertionError("a runtime that is not seated was called")


@pytest.mark.parametrize("target_type", ["regression", "transform", "unstructured"])
def test_other_runtimes_are_never_called(code_dir: CodeDir, target_type: str) -> None:
    hooks = (
        "load_model", "read_input", "transform", "score", "post_process", "write_output", "score_unstructured",
        "after_score", "unload_model",
    )  # fmt: skip
    hijacker = runtime("hijacker", **{f"drum_{hook}": lambda: hijack() for hook in hooks})
    seated = runtime(drum_transform=lambda batch: batch, drum_score_unstructured=lambda: Reply(body=b"hi"))
    with scorer(code_dir, target_type, plugins=[seated, hijacker]) as opened:
        if target_type == "unstructured":
            assert opened.score_unstructured(Payload(body=b"")).body == b"hi"
        else:
            opened.write(opened.score(CSV), media_types.CSV)


def test_runtime_cannot_push_ahead_of_custom_code(code_dir: CodeDir) -> None:
    pushy = runtime()
    hookimpl(tryfirst=True)(vars(pushy)["drum_score"])
    code_dir.add(
        "custom.py",
        "import pandas as pd\ndef score(data, model, **kw): return pd.DataFrame({'p': [7.0] * len(data)})",
    )
    assert scorer(code_dir, "regression", plugins=[pushy]).score(DATA).frame["Predictions"].tolist() == [7.0] * 3


# ------------------------------------------------------------------------------------- opening


@pytest.mark.parametrize(("name", "reason"), [("missing", "does not exist"), ("file", "is not a folder")])
def test_code_directory_must_be_a_folder(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NoArtifactError, match=rf"The code directory '.*{name}' {reason}"):
        scorer(tmp_path / name, "regression")


def fails(error: BaseException) -> Callable[..., Any]:
    def hook() -> Any:
        raise error

    return hook


# ------------------------------------------------------------------------------------- reading


def arrow_bytes() -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, pa.Table.from_pandas(DATA).schema) as writer:
        writer.write_table(pa.Table.from_pandas(DATA))
    return sink.getvalue()


@pytest.mark.parametrize("form", ["frame", "table", "bytes", "path", "text path", "arrow bytes"])
def test_the_same_data_gets_the_same_predictions_in_every_form(code_dir: CodeDir, tmp_path: Path, form: str) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(CSV)
    forms: dict[str, Any] = {
        "frame": DATA,
        "table": pa.Table.from_pandas(DATA),
        "bytes": CSV,
        "path": path,
        "text path": str(path),
        "arrow bytes": arrow_bytes(),
    }
    media_type = media_types.ARROW_STREAM if form == "arrow bytes" else None
    answer = scorer(code_dir, "regression", plugins=[runtime()]).score(forms[form], media_type=media_type)
    pd.testing.assert_frame_equal(answer.frame, pd.DataFrame({"Predictions": [1.0, 2.0, 3.0]}))


def test_media_type_that_nobody_reads(code_dir: CodeDir) -> None:
    opened = scorer(code_dir, "regression", plugins=[runtime()])
    with pytest.raises(UnsupportedMediaTypeError, match=r"No plugin reads the media type 'image/png'.*text/csv"):
        opened.score(b"\x89PNG", media_type="image/png")


def test_media_type_that_nobody_writes(code_dir: CodeDir) -> None:
    opened = scorer(code_dir, "regression", plugins=[runtime()])
    with pytest.raises(NotAcceptableError, match=r"No plugin writes the media type 'image/png'.*text/csv"):
        opened.write(opened.score(DATA), "image/png")


def test_empty_body_is_refused_before_anybody_reads_it(code_dir: CodeDir) -> None:
    with pytest.raises(MalformedInputError, match="The input is empty"):
        scorer(code_dir, "regression", plugins=[runtime()]).score(b"")


def test_empty_body_is_the_business_of_who_reads_its_own_payload(code_dir: CodeDir) -> None:
    opened = scorer(code_dir, "regression", plugins=[runtime(drum_read_input=lambda: DATA)])
    assert len(opened.score(b"").frame) == 3


def test_type_schema_is_checked_before_scoring(code_dir: CodeDir) -> None:
    code_dir.add(
        "model-metadata.yaml",
        """
        name: n
        type: inference
        targetType: regression
        typeSchema: {input_requirements: [{field: number_of_columns, condition: EQUALS, value: 2}]}
        """,
    )
    with pytest.raises(MalformedInputError, match="there are 1 columns"):
        scorer(code_dir, plugins=[runtime(drum_score=lambda: hijack())]).score(DATA)


def test_batch_of_the_runtimes_own_is_never_opened(code_dir: CodeDir) -> None:
    class Opaque:
        def __getattr__(self, name: str) -> Any:
            if name == "shape":
                raise AttributeError(name)
            raise AssertionError(f"the core looked at '{name}' of a batch that is not its own")

    own = runtime(
        drum_read_input=lambda: Opaque(),
        drum_transform=lambda batch: batch,
        drum_score=lambda batch: pd.DataFrame({"p": [1.0, 2.0]}),
    )
    assert scorer(code_dir, "regression", plugins=[own]).score(CSV).frame["Predictions"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize("batch", [[1, 2, 3], (1, 2, 3), pa.table({"a": [1, 2, 3]})], ids=["list", "tuple", "table"])
def test_rows_of_any_batch_that_tells_them_are_counted(code_dir: CodeDir, batch: Any) -> None:
    own = runtime(drum_read_input=lambda: batch, drum_score=lambda: pd.DataFrame({"p": [1.0]}))
    with pytest.raises(ModelContractError, match="1 rows for 3 rows"):
        scorer(code_dir, "regression", plugins=[own]).score(CSV)


# ------------------------------------------------------------------------------------- rows and contracts on the way

SINGLE_AND_CLASSES = [kind for kind in TargetType if kind not in (TargetType.TRANSFORM, TargetType.UNSTRUCTURED)]


def labels_of(target_type: TargetType) -> tuple[str, ...] | None:
    return ("no", "yes") if target_type.is_classification else None


def good(batch: pd.DataFrame, labels: tuple[str, ...] | None) -> pd.DataFrame:
    return pd.DataFrame([[0.5] * len(labels or "P")] * len(batch), columns=list(labels or ["Predictions"]))


@pytest.mark.parametrize("target_type", SINGLE_AND_CLASSES)
@pytest.mark.parametrize("hook", ["transform", "score", "post_process"])
@pytest.mark.parametrize("change", ["drops", "adds"])
def test_every_stage_keeps_the_rows(code_dir: CodeDir, target_type: TargetType, hook: str, change: str) -> None:
    code_dir.add(
        "custom.py",
        f"""
        import pandas as pd
        def {hook}(data, model, **kwargs):
            return {"data.head(2)" if change == "drops" else "pd.concat([data, data.head(1)])"}
        """,
    )
    labels = labels_of(target_type)
    opened = scorer(
        code_dir, target_type, labels=labels, plugins=[runtime(drum_score=lambda batch: good(batch, labels))]
    )
    counts = "2 rows for 3 rows" if change == "drops" else "4 rows for 3 rows"
    with pytest.raises(ModelContractError, match=rf"Model '{hook}' hook returned {counts} of data"):
        opened.score(DATA)


@pytest.mark.parametrize("target_type", SINGLE_AND_CLASSES)
def test_runtime_keeps_the_rows_too(code_dir: CodeDir, target_type: TargetType) -> None:
    labels = labels_of(target_type)
    short = runtime(drum_score=lambda batch: good(batch, labels).head(1))
    with pytest.raises(ModelContractError, match="Runtime 'toy' returned 1 rows for 3 rows of data"):
        scorer(code_dir, target_type, labels=labels, plugins=[short]).score(DATA)


def test_post_processed_predictions_are_checked_again(code_dir: CodeDir) -> None:
    code_dir.add("custom.py", "def post_process(predictions, model): return predictions * 2")
    opened = scorer(
        code_dir,
        "binary",
        labels=("no", "yes"),
        plugins=[runtime(drum_score=lambda batch: good(batch, ("no", "yes")))],
    )
    with pytest.raises(ModelContractError, match="Your prediction probabilities do not add up to 1"):
        opened.score(DATA)


def test_rows_are_counted_on_from_the_first_row_of_the_batch(code_dir: CodeDir) -> None:
    opened = scorer(code_dir, "regression", plugins=[runtime()])
    with pytest.raises(ModelContractError, match="in row 1001 "):
        opened.predict(pd.DataFrame({"a": [1.0, None]}), first_row=1000)


def test_missing_predictions_pass_where_that_is_allowed(code_dir: CodeDir) -> None:
    opened = scorer(code_dir, "regression", plugins=[runtime()], options={"allow_nan": True})
    assert opened.score(pd.DataFrame({"a": [1.0, None]})).frame["Predictions"].isna().tolist() == [False, True]


def test_data_are_passed_on_as_they_are(code_dir: CodeDir) -> None:
    data = pd.DataFrame({'o[d]d/"name" <1>': [None, "x"], "b": [1, 2]})
    seen: list[pd.DataFrame] = []
    opened = scorer(code_dir, "transform", plugins=[runtime(drum_transform=lambda batch: seen.append(batch) or batch)])
    opened.score(data)
    pd.testing.assert_frame_equal(seen[0], data)


@pytest.mark.parametrize(("target_type", "hook"), [("regression", "score"), ("transform", "transform")])
def test_nobody_who_answers_names_the_hook_to_write(code_dir: CodeDir, target_type: str, hook: str) -> None:
    opened = scorer(code_dir, target_type, plugins=[runtime(drum_score=lambda: None)])
    with pytest.raises(
        NoScorerError, match=rf"Runtime 'toy' has no '{hook}' for target type '{target_type}'.*'{hook}'"
    ):
        opened.score(DATA)


@pytest.mark.parametrize(
    ("target_type", "hook", "purpose"),
    [("transform", "transform", "transform the data"), ("regression", "score", "make predictions"),
     ("regression", "post_process", "post-process predictions")],
)  # fmt: skip
def test_failing_runtime_says_at_what(code_dir: CodeDir, target_type: str, hook: str, purpose: str) -> None:
    opened = scorer(code_dir, target_type, plugins=[runtime(**{f"drum_{hook}": fails(KeyError("age"))})])
    with pytest.raises(ScoreError, match=rf"Runtime 'toy' failed to {purpose}. Exception: KeyError: 'age'"):
        opened.score(DATA)


def test_error_of_a_known_class_passes_as_it_is(code_dir: CodeDir) -> None:
    error = MalformedInputError("The column 'age' is missing.")
    with pytest.raises(MalformedInputError) as caught:
        scorer(code_dir, "regression", plugins=[runtime(drum_score=fails(error))]).score(DATA)
    assert caught.value is error


# ------------------------------------------------------------------------------------- transform


TARGET = b"y\n0\n1\n0\n"


def transform_payload() -> Payload:
    return Payload(body=CSV, parts={"y": TARGET})


def test_target_of_a_transform_is_read_and_given_back(code_dir: CodeDir) -> None:
    opened = scorer(
        code_dir, "transform", plugins=[runtime(drum_transform=lambda batch, target: (batch * 2, target + 1))]
    )
    answer = opened.score_payload(transform_payload())
    assert answer.frame["a"].tolist() == [2.0, 4.0, 6.0]
    assert answer.target is not None
    assert answer.target["y"].tolist() == [1, 2, 1]


def test_target_that_nobody_changes_comes_back_as_it_was(code_dir: CodeDir) -> None:
    opened = scorer(code_dir, "transform", plugins=[runtime(drum_transform=lambda batch: batch)])
    target = opened.score_payload(transform_payload()).target
    assert target is not None
    assert target["y"].tolist() == [0, 1, 0]


def test_pair_without_a_target_is_fine_where_none_was_sent(code_dir: CodeDir) -> None:
    opened = scorer(code_dir, "transform", plugins=[runtime(drum_transform=lambda batch, target: (batch, target))])
    assert opened.score(DATA).target is None


def test_target_of_another_length_is_the_callers_fault(code_dir: CodeDir) -> None:
    opened = scorer(code_dir, "transform", plugins=[runtime(drum_transform=lambda batch: batch)])
    with pytest.raises(MalformedInputError, match="2 rows"):
        opened.score_payload(Payload(body=CSV, parts={"y": b"y\n0\n1\n"}))


def test_transformed_target_keeps_the_rows(code_dir: CodeDir) -> None:
    short = runtime(drum_transform=lambda batch, target: (batch, target.head(1)))
    with pytest.raises(ModelContractError, match=r"Runtime 'toy' \(target\) returned 1 rows for 3 rows"):
        scorer(code_dir, "transform", plugins=[short]).score_payload(transform_payload())


def test_transform_must_return_a_frame(code_dir: CodeDir) -> None:
    opened = scorer(code_dir, "transform", plugins=[runtime(drum_transform=lambda batch: batch.to_numpy())])
    with pytest.raises(
        ModelContractError, match="must return a pandas DataFrame, but returned an object of type ndarray"
    ):
        opened.score(DATA)


# ------------------------------------------------------------------------------------- unstructured


@pytest.mark.parametrize("data", [b"any words", CSV, DATA], ids=["text", "csv", "frame"])
def test_unstructured_model_refuses_rows(code_dir: CodeDir, data: Any) -> None:
    opened = scorer(code_dir, "unstructured", plugins=[runtime(drum_score_unstructured=lambda: Reply(body=b""))])
    with pytest.raises(WrongEndpointError, match="'unstructured': call score_unstructured"):
        opened.score(data)


def test_structured_model_refuses_an_unstructured_payload(code_dir: CodeDir) -> None:
    opened = scorer(code_dir, "regression", plugins=[runtime()])
    with pytest.raises(WrongEndpointError, match="This model has target type 'regression', not 'unstructured'"):
        opened.score_unstructured(Payload(body=b"hi"))


def test_unstructured_target_that_nobody_serves(code_dir: CodeDir) -> None:
    with pytest.raises(NoScorerError, match="Runtime 'toy' has no 'score_unstructured'"):
        scorer(code_dir, "unstructured", plugins=[runtime()]).score_unstructured(Payload(body=b"hi"))


def test_unstructured_failure_of_a_runtime_is_a_score_error(code_dir: CodeDir) -> None:
    opened = scorer(code_dir, "unstructured", plugins=[runtime(drum_score_unstructured=fails(OSError("gone")))])
    with pytest.raises(ScoreError, match=r"Runtime 'toy' failed to make predictions. Exception: OSError: gone"):
        opened.score_unstructured(Payload(body=b"hi"))


# ------------------------------------------------------------------------------------- observers


def test_observer_is_told_what_happened_to_a_payload(code_dir: CodeDir) -> None:
    observer, records = recorder()
    opened = scorer(code_dir, "regression", plugins=[runtime(), observer])
    answer = opened.score(CSV)
    (record,) = records
    assert (record.spec, record.error) == (opened.spec, None)
    assert (record.payload.body, record.payload.media_type) == (CSV, "text/csv")
    assert record.batch["a"].tolist() == [1.0, 2.0, 3.0]
    assert record.predictions is not None
    pd.testing.assert_frame_equal(record.predictions.frame, answer.frame)
    assert record.seconds >= 0
    assert record.started_at > 1.7e9


def test_observer_is_told_of_a_batch_in_memory(code_dir: CodeDir) -> None:
    observer, records = recorder()
    scorer(code_dir, "regression", plugins=[runtime(), observer]).predict(DATA)
    assert [(record.payload, record.batch is DATA) for record in records] == [(None, True)]


@pytest.mark.parametrize(
    ("body", "hooks", "error", "batch_was_read"),
    [
        (CSV, {"drum_score": fails(KeyError("age"))}, ScoreError, True),
        (b"a,b\n1\n", {}, MalformedInputError, False),
    ],
    ids=["score fails", "input is broken"],
)
def test_observer_is_told_of_a_failure(
    code_dir: CodeDir, body: bytes, hooks: dict[str, Any], error: type[Exception], batch_was_read: bool
) -> None:
    observer, records = recorder()
    with pytest.raises(error) as caught:
        scorer(code_dir, "regression", plugins=[runtime(**hooks), observer]).score(body)
    (record,) = records
    assert (record.error, record.predictions) == (caught.value, None)
    assert (record.batch is not None) is batch_was_read


def test_observer_is_told_of_an_unstructured_reply(code_dir: CodeDir) -> None:
    observer, records = recorder()
    answering = runtime(drum_score_unstructured=lambda: Reply(body=b""))
    payload = Payload(body=b"hi")
    scorer(code_dir, "unstructured", plugins=[answering, observer]).score_unstructured(payload)
    assert [(record.payload, record.predictions, record.error) for record in records] == [(payload, None, None)]


def test_failing_observer_is_logged_and_breaks_nothing(code_dir: CodeDir, caplog: pytest.LogCaptureFixture) -> None:
    observer, records = recorder()
    broken = plugin("broken", drum_after_score=fails(RuntimeError("no connection")))
    answer = scorer(code_dir, "regression", plugins=[runtime(), observer, broken]).score(DATA)
    assert answer.frame["Predictions"].tolist() == [1.0, 2.0, 3.0]
    assert len(records) == 1, "the other observers are told all the same"
    assert "Plugin 'broken' failed while it was told what happened" in caplog.text
    assert "no connection" in caplog.text


def test_what_an_observer_returns_is_ignored(code_dir: CodeDir) -> None:
    other = Predictions(frame=pd.DataFrame({"Predictions": [0.0]}))
    observer = plugin("meddler", drum_after_score=lambda: other)
    answer = scorer(code_dir, "regression", plugins=[runtime(), observer]).score(DATA)
    assert answer.frame["Predictions"].tolist() == [1.0, 2.0, 3.0]


def overwrite(record: ScoringRecord) -> None:
    assert record.predictions is not None
    record.predictions.frame.loc[:, "Predictions"] = 0.0


def add_column(record: ScoringRecord) -> None:
    assert record.predictions is not None
    record.predictions.frame["stamp"] = "seen"


@pytest.mark.parametrize("meddle", [overwrite, add_column])
def test_observer_cannot_change_the_answer_in_place(code_dir: CodeDir, meddle: Callable[[ScoringRecord], None]) -> None:
    answer = scorer(code_dir, "regression", plugins=[runtime(), plugin("meddler", drum_after_score=meddle)]).score(DATA)
    assert answer.frame.to_dict("list") == {"Predictions": [1.0, 2.0, 3.0]}


def test_formats_serve_without_entry_points(code_dir: CodeDir) -> None:
    """The core's formats are plugins like others: a manager has the formats that it was given."""
    manager = PluginManager()
    manager.add(json_format, "json")
    manager.add(runtime(), "toy")
    opened: Scorer = find(manager, code_dir.path, target_type="regression")
    assert opened.score(b'[{"a": 1}]', media_type="application/json").frame["Predictions"].tolist() == [1.0]
    with pytest.raises(UnsupportedMediaTypeError):
        opened.score(CSV)


def test_observer_sees_a_frame_where_a_matrix_is_scored(code_dir: CodeDir) -> None:
    watching, records = recorder()
    toy = runtime(
        drum_matrix_columns=lambda: ["a", "b"],
        drum_score=lambda batch: pd.DataFrame({"Predictions": np.asarray(batch)[:, 0]}),
    )
    opened = scorer(code_dir, "regression", plugins=[toy, watching])
    opened.load()
    assert opened.matrix_columns == ("a", "b"), "to be observed takes the short way from nobody"
    opened.predict(np.array([[1.0, 2.0]]))
    assert records[0].batch.to_dict("list") == {"a": [1.0], "b": [2.0]}


def test_plugin_may_bring_hooks_for_this_run_only(code_dir: CodeDir) -> None:
    watching, records = recorder()
    switched = plugin("switched", drum_configure=lambda settings: watching if settings["allow_nan"] else None)
    scorer(code_dir, "regression", plugins=[runtime(), switched]).score(DATA)
    assert records == []
    scorer(code_dir, "regression", plugins=[runtime(), switched], options={"allow_nan": True}).score(DATA)
    assert len(records) == 1
