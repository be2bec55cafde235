"""How fast are H2O's models in drum? Against H2O's own ways of scoring them, on the same JVM, in turns.

    python benchmarks/java.py --rounds 5

A boosted model of 50 trees over 12 numbers and 3 texts scores 100,000 rows: drum from a frame, and from the CSV; H2O's
``EasyPredictModelWrapper`` row by row through JPype (5,000 rows, which is enough of it); H2O's ``PredictCsv`` with the
CSV. Then one row over HTTP against a model that does nothing, and the start of a process up to the loaded model.
Medians count, and predictions are compared. drum takes all cores, H2O's own tools know one: what drum does with one is
shown beside. It needs drum-java[h2o] with an h2o that saves MOJOs (3.46.0.11 or older).
"""

from __future__ import annotations

import argparse
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import drum

NUMBERS = [f"x{place}" for place in range(12)]
TEXTS = ["city", "kind", "size"]
LEVELS = [f"level {place}" for place in range(30)]
EASY_ROWS = 5_000
TOLERANCE = 1e-9
EASY_TARGET, CSV_TARGET, HTTP_TARGET_MS, START_TARGET = 10, 2, 0.5, 1.5
NOTHING = """
import pandas as pd

def score(data, model, **kwargs):
    return pd.DataFrame({"Predictions": 0.0}, data.index)
"""
TRAIN = """
import sys
import h2o
from h2o.estimators import H2OGradientBoostingEstimator

folder, columns = sys.argv[1], sys.argv[2].split(",")
h2o.init(ip="127.0.0.1", port=int(sys.argv[3]), bind_to_localhost=True, max_mem_size="1g", verbose=False)
frame = h2o.import_file(f"{folder}/training.csv")
model = H2OGradientBoostingEstimator(ntrees=50, max_depth=6, seed=1, model_id="gbm")
model.train(x=columns, y="target", training_frame=frame)
model.download_mojo(f"{folder}/model")
h2o.cluster().shutdown()
"""
START = """
import sys, time
import pandas, drum
began = time.perf_counter()
with drum.open(sys.argv[1], target_type="regression"):
    print(time.perf_counter() - began)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=1_000)
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}; {arguments.rows:,} rows", flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = train(folder)
        rows = make_rows(arguments.rows)
        rows.to_csv(folder / "data.csv", index=False)
        compare_batches(model, rows, folder, arguments.rounds)
        compare_requests(model.parent, folder, arguments.requests)
        report_start(model.parent, arguments.rounds)


def make_rows(count: int, seed: int = 1) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(random.normal(size=(count, len(NUMBERS))).round(4), columns=NUMBERS)
    for name in TEXTS:
        frame[name] = random.choice(LEVELS, count)
    return frame.mask(random.random(frame.shape) < 0.02)


def train(folder: Path) -> Path:
    """Train in a process of its own; return the MOJO, which is alone in its folder."""
    (folder / "model").mkdir()
    frame = make_rows(20_000, seed=2)
    target = (
        frame["x0"].fillna(0) * 2 + frame["x1"].fillna(0) * (frame["city"] < "level 2") + frame["x2"].fillna(0) ** 2
    )
    frame.assign(target=target).to_csv(folder / "training.csv", index=False)
    words = [sys.executable, "-c", TRAIN, str(folder), ",".join([*NUMBERS, *TEXTS]), str(free_port())]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return folder / "model" / "gbm.zip"


# ------------------------------------------------------------------------------------- batches


def compare_batches(model: Path, rows: pd.DataFrame, folder: Path, rounds: int) -> None:
    alone = drum.open(model.parent, target_type="regression", options={"jobs": 1})
    with alone, drum.open(model.parent, target_type="regression") as scorer:
        own = h2o_classes(model)
        csv = folder / "data.csv"
        calls = {
            "drum, frame": lambda: scorer.predict(rows).frame["Predictions"].to_numpy(),
            "one core": lambda: alone.predict(rows).frame["Predictions"].to_numpy(),
            "drum, CSV": lambda: scorer.score(csv).frame["Predictions"].to_numpy(),
            "PredictCsv": lambda: predict_csv(own, model, csv, folder / "predictions.csv"),
            "row by row": lambda: row_by_row(own, model, rows[:EASY_ROWS]),
        }
        answers, seconds = in_turns(calls, rounds)
    counts = {name: EASY_ROWS if name == "row by row" else len(rows) for name in calls}
    speed = {name: counts[name] / seconds[name] for name in calls}
    print("                rows a second    predictions")
    for name in calls:
        off = np.abs(answers[name] - answers["drum, frame"][: counts[name]]).max()
        print(f"{name:14}{speed[name]:15,.0f}    {'equal' if off < TOLERANCE else f'OFF BY {off:.1e}'}")
    report("batch against row by row", speed["drum, frame"] / speed["row by row"], f"at least {EASY_TARGET}")
    report("CSV against PredictCsv", speed["drum, CSV"] / speed["PredictCsv"], f"at least {CSV_TARGET}")


def h2o_classes(model: Path) -> Callable[[str], Any]:
    """Return a function that gives H2O's classes, from a loader of their own."""
    import jpype

    from drum_java.h2o import genmodel

    url = jpype.JClass("java.net.URL")
    urls = [url(Path(path).as_uri()) for path in genmodel(model.parent)]
    loader = jpype.JClass("java.net.URLClassLoader")(jpype.JArray(url)(urls))
    return lambda name: jpype.JClass(name, loader=loader)


def predict_csv(own: Callable[[str], Any], model: Path, csv: Path, output: Path) -> np.ndarray:
    words = ["--mojo", str(model), "--input", str(csv), "--output", str(output), "--decimal", "--setConvertInvalidNum"]
    own("hex.genmodel.tools.PredictCsv").make(words, None).run()
    return pd.read_csv(output).iloc[:, 0].to_numpy()


def row_by_row(own: Callable[[str], Any], model: Path, rows: pd.DataFrame) -> np.ndarray:
    easy = own("hex.genmodel.easy.EasyPredictModelWrapper")
    row_data = own("hex.genmodel.easy.RowData")
    config = easy.Config().setModel(own("hex.genmodel.MojoModel").load(str(model)))
    wrapper = easy(config.setConvertUnknownCategoricalLevelsToNa(True))
    answers = []
    for values in rows.to_dict("records"):
        row = row_data()
        for name, value in values.items():
            if value == value:
                row.put(name, value)
        answers.append(wrapper.predictRegression(row).value)
    return np.array(answers, dtype=float)


def in_turns(calls: dict[str, Callable[[], Any]], rounds: int) -> tuple[dict[str, Any], dict[str, float]]:
    """Return the answers, and the medians of the seconds; the first round warms up and is left out."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    answers = {}
    for _ in range(rounds + 1):
        for name, call in calls.items():
            began = time.perf_counter()
            answers[name] = call()
            seconds[name].append(time.perf_counter() - began)
    return answers, {name: statistics.median(taken[1:]) for name, taken in seconds.items()}


# ------------------------------------------------------------------------------------- one row over HTTP


def compare_requests(code_dir: Path, folder: Path, requests: int) -> None:
    empty = folder / "empty"
    empty.mkdir()
    (empty / "custom.py").write_text(NOTHING)
    body = make_rows(1, seed=5).to_csv(index=False).encode()
    with serving(code_dir) as model, serving(empty) as nothing:
        taken: list[list[float]] = [[], []]
        for _ in range(requests + 200):
            for connection, times in zip((model, nothing), taken, strict=True):
                began = time.perf_counter()
                connection.request("POST", "/predict/", body, {"Content-Type": "text/csv"})
                assert connection.getresponse().read().startswith(b'{"predictions"')
                times.append((time.perf_counter() - began) * 1000)
    one, other = (statistics.median(times[200:]) for times in taken)
    print(f"one row over HTTP: {one:.2f} ms; an empty model: {other:.2f} ms")
    report("beyond an empty model, ms", one - other, f"at most {HTTP_TARGET_MS}")


@contextmanager
def serving(code_dir: Path) -> Iterator[http.client.HTTPConnection]:
    port = free_port()
    command = [sys.executable, "-m", "drum", "server", "--code-dir", str(code_dir), "--address", f"127.0.0.1:{port}"]
    with subprocess.Popen([*command, "--target-type", "regression"], stderr=subprocess.DEVNULL) as process:
        try:
            yield connected(port)
        finally:
            process.terminate()


def connected(port: int) -> http.client.HTTPConnection:
    """Return a connection to a server that is ready."""
    for _ in range(600):
        time.sleep(0.1)
        connection = http.client.HTTPConnection("127.0.0.1", port)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            answer.read()
        except OSError:
            continue
        if answer.status == 200:
            return connection
    raise SystemExit("the server does not start")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


# ------------------------------------------------------------------------------------- the start


def report_start(code_dir: Path, rounds: int) -> None:
    words: Sequence[str] = [sys.executable, "-c", START, str(code_dir)]
    seconds = [float(subprocess.run(words, check=True, capture_output=True).stdout) for _ in range(rounds)]
    report("JVM start and load, s", statistics.median(seconds), f"at most {START_TARGET}")


def report(what: str, value: float, target: str) -> None:
    print(f"{what:28}{value:8.2f}    {target}", flush=True)


if __name__ == "__main__":
    main()
