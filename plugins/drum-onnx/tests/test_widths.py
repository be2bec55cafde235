"""How many columns a graph takes that does not declare it."""

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import helper, numpy_helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, PolynomialFeatures, StandardScaler
from sklearn.svm import SVC, SVR

import drum
from drum.errors import MalformedInputError
from drum.scorer import Scorer
from drum.testing import CodeDir
from drum_onnx.graphs import graph_of
from drum_onnx.protobuf import fields, numbers
from drum_onnx.widths import Width, widths_of

Serve = Callable[..., Scorer]
Graph = Callable[..., bytes]
Direct = Callable[..., list[Any]]


def left_open(model: Any, kind: Any = FloatTensorType, **options: Any) -> bytes:
    """Export a model as people do who do not want to count its columns."""
    made = convert_sklearn(model, initial_types=[("X", kind([None, None]))], options=options or None)
    return bytes(made.SerializeToString())


@pytest.fixture(scope="module")
def matrix(rows: pd.DataFrame) -> Any:
    return rows.to_numpy()


REGRESSORS = {
    "linear": Ridge(), "support vectors": SVR(), "network": MLPRegressor(hidden_layer_sizes=(3,), max_iter=2),
    "scaled": make_pipeline(StandardScaler(), Ridge()), "imputed": make_pipeline(SimpleImputer(), Ridge()),
    "rotated": make_pipeline(PCA(2), Ridge()), "kept": make_pipeline(Normalizer(), MinMaxScaler(), SVR()),
}  # fmt: skip
DOUBLES = ("linear", "network", "scaled", "rotated")
"""Those that ONNX Runtime computes in double precision; they consist of other operations then."""


@pytest.mark.parametrize(
    ("name", "kind"),
    [*((name, FloatTensorType) for name in REGRESSORS), *((name, DoubleTensorType) for name in DOUBLES)],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_wrong_number_of_columns_names_both(
    serve: Serve, direct: Direct, rows: pd.DataFrame, matrix: Any, target: Any, name: str, kind: Any
) -> None:
    content = left_open(REGRESSORS[name].fit(matrix, target), kind)
    scorer = serve(content, "regression")
    expected = direct(content, X=matrix.astype(np.float32 if kind is FloatTensorType else np.float64))[0]
    assert scorer.score(rows).frame["Predictions"].tolist() == expected[:, 0].tolist()
    for count in (1, 3, 5):
        wrong = pd.DataFrame(np.ones((6, count)))
        with pytest.raises(MalformedInputError, match=rf"The model takes 4 columns, but the input has {count}\."):
            scorer.score(wrong)


@pytest.mark.parametrize("model", [LogisticRegression(), SVC()], ids=["linear", "svc"])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.filterwarnings("ignore:Attribute `prob._`:FutureWarning")
def test_width_of_classifiers_is_known(tmp_path: Path, matrix: Any, target: Any, model: Any, classes: int) -> None:
    labels = np.digitize(target, np.quantile(target, np.arange(1, classes) / classes))
    (tmp_path / "m.onnx").write_bytes(left_open(model.fit(matrix, labels), zipmap=False))
    assert widths_of(tmp_path / "m.onnx", ["X"]) == {"X": Width(exact=4)}


# ------------------------------------------------------------------------------------- where a minimum is known


@pytest.mark.parametrize(
    "model",
    [
        RandomForestRegressor(3, max_depth=4, random_state=0), GradientBoostingRegressor(n_estimators=9),
        make_pipeline(PolynomialFeatures(), Ridge()),
    ],
    ids=["forest", "boosting", "chosen"],
)  # fmt: skip
def test_columns_too_few_are_refused_and_too_many_are_warned_of(
    serve: Serve,
    direct: Direct,
    rows: pd.DataFrame,
    matrix: Any,
    target: Any,
    model: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    content = left_open(model.fit(matrix, target))
    scorer = serve(content, "regression")
    (warning,) = [text for text in caplog.messages if "does not say how many columns" in text]
    assert "at least 4" in warning
    assert "drum schema" in warning
    for count in (1, 3):
        with pytest.raises(MalformedInputError, match=rf"takes at least 4 columns, but the input has {count}\."):
            scorer.score(rows.iloc[:, :count])
    expected = direct(content, X=matrix.astype(np.float32))[0][:, 0]
    for batch in (rows, rows.assign(further=1)):
        assert scorer.score(batch).frame["Predictions"].tolist() == expected.tolist()
    assert len([text for text in caplog.messages if "does not say how many columns" in text]) == 1


def test_schema_says_how_many_columns_there_are(
    tmp_path: Path, rows: pd.DataFrame, matrix: Any, target: Any, caplog: pytest.LogCaptureFixture
) -> None:
    model = RandomForestClassifier(3, max_depth=4, random_state=0).fit(matrix, target > 0)
    columns = "\n".join(f"- {{name: c{place}, type: number}}" for place in range(4))
    folder = CodeDir(
        tmp_path, {"m.onnx": left_open(model, zipmap=False), "input-schema.yaml": f"columns:\n{columns}\n"}
    )
    named = rows.set_axis([f"c{place}" for place in range(4)], axis=1).astype(float)
    with drum.open(folder, target_type="binary", labels=["no", "yes"]) as scorer:
        answer = scorer.score(named.assign(further=1)).frame
        with pytest.raises(MalformedInputError, match="c3"):
            scorer.score(named[["c0", "c1", "c2"]])
    assert answer["yes"].to_numpy() == pytest.approx(model.predict_proba(matrix)[:, 1], abs=1e-5)
    assert not [text for text in caplog.messages if "does not say" in text]


# ------------------------------------------------------------------------------------- what is not certain


def with_constants(content: bytes, **arrays: Any) -> bytes:
    model = onnx.load_from_string(content)
    model.graph.initializer.extend(numpy_helper.from_array(np.asarray(value), name) for name, value in arrays.items())
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("nodes", "constants", "expected"),
    [
        ([("MatMul", ["x", "w"], ["y"])], {"w": np.ones((3, 2), "f")}, Width(exact=3)),
        ([("MatMul", ["w", "x"], ["y"])], {"w": np.ones((3, 2), "f")}, None),
        ([("Transpose", ["x"], ["t"]), ("MatMul", ["t", "w"], ["y"])], {"w": np.ones((3, 2), "f")}, None),
        ([("Sub", ["x", "w"], ["y"])], {"w": np.ones((1, 3), "f")}, Width(exact=3)),
        ([("Sub", ["w", "x"], ["y"])], {"w": np.ones(3, "f")}, Width(exact=3)),
        ([("Sub", ["x", "w"], ["y"])], {"w": np.ones((7, 3), "f")}, None),
        ([("Sub", ["x", "w"], ["t"]), ("MatMul", ["t", "v"], ["y"])],
         {"w": np.float32(2), "v": np.ones((3, 2), "f")}, Width(exact=3)),
        ([("Sub", ["x", "w"], ["t"]), ("MatMul", ["t", "v"], ["y"])],
         {"w": np.ones(3, "f"), "v": np.ones((4, 2), "f")}, None),
        ([("Mul", ["x", "x"], ["t"]), ("MatMul", ["t", "w"], ["y"])], {"w": np.ones((3, 2), "f")}, Width(exact=3)),
        ([("Identity", ["w"], ["v"]), ("MatMul", ["x", "v"], ["y"])], {"w": np.ones((3, 2), "f")}, Width(exact=3)),
        ([("Gemm", ["x", "w"], ["y"])], {"w": np.ones((3, 2), "f")}, Width(exact=3)),
    ],
    ids=["matrix", "other side", "transposed", "vector", "from a vector", "rows", "number, then matrix",
         "contradiction", "with itself", "matrix by another name", "gemm"],
)  # fmt: skip
def test_only_what_is_certain_counts(
    tmp_path: Path, graph: Graph, nodes: Any, constants: Any, expected: Width | None
) -> None:
    content = graph(nodes, [("x", "float", [None, None])], [("y", "float", [None, None])])
    (tmp_path / "m.onnx").write_bytes(with_constants(content, **constants))
    assert widths_of(tmp_path / "m.onnx", ["x"]) == ({} if expected is None else {"x": expected})


def test_transposed_matrix_of_torch_is_understood(tmp_path: Path, graph: Graph) -> None:
    content = graph([("Gemm", ["x", "w"], ["y"])], [("x", "float", [None, None])], [("y", "float", [None, None])])
    model = onnx.load_from_string(with_constants(content, w=np.ones((2, 3), "f")))
    model.graph.node[0].attribute.append(helper.make_attribute("transB", 1))
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    assert widths_of(tmp_path / "m.onnx", ["x"]) == {"x": Width(exact=3)}


def test_two_open_inputs_are_told_apart_by_what_is_known(serve: Serve, graph: Graph, rows: pd.DataFrame) -> None:
    content = graph(
        [("MatMul", ["a", "v"], ["p"]), ("MatMul", ["b", "w"], ["q"]), ("Add", ["p", "q"], ["y"])],
        [("a", "float", [None, None]), ("b", "float", [None, None])],
        [("y", "float", [None, 1])],
    )
    scorer = serve(with_constants(content, v=np.ones((1, 1), "f"), w=np.ones((3, 1), "f") * 2), "regression")
    expected = rows.iloc[:, 0] + 2 * rows.iloc[:, 1:].sum(axis=1)
    assert scorer.score(rows).frame["Predictions"].to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-4)


def test_format_that_is_not_understood_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"\x0f\xff\xff")
    assert widths_of(tmp_path / "m.onnx", ["x"]) == {}


# ------------------------------------------------------------------------------------- reading


def test_file_is_read_as_the_package_reads_it(tmp_path: Path, matrix: Any, target: Any) -> None:
    content = left_open(RandomForestRegressor(20, random_state=0).fit(matrix, target))
    (tmp_path / "m.onnx").write_bytes(content)
    (node,), _ = graph_of(tmp_path / "m.onnx")
    (real,) = onnx.load_from_string(content).graph.node
    assert (node.operation, node.inputs, node.outputs) == (real.op_type, tuple(real.input), tuple(real.output))
    for attribute in real.attribute:
        if attribute.ints:
            assert node.integers(attribute.name) == list(attribute.ints)
        assert node.count_of_floats(attribute.name) == len(attribute.floats)
    assert node.integer("n_targets", 0) == 1


@pytest.mark.parametrize("values", [[], [0], [1, 127, 128, 300, 2**40], [-1, 5]])
def test_constants_are_read_as_the_package_reads_them(tmp_path: Path, graph: Graph, values: list[int]) -> None:
    content = graph([("Identity", ["x"], ["y"])], [("x", "float", [None])], [("y", "float", [None])])
    model = onnx.load_from_string(with_constants(content, raw=np.array(values, "int64"), other=np.ones((2, 3), "f")))
    model.graph.initializer.append(helper.make_tensor("listed", onnx.TensorProto.INT64, [len(values)], values))
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    _, constants = graph_of(tmp_path / "m.onnx")
    assert constants["raw"].integers() == constants["listed"].integers() == values
    assert constants["other"].sizes == (2, 3)
    assert constants["other"].integers() == []


@pytest.mark.parametrize("message", [b"\x0b", b"\x08\xff", b"\x08"])
def test_what_is_no_message_is_an_error(message: bytes) -> None:
    with pytest.raises(ValueError, match=r"no field of kind|cut off"):
        list(fields(memoryview(message)))


def test_no_numbers_are_none() -> None:
    assert numbers(memoryview(b"")).tolist() == []


# ------------------------------------------------------------------------------------- silence


def test_error_of_a_run_is_said_once(tmp_path: Path, graph: Graph) -> None:
    """ONNX Runtime writes a coloured line of its own to standard error, beside what it raises."""
    content = graph([("Reshape", ["x", "s"], ["y"])], [("x", "float", ["N", None])], [("y", "float", [None, 7])])
    folder = CodeDir(tmp_path, {"m.onnx": with_constants(content, s=np.array([-1, 7])), "in.csv": "a,b\n1,2\n"})
    words = [
        "score",
        "--code-dir",
        str(folder.path),
        "--input",
        str(folder.path / "in.csv"),
        "--target-type",
        "regression",
    ]
    done = subprocess.run([sys.executable, "-m", "drum", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 5
    assert "[E:" not in done.stderr
    assert "Reshape" in done.stderr


def test_declared_width_is_not_asked_of_the_nodes(serve: Serve, graph: Graph, caplog: pytest.LogCaptureFixture) -> None:
    content = graph([("Add", ["x", "x"], ["y"])], [("x", "float", ["N", 2])], [("y", "float", ["N", 2])])
    with caplog.at_level(logging.DEBUG, "drum.onnx"):
        session = serve(content, "multilabel", ["a", "b"])._seated.model
    assert session.known_widths == {}
