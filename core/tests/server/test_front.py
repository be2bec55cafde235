"""Every route, with and without its trailing slash, for every kind of model."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import drum
from drum.hookspecs import hookimpl
from drum.testing import CodeDir, client

DATA = "a,b\n1,2\n3,4.5\n"
SUM = """
import pandas as pd

def score(data, model, **kwargs):
    return pd.DataFrame({"Predictions": data.sum(axis=1)})
"""
BINARY = "def score(data, model): return (data[['a']] / 10)"


def model(tmp_path: Path, code: str = SUM, **files: str) -> CodeDir:
    return CodeDir(tmp_path / "model", {"custom.py": code, **files})


# ------------------------------------------------------------------------------------- the state of the server


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("path", ["", "/ping", "/livez", "/readyz", "/health"])
def test_a_server_that_is_well(tmp_path: Path, path: str, slash: str) -> None:
    with client(model(tmp_path), "regression") as http:
        answer = http.get(path + slash or "/", follow_redirects=False)
    assert (answer.status_code, answer.json()) == (200, {"message": "OK"})


@pytest.mark.parametrize("path", ["/health/", "/readyz", "/predict/"])
def test_a_model_that_cannot_be_loaded(tmp_path: Path, path: str) -> None:
    with client(model(tmp_path, "def load_model(code_dir): raise OSError('no key')"), "regression") as http:
        answer = http.post(path, content=DATA) if path == "/predict/" else http.get(path)
        assert (answer.status_code, "no key" in answer.json()["message"]) == (513, True)
        assert http.get("/livez").status_code == 200


def test_info(tmp_path: Path) -> None:
    with client(model(tmp_path, BINARY), "binary", labels=("no", "yes")) as http:
        info = http.get("/info/").json()
    assert info["targetType"] == "binary"
    assert info["labels"] == ["no", "yes"]
    assert info["drumVersion"] == drum.__version__
    assert set(info) >= {"codeDir", "targetType", "language", "drumVersion", "drumServer", "modelMetadata", "predictor"}


class Telling:
    """A plugin that tells about the model what it is told to tell, or fails to."""

    def __init__(self, known: object) -> None:
        self._known = known

    @hookimpl
    def drum_describe(self) -> object:
        if isinstance(self._known, Exception):
            raise self._known
        return self._known


@pytest.mark.parametrize(
    ("known", "shown"),
    [({"device": "cpu", "path": Path("x")}, {"device": "cpu", "path": "x"}), (None, {}), (ValueError("bad"), {})],
)
def test_info_shows_what_the_runtime_tells(tmp_path: Path, known: object, shown: object) -> None:
    with client(model(tmp_path), "regression", plugins=[Telling(known)]) as http:
        assert http.get("/info/").json()["details"] == shown


def test_capabilities_and_stats(tmp_path: Path) -> None:
    with client(model(tmp_path), "regression") as http:
        capabilities, stats = http.get("/capabilities/").json(), http.get("/stats/").json()
    assert capabilities["supported_methods"] == {"predict": True, "transform": False, "predictUnstructured": False}
    assert "text/csv" in capabilities["supported_payload_formats"]
    assert stats["drum_info"][0]["mem"] > 10
    assert set(stats) == {"mem_info", "drum_info", "time_info"}


def test_metrics_count_requests_and_rows(tmp_path: Path) -> None:
    with client(model(tmp_path), "regression") as http:
        http.post("/predict/", content=DATA)
        http.post("/predict/", content="")
        http.get("/nowhere/at/all")
        text = http.get("/metrics").text
    assert 'drum_http_requests_total{route="/predict/",status="200"} 1.0' in text
    assert 'drum_http_requests_total{route="/predict/",status="422"} 1.0' in text
    assert 'drum_http_requests_total{route="unknown",status="404"} 1.0' in text
    assert "drum_scored_rows_total 2.0" in text


def test_url_prefix(tmp_path: Path) -> None:
    with client(model(tmp_path), "regression", url_prefix="/models/7/") as http:
        assert http.get("/models/7/health/").status_code == 200
        assert http.get("/health/").status_code == 404


def test_every_reply_has_its_request_id_and_our_version(tmp_path: Path) -> None:
    with client(model(tmp_path), "regression") as http:
        own = [http.get("/health/").headers["x-request-id"] for _ in range(2)]
        echoed = http.get("/nowhere", headers={"X-Request-Id": "mine-7"})
        hostile = http.get("/", headers={"X-Request-Id": "a b" * 300})
    assert own[0] != own[1]
    assert echoed.headers["x-request-id"] == "mine-7"
    assert len(hostile.headers["x-request-id"]) == 32
    assert echoed.headers["x-drum-version"] == drum.__version__


# ------------------------------------------------------------------------------------- scoring


@pytest.mark.parametrize("path", ["/predict/", "/predict", "/predictions/", "/invocations"])
def test_predictions(tmp_path: Path, path: str) -> None:
    with client(model(tmp_path), "regression") as http:
        answer = http.post(path, content=DATA, follow_redirects=False)
    assert (answer.status_code, answer.json()) == (200, {"predictions": [3.0, 7.5]})


def test_class_probabilities(tmp_path: Path) -> None:
    with client(model(tmp_path, BINARY), "binary", labels=("no", "yes")) as http:
        answer = http.post("/predict/", content=DATA)
    assert answer.json() == {"predictions": [{"no": 0.9, "yes": 0.1}, {"no": 0.7, "yes": 0.3}]}


def test_extra_output(tmp_path: Path) -> None:
    code = "def score(data, model): return data.rename(columns={'a': 'Predictions'})"
    with client(model(tmp_path, code), "regression") as http:
        answer = http.post("/predict/", content=DATA).json()
    assert answer["extraModelOutput"] == {"columns": ["b"], "index": [0, 1], "data": [[2.0], [4.5]]}


FRAME = pd.read_csv(io.StringIO(DATA))


def parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


def arrow(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_feather(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("media_type", "extension", "body"),
    [
        ("text/csv", "csv", DATA.encode()),
        ("text/csv; charset=utf-8", "csv", DATA.encode()),
        ("application/x-www-form-urlencoded", "csv", DATA.encode()),
        ("application/json", "json", FRAME.to_json(orient="records").encode()),
        ("application/x-ndjson", "jsonl", FRAME.to_json(orient="records", lines=True).encode()),
        ("application/vnd.apache.parquet", "parquet", parquet(FRAME)),
        ("application/vnd.apache.arrow.file", "arrow", arrow(FRAME)),
    ],
)
@pytest.mark.parametrize("multipart", [False, True])
def test_input_formats(tmp_path: Path, media_type: str, extension: str, body: bytes, multipart: bool) -> None:
    sent: dict[str, Any] = {"content": body, "headers": {"Content-Type": media_type}}
    if multipart:
        sent = {"files": {"X": (f"data.{extension}", body)}}
    with client(model(tmp_path), "regression") as http:
        answer = http.post("/predict/", **sent)
    assert answer.json() == {"predictions": [3.0, 7.5]}


def test_sparse_input_with_column_names(tmp_path: Path) -> None:
    matrix = b"%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1.5\n2 2 2.5\n"
    code = "import pandas as pd\ndef score(data, model): return pd.DataFrame({'p': 2 * data['weight'] + data['size']})"
    with client(model(tmp_path, code), "regression") as http:
        answer = http.post("/predict/", files={"X": ("x.mtx", matrix), "X.colnames": ("names", b"size\nweight")})
    assert answer.json() == {"predictions": [1.5, 5.0]}


@pytest.mark.parametrize(
    ("accept", "media_type", "start"),
    [
        ("", "application/json", b'{"predictions"'),
        ("*/*", "application/json", b'{"predictions"'),
        ("text/csv", "text/csv", b"Predictions\n3.0\n"),
        ("text/*", "text/csv", b"Predictions"),
        ("text/csv;q=0, */*", "application/json", b'{"predictions"'),
        ("text/html, text/csv;q=0.5, application/json;q=0.2", "text/csv", b"Predictions"),
        ("application/vnd.apache.parquet", "application/vnd.apache.parquet", b"PAR1"),
    ],
)
def test_accept(tmp_path: Path, accept: str, media_type: str, start: bytes) -> None:
    with client(model(tmp_path), "regression") as http:
        answer = http.post("/predict/", content=DATA, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert answer.content.startswith(start)


# ------------------------------------------------------------------------------------- transform and unstructured

TRANSFORM = """
def transform(data, model, y=None):
    return (data * 2, y) if y is not None else data * 2
"""


def test_transform_with_target(tmp_path: Path) -> None:
    with client(model(tmp_path, TRANSFORM), "transform") as http:
        answer = http.post("/transform/", files={"X": ("x.csv", DATA), "y": ("y.csv", "t\n1\n0\n")})
    assert answer.headers["content-type"].startswith("multipart/form-data; boundary=")
    for part in (
        b'name="X.format"\r\n\r\ncsv',
        b'name="X.transformed"\r\n\r\na,b\n2,4.0\n6,9.0',
        b'name="y.transformed"',
    ):
        assert part in answer.content


def test_transform_as_one_body(tmp_path: Path) -> None:
    with client(model(tmp_path, TRANSFORM), "transform") as http:
        answer = http.post("/transform/", content=DATA, headers={"Accept": "text/csv"})
    assert answer.text == "a,b\n2,4.0\n6,9.0\n"


ECHO = """
def load_model(code_dir): return 1

def score_unstructured(model, data, query, mimetype, headers):
    if isinstance(data, bytes):
        return data[::-1]
    return f"{data}|{query}|{mimetype}|{headers['X-Mine']}", {"mimetype": "text/html", "charset": "latin-1"}
"""


@pytest.mark.parametrize("path", ["/predictUnstructured/", "/predictionsUnstructured"])
def test_unstructured(tmp_path: Path, path: str) -> None:
    with client(model(tmp_path, ECHO), "unstructured") as http:
        text = http.post(f"{path}?a=1", content="ä".encode(), headers={"X-Mine": "x"})
        raw = http.post(path, content=b"\x00\xff", headers={"Content-Type": "application/octet-stream"})
    assert text.content.decode("latin-1") == "ä|{'a': '1'}|text/plain|x"
    assert text.headers["content-type"] == "text/html; charset=latin-1"
    assert raw.content == b"\xff\x00"


# ------------------------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("content", "headers", "status", "message"),
    [
        ("", {}, 422, "ERROR: Samples should be provided as:"),
        ("a,b\n1\n", {}, 422, "Line 2 "),
        (b"a\n\xff\n", {}, 422, "Supplied CSV input file encoding must be UTF-8."),
        (DATA, {"Content-Type": "image/png"}, 415, "image/png"),
        (DATA, {"Accept": "image/png"}, 406, "image/png"),
        ("x" * 2000, {}, 413, "1,000 bytes"),
        ("{", {"Content-Type": "application/json"}, 422, "not valid JSON"),
        ("garbage", {"Content-Type": "application/vnd.apache.parquet"}, 422, "no valid Parquet"),
        ("garbage", {"Content-Type": "multipart/form-data; boundary=x"}, 422, "multipart"),
        ("garbage", {"Content-Type": "multipart/form-data"}, 422, "multipart"),
    ],
)
def test_bad_requests(tmp_path: Path, content: Any, headers: dict[str, str], status: int, message: str) -> None:
    with client(model(tmp_path), "regression", max_body=1000) as http:
        answer = http.post("/predict/", content=content, headers=headers)
    assert (answer.status_code, message in answer.json()["message"]) == (status, True), answer.text


def test_body_without_a_length_is_counted_while_it_comes(tmp_path: Path) -> None:
    with client(model(tmp_path), "regression", max_body=1000) as http:
        answer = http.post("/predict/", content=(b"x" * 100 for _ in range(100)))
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("target_type", "right", "wrong"),
    [
        ("transform", "/transform/", "/predict/"),
        ("unstructured", "/predictUnstructured/", "/predict/"),
        ("regression", "/predict/", "/transform/"),
        ("regression", "/predict/", "/predictUnstructured/"),
    ],
)
def test_wrong_route_names_the_right_one(tmp_path: Path, target_type: str, right: str, wrong: str) -> None:
    with client(model(tmp_path, SUM + TRANSFORM + ECHO), target_type) as http:
        answer = http.post(wrong, content=DATA)
    message = f"ERROR: This model has target type '{target_type}', use the {right} endpoint."
    assert (answer.status_code, answer.json()) == (422, {"message": message})


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        ("def score(data, model): return 1 / 0", 500, "'score' hook failed to make predictions"),
        ("def score(data, model): return data[:1]", 500, "returned 1 rows for 2 rows"),
        ("import sys\ndef score(data, model): sys.exit(1)", 500, "sys.exit(1)"),
    ],
)
def test_model_at_fault(tmp_path: Path, code: str, status: int, message: str) -> None:
    with client(model(tmp_path, code), "regression") as http:
        answer = http.post("/predict/", content=DATA)
    assert (answer.status_code, message in answer.json()["message"]) == (status, True)
    assert "Traceback" not in answer.text
    assert str(tmp_path) not in answer.text


def test_status_that_user_code_chose(tmp_path: Path) -> None:
    code = "from drum import ModelHTTPError\ndef score(data, model): raise ModelHTTPError('too old', 451)"
    with client(model(tmp_path, code), "regression") as http:
        answer = http.post("/predict/", content=DATA)
    assert (answer.status_code, answer.json()) == (451, {"message": "ERROR: too old"})
    assert answer.headers["x-drum-user-http-error"] == "true"


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", "/predict/", 405)])
def test_unknown_route_or_method(tmp_path: Path, method: str, path: str, status: int) -> None:
    with client(model(tmp_path), "regression") as http:
        answer = http.request(method, path)
    assert (answer.status_code, path in answer.json()["message"]) == (status, True)


def test_info_keeps_secrets_and_takes_whatever_yaml_can_say(tmp_path: Path) -> None:
    metadata = """
        name: x
        type: inference
        targetType: regression
        hyperparameters: {learned: 2024-01-01, rate: .nan}
        runtimeParameterDefinitions:
          - {fieldName: key, type: credential, defaultValue: {password: SECRET123}}
    """
    with client(model(tmp_path, **{"model-metadata.yaml": metadata})) as http:
        answer = http.get("/info/")
    assert answer.status_code == 200
    assert "SECRET123" not in answer.text
    assert answer.json()["modelMetadata"]["hyperparameters"] == {"learned": "2024-01-01", "rate": None}


def test_a_defect_is_answered_like_everything_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with client(model(tmp_path), "regression") as http:
        monkeypatch.setattr("drum.server.front.describe_api", lambda *arguments: 1 / 0)
        answer = http.get("/openapi.json", headers={"X-Request-Id": "mine"})
        counted = http.get("/metrics").text
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "mine")
    assert "ZeroDivisionError" not in answer.text
    assert 'route="/openapi.json",status="500"' in counted
