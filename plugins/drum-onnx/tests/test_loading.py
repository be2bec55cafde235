"""Files for which a session starts, and what is wrong with others."""

import logging
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from skl2onnx import to_onnx
from sklearn.neural_network import MLPClassifier

import drum
import drum_onnx
from drum.errors import AmbiguousArtifactError, ConfigError, LoadError
from drum.scorer import Scorer
from drum.testing import CodeDir
from drum.types import Match
from drum_onnx import loading

Serve = Callable[..., Scorer]
Graph = Callable[..., bytes]


@pytest.fixture
def doubling(graph: Graph) -> bytes:
    return graph([("Add", ["x", "x"], ["y"])], [("x", "double", ["N", 1])], [("y", "double", ["N", 1])])


def vote(folder: CodeDir) -> Any:
    return drum_onnx.drum_detect(folder.path)


# ------------------------------------------------------------------------------------- whose it is


def test_model_is_proven_by_its_content(tmp_path: Path, doubling: bytes) -> None:
    assert vote(CodeDir(tmp_path, {"Model.ONNX": doubling})).match is Match.PROVEN


@pytest.mark.parametrize(
    "content",
    [b"", b"text", b"\x08\x07", b"\0" * 99, b"\xff" * 99, pickle.dumps({"a": 1}), b"PK\x03\x04", b"\x89HDF\r\n"],
)
def test_other_content_is_only_named(tmp_path: Path, content: bytes) -> None:
    assert vote(CodeDir(tmp_path, {"model.onnx": content})).match is Match.NAMED


def test_two_models_are_ambiguous(tmp_path: Path, doubling: bytes) -> None:
    with pytest.raises(AmbiguousArtifactError, match=r"a\.onnx, b\.onnx"):
        vote(CodeDir(tmp_path, {"a.onnx": doubling, "b.onnx": doubling}))


def test_session_of_custom_code_is_recognized(doubling: bytes) -> None:
    assert drum_onnx.drum_recognize(onnxruntime.InferenceSession(doubling)).match is Match.PROVEN
    assert drum_onnx.drum_recognize(object()) is None
    assert drum_onnx.drum_recognize(onnxruntime.SessionOptions()) is None


def test_custom_code_may_start_the_session(tmp_path: Path, doubling: bytes) -> None:
    source = """
        import onnxruntime
        from pathlib import Path

        def load_model(code_dir):
            return onnxruntime.InferenceSession(Path(code_dir) / "model.onnx")
    """
    with drum.open(
        CodeDir(tmp_path, {"model.onnx": doubling, "custom.py": source}), target_type="regression"
    ) as scorer:
        assert scorer.score(pd.DataFrame({"x": [1.5, 2]})).frame["Predictions"].tolist() == [3.0, 4.0]


# ------------------------------------------------------------------------------------- damaged files, other versions


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_truncated_file_is_called_damaged(tmp_path: Path, doubling: bytes, kept: float) -> None:
    folder = CodeDir(tmp_path, {"model.onnx": doubling[: int(len(doubling) * kept)]})
    with pytest.raises(LoadError, match=r"'model\.onnx' is truncated, or no ONNX model"):
        drum.open(folder, target_type="regression")


@pytest.mark.parametrize("content", [b"text", b"\x80\x04}\x94.", b"\0" * 64])
def test_file_of_another_kind_is_an_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(LoadError, match=r"'model\.onnx'"):
        drum.open(CodeDir(tmp_path, {"model.onnx": content}), target_type="regression")


@pytest.mark.parametrize(("opset", "ir"), [(8, 3), (9, 4), (13, 7), (17, 8), (21, 10)])
def test_models_of_older_versions_predict(serve: Serve, graph: Graph, rows: pd.DataFrame, opset: int, ir: int) -> None:
    ends = [("x", "double", ["N", 1])], [("y", "double", ["N", 1])]
    scorer = serve(graph([("Add", ["x", "x"], ["y"])], *ends, opset=opset, ir=ir), "regression")
    assert scorer.score(rows[["a b"]]).frame["Predictions"].tolist() == (rows["a b"] * 2).tolist()


@pytest.mark.parametrize(("opset", "ir"), [(99, 8), (17, 99)])
def test_model_of_a_later_version_says_so(serve: Serve, graph: Graph, opset: int, ir: int) -> None:
    ends = [("x", "double", ["N", 1])], [("y", "double", ["N", 1])]
    with pytest.raises(LoadError, match=f"was saved for a later version than ONNX Runtime {onnxruntime.__version__}"):
        serve(graph([("Add", ["x", "x"], ["y"])], *ends, opset=opset, ir=ir), "regression")


# ------------------------------------------------------------------------------------- where it runs


@pytest.mark.parametrize(
    ("options", "expected"),
    [({}, 8), ({"workers": 2}, 4), ({"workers": 16}, 1), ({"workers": 0}, 8), ({"jobs": 3}, 3), ({"jobs": 64}, 8)],
)
def test_worker_takes_its_share_of_the_cores(
    serve: Serve, doubling: bytes, options: dict[str, int], expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    session = serve(doubling, "regression", **options)._seated.model
    assert session.get_session_options().intra_op_num_threads == expected


def test_session_tells_where_it_really_runs(
    serve: Serve, doubling: bytes, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A driver and a package that claims CUDA make no CUDA."""
    monkeypatch.setattr(loading, "DRIVERS", (tmp_path,))
    with caplog.at_level(logging.INFO, logger="drum.onnx"):
        session = serve(doubling, "regression")._seated.model
    assert f"ONNX Runtime uses {', '.join(session.get_providers())}." in caplog.messages
    assert drum_onnx.drum_describe(session) == {"providers": session.get_providers()}


def test_providers_are_cuda_then_cpu_where_there_is_a_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        onnxruntime, "get_available_providers", lambda: ["TensorrtExecutionProvider", loading.CUDA, loading.CPU]
    )
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None, raising=False)
    monkeypatch.setattr(loading, "DRIVERS", (tmp_path / "none",))
    assert loading._providers("auto") == [loading.CPU]
    monkeypatch.setattr(loading, "DRIVERS", (tmp_path,))
    assert loading._providers("auto") == [(loading.CUDA, {"device_id": "0"}), loading.CPU]
    assert loading._providers("cuda:1")[0] == (loading.CUDA, {"device_id": "1"})
    assert loading._providers("cpu") == [loading.CPU]


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "tpu", "cuda:", "CPU"])
def test_word_that_is_no_device_is_an_error(serve: Serve, doubling: bytes, name: str) -> None:
    with pytest.raises(ConfigError, match=f"--device is '{name}', where nothing can be scored: .* Say auto, cpu, cuda"):
        serve(doubling, "regression", device=name)


@pytest.mark.skipif(loading.CUDA in onnxruntime.get_available_providers(), reason="this package may use a GPU")
@pytest.mark.parametrize("name", ["cuda", "cuda:1"])
def test_gpu_that_the_package_cannot_use_is_an_error(serve: Serve, doubling: bytes, name: str) -> None:
    with pytest.raises(ConfigError, match=rf"--device is '{name}', .* ONNX Runtime can use no more than .*CPUExec"):
        serve(doubling, "regression", device=name)


def test_error_of_cuda_is_the_operators_fault(serve: Serve, doubling: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        assert options["enable_fallback"] == 0
        raise RuntimeError("CUDA failure 101: invalid device ordinal ; GPU=99 .\nmore")

    monkeypatch.setattr(onnxruntime, "InferenceSession", fail)
    with pytest.raises(ConfigError, match=r"--device is 'cuda:99', .* scored: CUDA failure 101: .* GPU=99\."):
        serve(doubling, "regression", device="cuda:99")


def has_gpu() -> bool:
    if loading.CUDA not in onnxruntime.get_available_providers():
        return False
    return any(driver.exists() for driver in loading.DRIVERS)


@pytest.mark.skipif(not has_gpu(), reason="needs a GPU, and onnxruntime-gpu")
def test_gpu_agrees_with_the_cpu(serve: Serve, rows: pd.DataFrame, target: Any) -> None:
    model = MLPClassifier((16,), max_iter=20, tol=1e9).fit(rows, np.digitize(target, [-1, 1]))
    content = to_onnx(model, rows.to_numpy(np.float32), options={"zipmap": False}).SerializeToString()
    frames = []
    for device in ("cuda", "cpu"):
        scorer = serve(content, "multiclass", ["0", "1", "2"], device=device)
        assert (loading.CUDA in scorer._seated.model.get_providers()) is (device == "cuda")
        frames.append(scorer.score(rows).frame)
    assert np.abs(frames[0].to_numpy() - frames[1][frames[0].columns].to_numpy()).max() < 1e-3


def test_large_numbers_are_infinite_in_float32(serve: Serve, graph: Graph) -> None:
    content = graph([("Tanh", ["x"], ["y"])], [("x", "float", ["N", 1])], [("y", "float", ["N", 1])])
    answer = serve(content, "regression").score(pd.DataFrame({"x": [1e300, -1e300, 0.0]})).frame["Predictions"]
    assert answer.to_numpy() == pytest.approx(np.array([1.0, -1.0, 0.0]))
