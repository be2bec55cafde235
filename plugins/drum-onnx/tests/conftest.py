"""Data, and ways to export models and to serve them."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from onnx import TensorProto, helper

import drum
from drum.scorer import Scorer
from drum.testing import CodeDir

ROWS = 1200
TYPES = {"float": TensorProto.FLOAT, "double": TensorProto.DOUBLE, "int64": TensorProto.INT64, "bool": TensorProto.BOOL}


@pytest.fixture(autouse=True)
def _import_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the code directories that a test has made importable."""
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    """Return rows of fractions that float32 holds exactly, and one column of whole numbers."""
    values = np.random.default_rng(7).normal(size=(ROWS, 4)).astype(np.float32).astype(float)
    frame = pd.DataFrame(values, columns=["age (years)", "in/out", 'it\'s "quoted"', "a b"])
    frame["in/out"] = (frame["in/out"] * 10).round().astype(int)
    return frame


@pytest.fixture(scope="session")
def target(rows: pd.DataFrame) -> Any:
    """Return what is to be learnt: a number a row."""
    return (rows["age (years)"] + rows["in/out"] * rows["a b"] / 10).to_numpy()


def _run(model: bytes, **inputs: Any) -> list[Any]:
    session = onnxruntime.InferenceSession(model)
    names = [node.name for node in session.get_inputs()]
    results: list[Any] = session.run(None, inputs if len(names) > 1 else {names[0]: next(iter(inputs.values()))})
    return results


@pytest.fixture(scope="session")
def direct() -> Callable[..., list[Any]]:
    """Return a function that has ONNX Runtime itself run a model: all of its outputs."""
    return _run


@pytest.fixture(scope="session")
def graph() -> Callable[..., bytes]:
    """Return a function that makes a graph of nodes, with inputs and outputs given as name, type and shape."""

    def graph(nodes: Sequence[Any], inputs: Any, outputs: Any, opset: int = 17, ir: int = 8) -> bytes:
        def described(values: Any) -> list[Any]:
            return [helper.make_tensor_value_info(name, TYPES[kind], shape) for name, kind, shape in values]

        made = helper.make_graph(
            [helper.make_node(*node) for node in nodes], "g", described(inputs), described(outputs)
        )
        model = helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)])
        model.ir_version = ir
        assert isinstance(model, onnx.ModelProto)
        return bytes(model.SerializeToString())

    return graph


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Scorer]]:
    """Return a function that saves a model, opens its folder, and closes it after the test."""
    with ExitStack() as stack:

        def serve(model: bytes, target_type: str, labels: Sequence[str] | None = None, **options: Any) -> Scorer:
            folder = CodeDir(tmp_path / "code", {"model.onnx": model})
            return stack.enter_context(drum.open(folder, target_type=target_type, labels=labels, options=options))

        yield serve
