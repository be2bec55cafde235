"""The page at ``/docs``, tried in a real browser as a person would."""

from __future__ import annotations

import json
import shlex
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import pytest
import uvicorn
from browser import Page, chromium
from environments import REPOSITORY, Environment
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from servers import Server, listens, serving, wait_until
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from drum.server.docs import docs_routes

BINARY = REPOSITORY / "examples" / "binary"
UNSTRUCTURED = REPOSITORY / "examples" / "unstructured"
ROWS = "".join((BINARY / "input.csv").read_text().splitlines(keepends=True)[:4])
HOSTILE = "<img src=x onerror=document.hacked=true>"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield Page(driver)


@pytest.fixture(scope="module")
def binary(with_sklearn: Environment) -> Iterator[Server]:
    with serving(with_sklearn, BINARY / "model") as server:
        yield server


@pytest.fixture
def code_dir(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    return tmp_path / "model"


# -- the page itself


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
def test_it_loads_without_complaints_and_asks_nobody_else(page: Page, binary: Server, path: str) -> None:
    page.open(binary.url + path)
    assert page.text("state") == "Ready"
    assert page.driver.get_log("browser") == []
    addresses = page.requested()
    assert {urlsplit(address).path for address in addresses} >= {"/docs/page.js", "/docs/page.css", "/openapi.json"}
    assert {f"{urlsplit(address).scheme}://{urlsplit(address).netloc}" for address in addresses} == {binary.url}


def test_it_says_which_model_this_is(page: Page, binary: Server) -> None:
    page.open(f"{binary.url}/docs")
    assert page.text("name") == "breast-cancer"
    facts = [one.text for one in page["facts"].find_elements(By.CSS_SELECTOR, "dt, dd")]
    assert facts[:7] == ["Target type", "binary", "Labels", "benign", "malignant", "Runtime", "sklearn"]


def test_it_lists_the_routes_and_links_those_that_can_be_opened(page: Page, binary: Server) -> None:
    page.open(f"{binary.url}/docs")
    assert "POST /predict/ Score rows" in page.text("routes")
    linked = [link.get_property("href") for link in page["routes"].find_elements(By.TAG_NAME, "a")]
    assert f"{binary.url}/info/" in linked
    assert f"{binary.url}/predict/" not in linked


def test_every_control_has_a_name(page: Page, binary: Server) -> None:
    page.open(f"{binary.url}/docs")
    assert [control.get_attribute("outerHTML") for control in page.controls() if not control.accessible_name] == []


@pytest.mark.parametrize("width", [320, 390, 768])
def test_it_fits_any_width(page: Page, binary: Server, width: int) -> None:
    with page.wide(width):
        page.open(f"{binary.url}/docs").type(ROWS)
        assert page.send() == "200 OK"
        assert page.script("document.documentElement.scrollWidth") <= width


def test_it_is_dark_where_the_reader_likes_it_dark(page: Page, binary: Server) -> None:
    page.open(f"{binary.url}/docs")
    colours = []
    for scheme in ("light", "dark"):
        page.look(prefers_color_scheme=scheme)
        colours.append(page["question"].value_of_css_property("background-color"))
    page.look()
    assert colours == ["rgba(255, 255, 255, 1)", "rgba(26, 31, 40, 1)"]


# -- asking


def over_http(url: str, body: bytes, **headers: str) -> tuple[int, str]:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, names), timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_rows_of_csv_are_answered_as_over_http(page: Page, binary: Server) -> None:
    page.open(f"{binary.url}/docs").type(ROWS)
    assert page.send() == "200 OK"
    _, body = over_http(f"{binary.url}/predict/", ROWS.encode(), Content_Type="text/csv")
    assert page.code("body") == body
    header, *rows = page.table()
    assert header == ["Row", "benign", "malignant"]
    expected = [[f"{row[label]:.4f}" for label in header[1:]] for row in json.loads(body)["predictions"]]
    assert [row[1:] for row in rows] == expected
    assert page.text("delivery").startswith("Content-Type\napplication/json\nX-Request-Id\n")


def test_bars_are_as_long_as_the_probabilities(page: Page, binary: Server) -> None:
    page.open(f"{binary.url}/docs").type("".join(ROWS.splitlines(keepends=True)[:2]))
    page.send()
    shares = page.script(
        "[...document.querySelectorAll('td > i')].map("
        "bar => parseFloat(getComputedStyle(bar, '::before').width) / bar.clientWidth)"
    )
    assert shares == pytest.approx(list(json.loads(page.code("body"))["predictions"][0].values()), abs=0.01)


def test_json_is_recognised(page: Page, binary: Server) -> None:
    columns = pd.read_csv(BINARY / "input.csv", nrows=1)
    page.open(f"{binary.url}/docs").type(columns.to_json(orient="records"))
    assert page.send() == "200 OK"
    assert [row[0] for row in page.table()] == ["benign", "malignant"]


def test_csv_is_answered_where_it_is_asked_for(page: Page, binary: Server) -> None:
    page.open(f"{binary.url}/docs").type(ROWS)
    page["accept"].send_keys("CSV")
    assert page.send() == "200 OK"
    _, body = over_http(f"{binary.url}/predict/", ROWS.encode(), Content_Type="text/csv", Accept="text/csv")
    assert page.text("body") == body.rstrip()
    assert not page["predictions"].is_displayed()


@pytest.mark.parametrize("extension", ["csv", "parquet", "JSON"])
def test_a_file_is_sent_as_what_its_extension_says(page: Page, binary: Server, tmp_path: Path, extension: str) -> None:
    frame = pd.read_csv(BINARY / "input.csv", nrows=3)
    content = {"csv": lambda: ROWS.encode(), "parquet": frame.to_parquet,
               "JSON": lambda: frame.to_json(orient="records").encode()}[extension]()  # fmt: skip
    (tmp_path / f"a.b.{extension}").write_bytes(content)
    page.open(f"{binary.url}/docs").choose("file")
    page["file"].send_keys(str(tmp_path / f"a.b.{extension}"))
    assert page.send() == "200 OK"
    assert len(page.table()) == 4


def test_a_long_answer_is_cut_for_the_eye_alone(page: Page, binary: Server, tmp_path: Path) -> None:
    header, row, *_ = ROWS.splitlines(keepends=True)
    (tmp_path / "many.csv").write_text(header + row * 1500)
    page.open(f"{binary.url}/docs").choose("file")
    page["file"].send_keys(str(tmp_path / "many.csv"))
    assert page.send() == "200 OK"
    assert page["predictions"].find_element(By.TAG_NAME, "caption").text == "First 100 of 1500 rows"
    assert page.script("document.querySelectorAll('#predictions tbody tr').length") == 100


def test_control_and_enter_send(page: Page, binary: Server) -> None:
    page.open(f"{binary.url}/docs").type(ROWS)
    page["text"].send_keys(Keys.CONTROL, Keys.ENTER)
    assert page.status() == "200 OK"


def test_a_bad_row_is_answered_with_the_message_of_the_server(page: Page, binary: Server) -> None:
    rows = ROWS.replace("17.99", "'wide'")
    page.open(f"{binary.url}/docs").type(rows)
    assert page.send().startswith("422")
    status, body = over_http(f"{binary.url}/predict/", rows.encode(), Content_Type="text/csv")
    assert (status, f"ERROR: {page.text('message')}") == (422, json.loads(body)["message"])
    assert not page["predictions"].is_displayed()
    page.type(ROWS)
    assert page.send() == "200 OK"
    assert not page["message"].is_displayed()


def test_the_command_asks_the_same(page: Page, binary: Server) -> None:
    rows = ROWS + 'it\'s,"quoted",$HOME,`id`\n'
    page.open(f"{binary.url}/docs").type(rows)
    page.send()
    program, url, *options = shlex.split(page.code("command").replace("\\\n", ""))
    assert (program, options) == (
        "curl", ["-H", "Content-Type: text/csv", "-H", "Accept: application/json", "--data-raw", rows]
    )  # fmt: skip
    assert over_http(url, rows.encode(), Content_Type="text/csv")[1] == page.code("body")


def test_the_command_is_copied(page: Page, binary: Server) -> None:
    page.open(f"{binary.url}/docs").type("a\n1")
    page.driver.find_element(By.CSS_SELECTOR, "#question summary").click()
    command = page.code("command")
    page["copy"].click()
    wait_until(lambda: page.text("copy") == "Copied")
    page["text"].send_keys(Keys.CONTROL, "av")
    assert page["text"].get_property("value") == command


def test_the_page_works_below_a_prefix(page: Page, with_sklearn: Environment) -> None:
    with serving(with_sklearn, BINARY / "model", "--url-prefix", "models/7", once=listens) as server:
        for path in ("/models/7/docs", "/models/7/docs/"):
            page.open(server.url + path)
            wait_until(lambda: page.text("state") == "Ready")
            page.type(ROWS)
            assert page.send() == "200 OK"
            assert f"'{server.url}/models/7/predict/'" in page.code("command")


def test_an_unstructured_model_takes_any_text_and_a_query(page: Page, with_sklearn: Environment) -> None:
    with serving(with_sklearn, UNSTRUCTURED / "model") as server:
        page.open(f"{server.url}/docs").type("b b a c c c")
        page["parameters"].send_keys("top=1")
        assert page.send() == "200 OK"
        assert page.text("body") == '{"c": 3}'
        assert not page["accept"].is_displayed()
        assert f"'{server.url}/predictUnstructured/?top=1'" in page.code("command")


def test_a_hostile_model_is_shown_and_not_obeyed(page: Page, with_sklearn: Environment, code_dir: Path) -> None:
    labels = [HOSTILE, "</td><script>document.hacked=true</script>"]
    (code_dir / "model-metadata.yaml").write_text(
        f"name: '{HOSTILE}'\ntype: inference\ntargetType: multiclass\n"
        f"inferenceModel: {{classLabels: {json.dumps(labels)}}}\n"
    )
    (code_dir / "custom.py").write_text(
        "import pandas as pd\ndef score(data, model):\n"
        f"    if data.x[0]: raise ValueError('{HOSTILE}')\n"
        f"    return pd.DataFrame([[0.25, 0.75]] * len(data), columns={labels})\n"
    )
    with serving(with_sklearn, code_dir) as server:
        page.open(f"{server.url}/docs").type("x\n0\n")
        assert page.send() == "200 OK"
        assert page.text("name") == HOSTILE
        assert page.table() == [[labels[0], "0.2500"], [labels[1], "0.7500"]]
        page.type("x\n1\n")
        assert page.send().startswith("500")
        assert HOSTILE in page.text("message")
        assert page.script("document.querySelectorAll('img, script:not([src])').length + !!document.hacked") == 0


# -- a model that is not there yet, or never


def test_the_page_waits_for_the_model(page: Page, with_sklearn: Environment, code_dir: Path) -> None:
    (code_dir / "custom.py").write_text(
        "import pathlib, time\ndef load_model(code_dir):\n"
        "    while not pathlib.Path(code_dir, 'go').exists(): time.sleep(0.02)\n    return 1\n"
        "def score(data, model): return data\n"
    )
    with serving(with_sklearn, code_dir, "--target-type", "regression", once=listens) as server:
        page.open(f"{server.url}/docs")
        assert (page.text("state"), page["send"].is_enabled()) == ("Loading …", False)
        page.type("x\n7\n")
        (code_dir / "go").touch()
        wait_until(lambda: page.text("state") == "Ready")
        assert "regression" in page.text("facts")
        assert page.send() == "200 OK"
        assert page.table() == [["Prediction", "7"]]


def test_a_model_that_cannot_be_loaded_says_why(page: Page, with_sklearn: Environment, code_dir: Path) -> None:
    (code_dir / "model.joblib").touch()
    with serving(with_sklearn, code_dir, "--target-type", "regression") as server:
        page.open(f"{server.url}/docs")
        assert (page.text("state"), page["send"].is_enabled()) == ("Cannot be loaded", False)
        assert f"ERROR: {page.text('reason')}" == server.get("/health/")[1]["message"]


def test_a_server_that_is_gone(page: Page, with_sklearn: Environment, code_dir: Path) -> None:
    (code_dir / "custom.py").write_text("def score(data, model): return data\n")
    with serving(with_sklearn, code_dir, "--target-type", "regression") as server:
        page.open(f"{server.url}/docs").type("x\n7\n")
    assert page.send() == "No answer"
    assert "failed" in page.text("message")


# -- a form for a model whose columns are known


ROW = {
    "type": "object",
    "required": ["age", "income", "city", "member", "note"],
    "properties": {
        "age": {"type": "integer", "minimum": 0, "examples": [42]},
        "income": {"type": "number", "description": "per year"},
        "city": {"type": "string", "enum": ["Berlin", "Paris"], "examples": ["Paris"]},
        "member": {"type": "boolean"},
        "note": {"type": "string"},
        "code": {"type": ["string", "number", "null"], "examples": ["V57"]},
        "size": {"examples": [2.5]},
        "visits": {"type": ["integer", "null"]},
        "seen": {"type": ["boolean", "null"]},
        "submit": {"type": ["string", "null"]},
        HOSTILE: {"type": "number"},
    },
}


class FormServer:
    """An API with columns, that keeps what it was sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        paths = {"/predict/": {"post": {"summary": "Score rows"}}}
        api = {"info": {"title": "form"}, "paths": paths, "components": {"schemas": {"Row": ROW}}}
        replies = {"/openapi.json": api, "/info/": {"targetType": "regression"}, "/health/": {"message": "OK"}}
        state = [Route(path, self._replies(content)) for path, content in replies.items()]
        self.app = Starlette(routes=[*state, Route("/predict/", self.predict, methods=["POST"]), *docs_routes("")])

    @staticmethod
    def _replies(content: object) -> Any:
        async def reply(request: Request) -> Response:
            return JSONResponse(content)

        return reply

    async def predict(self, request: Request) -> Response:
        self.sent.append((await request.body()).decode())
        extra = {"columns": ["reason", "weights"], "index": [0], "data": [["few visits", [0.5, None]]]}
        return JSONResponse({"predictions": [1.0 / 3], "extraModelOutput": extra})


@pytest.fixture(scope="module")
def form_server() -> Iterator[tuple[FormServer, str]]:
    served = FormServer()
    server = uvicorn.Server(uvicorn.Config(served.app, port=0, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    host, port = server.servers[0].sockets[0].getsockname()
    yield served, f"http://{host}:{port}"
    server.should_exit = True
    thread.join()


def test_a_form_is_sent_as_a_record(page: Page, form_server: tuple[FormServer, str]) -> None:
    server, url = form_server
    page.open(f"{url}/docs")
    for name, keys in {"age": "12345678901234567890", "income": "1e3", "note": 'two\nlines, "quoted"'}.items():
        page.field(name).clear()
        page.field(name).send_keys(keys)
    page.field("member").send_keys("false")
    assert page.send() == "200 OK"
    assert server.sent[-1].startswith('[{"age": 12345678901234567890, ')
    assert json.loads(server.sent[-1]) == [{
        "age": 12345678901234567890, "income": 1000, "city": "Paris", "member": False, "note": 'two\nlines, "quoted"',
        "code": "V57", "size": 2.5, "visits": None, "seen": None, "submit": None,
    }]  # fmt: skip
    assert page.table() == [["Prediction", "0.333333"], ["reason", "few visits"], ["weights", "[0.5,null]"]]


@pytest.mark.parametrize("income", ["", "-"])
def test_a_field_that_must_be_a_number_is_not_sent_without_one(
    page: Page, form_server: tuple[FormServer, str], income: str
) -> None:
    server, url = form_server
    page.open(f"{url}/docs").field("income").send_keys(income)
    before = len(server.sent)
    page["send"].click()
    assert page.script("document.activeElement === document.getElementById('field-1')")
    assert len(server.sent) == before


def test_fields_are_labelled_and_explained(page: Page, form_server: tuple[FormServer, str]) -> None:
    page.open(f"{form_server[1]}/docs")
    names = [control.accessible_name for control in page.controls()]
    assert [name for name in ROW["properties"] if name not in names] == []
    assert page.text("hint-1") == "per year"
    assert page.text("hint-7") == "may be empty"


def test_text_may_be_sent_where_there_is_a_form(page: Page, form_server: tuple[FormServer, str]) -> None:
    server, url = form_server
    page.open(f"{url}/docs").choose("text")
    page.type("age\n1\n")
    assert page.send() == "200 OK"
    assert server.sent[-1] == "age\n1\n"
