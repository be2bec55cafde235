"""Julia as a guest in a process: threads, signals, standard streams, forks, and what it leaves alone."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

import drum
from drum.scorer import Scorer
from drum.testing import CodeDir

Serve = Callable[..., Scorer]
ROW = pd.DataFrame({"x": [1.0]})
SECONDS = 120

BUSY = """
function score(data, model)
    ccall(:write, Cssize_t, (Cint, Cstring, Csize_t), 1, "busy\\n", 5)
    total = 0.0
    while true
        total += length([rand(10) for _ in 1:10])
    end
end
"""
OPEN = """
import sys
import drum
import pandas as pd
scorer = drum.open(sys.argv[1], target_type="regression")
"""


def process(code: str, folder: CodeDir) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", OPEN + code, str(folder.path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_a_process_while_julia_computes(tmp_path: Path, number: signal.Signals) -> None:
    folder = CodeDir(tmp_path, {"custom.jl": BUSY})
    with process("scorer.score(pd.DataFrame({'x': [1.0]}))", folder) as busy:
        assert busy.stdout is not None
        assert busy.stdout.readline() == b"busy\n"
        busy.send_signal(number)
        assert busy.wait(SECONDS) == -number


def test_any_thread_may_score_and_python_goes_on_meanwhile(serve: Serve) -> None:
    """A hook waits until Python, on another thread, has written a file: so scoring holds no lock of Python's."""
    scorer = serve("""
        function score(data, model)
            while !isfile(joinpath(@__DIR__, "go"))
                ccall(:usleep, Cint, (Cuint,), 1000)
            end
            return data.x
        end
    """)
    with ThreadPoolExecutor(4) as pool:
        scores = [pool.submit(scorer.score, pd.DataFrame({"x": [float(number)]})) for number in range(8)]
        (scorer.code_dir / "go").write_text("")
        assert [score.result().frame["Predictions"].tolist() for score in scores] == [[float(n)] for n in range(8)]


def test_model_opened_on_a_thread_outlives_it(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path, {"custom.jl": "score(data, model) = data.x"})
    opened: list[Scorer] = []
    thread = threading.Thread(target=lambda: opened.append(drum.open(folder, target_type="regression")))
    thread.start()
    thread.join()
    with opened[0] as scorer:
        assert scorer.score(ROW).frame["Predictions"].tolist() == [1.0]


def test_forked_process_is_told(tmp_path: Path) -> None:
    folder = CodeDir(tmp_path, {"custom.jl": "score(data, model) = data.x"})
    code = """
import os
if os.fork() == 0:
    try:
        scorer.score(pd.DataFrame({"x": [1.0]}))
    except drum.errors.PluginError as error:
        print(error, flush=True)
    os._exit(0)
os.wait()
"""
    with process("import drum.errors" + code, folder) as forked:
        out, _ = forked.communicate(timeout=SECONDS)
    assert b"Open the model after the fork" in out


def test_pipes_stay_blocking_and_nobody_needs_to_read_them(tmp_path: Path) -> None:
    """Julia would make pipes non-blocking; and a pipe that nobody empties must not hold up a hook that prints."""
    folder = CodeDir(tmp_path, {"custom.jl": 'score(data, model) = (print("x"^200_000); data.x)'})
    code = """
import fcntl, os
print([fcntl.fcntl(number, fcntl.F_GETFL) & os.O_NONBLOCK for number in range(3)])
print(scorer.score(pd.DataFrame({"x": [1.0]})).frame["Predictions"].tolist())
"""
    reader, writer = os.pipe()
    command = [sys.executable, "-c", OPEN + code, str(folder.path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=writer, timeout=SECONDS, check=True, text=True)
    os.close(writer)
    with os.fdopen(reader, "rb") as left:
        assert set(left.read()) == {ord("x")}
    assert done.stdout == "[0, 0, 0]\n[1.0]\n"
    assert fcntl.fcntl(0, fcntl.F_GETFL) & os.O_NONBLOCK == 0


def test_values_are_forgotten(serve: Serve) -> None:
    """Python knows Julia's values by numbers; none stays behind when a request, or a model, is done with."""
    from drum_julia.runtime import _started

    code = "read_input_data(bytes) = Ref(1)\ntransform(r, model) = Ref(2)\nscore(r, model) = [1.0]"
    scorer = serve(code)
    julia = _started[0]
    scorer.score(b"x")
    before = julia.collect()
    for _ in range(50):
        scorer.score(b"x")
    assert julia.collect() == before
    scorer.close()
    assert julia.collect() == before - 1
