"""Real worker processes: they load, answer together, die and come back, and no request is lost."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from drum.errors import OverloadedError, ScoreError, ScoreTimeoutError
from drum.testing import CodeDir
from drum.types import Payload
from drum.workers.frames import Answer
from drum.workers.pool import Pool

CODE = """
import os
import pathlib
import signal
import time

import pandas as pd


def score(data, model):
    order = data["order"].iloc[0] if "order" in data else ""
    if order == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if order == "die once" and not pathlib.Path(__file__).with_name("died").exists():
        pathlib.Path(__file__).with_name("died").touch()
        os._exit(3)
    if order == "sleep":
        time.sleep(60)
    return pd.DataFrame({"Predictions": data["x"] * 2})
"""


def start_of(code_dir: CodeDir, options: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "code_dir": os.fspath(code_dir),
        "options": {"target_type": "regression", **(options or {})},
        "blocked": [],
        "trace": False,
        "math_threads": 3,
        "log_format": "text",
        "log_level": "warning",
    }


def run(
    scenario: Callable[[Pool], Awaitable[None]],
    code_dir: CodeDir,
    options: dict[str, Any] | None = None,
    **arguments: Any,
) -> None:
    """Run a scenario against a pool that is ready."""

    async def main() -> None:
        pool = Pool(start_of(code_dir, options), **{"workers": 1, **arguments})
        await pool.start()
        try:
            await until(lambda: pool.is_ready or pool.failure is not None)
            await scenario(pool)
        finally:
            await pool.close()
            await until(lambda: not pool.pids)

    asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


def ask(pool: Pool, x: float, order: str = "go") -> asyncio.Future[Answer]:
    payload = Payload(body=f"x,order\n{x},{order}\n".encode(), media_type="text/csv")
    return pool.submit(payload, "text/csv")


def value(answer: Answer) -> float:
    assert not answer.error, answer.body
    return float(answer.body.splitlines()[1])


@pytest.fixture
def code_dir(tmp_path: Path) -> CodeDir:
    return CodeDir(tmp_path / "model", {"custom.py": CODE})


def test_answers_are_each_ones_own(code_dir: CodeDir) -> None:
    async def scenario(pool: Pool) -> None:
        answers = await asyncio.gather(*(ask(pool, x) for x in range(100)))
        assert [value(answer) for answer in answers] == [2.0 * x for x in range(100)]

    run(scenario, code_dir, workers=2)


def test_processes_that_begin_before_there_is_a_loop_are_its_workers(code_dir: CodeDir) -> None:
    pool = Pool(start_of(code_dir), workers=2)
    pool.launch()
    launched = pool.pids

    async def main() -> None:
        await pool.start()
        await until(lambda: len(pool.ready_pids) == 2)
        assert sorted(pool.ready_pids) == sorted(launched)
        assert value(await ask(pool, 3)) == 6
        await pool.close()

    asyncio.run(main())


def test_processes_that_nobody_will_hear_are_ended(code_dir: CodeDir) -> None:
    pool = Pool(start_of(code_dir), workers=2)
    pool.launch()
    processes = [Path(f"/proc/{pid}") for pid in pool.pids]
    pool.abandon()
    assert [process.exists() for process in processes] == [False, False]


def test_linear_algebra_gets_its_share_of_the_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    code = "import os\ndef score(data, model): return data.assign(x=int(os.environ['OMP_NUM_THREADS']))[['x']]"

    async def scenario(pool: Pool) -> None:
        assert value(await ask(pool, 1)) == 3

    run(scenario, CodeDir(tmp_path / "model", {"custom.py": code}))


def test_an_idle_worker_that_dies_is_replaced(code_dir: CodeDir) -> None:
    async def scenario(pool: Pool) -> None:
        (pid,) = pool.pids
        os.kill(pid, signal.SIGKILL)
        await until(lambda: pool.restarts == 1 and pool.is_ready)
        assert pool.pids != [pid]
        assert value(await ask(pool, 3)) == 6

    run(scenario, code_dir)


def test_a_death_costs_no_request(code_dir: CodeDir) -> None:
    async def scenario(pool: Pool) -> None:
        asked = [ask(pool, 0, "die once"), *(ask(pool, x) for x in range(1, 20))]
        assert [value(answer) for answer in await asyncio.gather(*asked)] == [2.0 * x for x in range(20)]
        assert pool.restarts == 1

    run(scenario, code_dir)


def test_a_request_that_kills_twice_is_given_up_and_the_others_live(code_dir: CodeDir) -> None:
    async def scenario(pool: Pool) -> None:
        asked = [ask(pool, 1), ask(pool, 0, "die"), ask(pool, 2)]
        first, killer, last = await asyncio.gather(*asked, return_exceptions=True)
        assert isinstance(killer, ScoreError)
        assert "SIGKILL" in killer.message
        assert isinstance(first, Answer)
        assert isinstance(last, Answer)
        assert (value(first), value(last)) == (2, 4)

    run(scenario, code_dir)


def test_a_spare_steps_in(code_dir: CodeDir) -> None:
    async def scenario(pool: Pool) -> None:
        await until(lambda: len(pool.ready_pids) == 2)
        spare = pool.ready_pids[1]
        os.kill(pool.ready_pids[0], signal.SIGKILL)
        await until(lambda: pool.ready_pids[:1] == [spare])
        assert value(await ask(pool, 4)) == 8

    run(scenario, code_dir, spare=1)


def test_a_worker_that_misses_a_deadline_is_killed(code_dir: CodeDir) -> None:
    async def scenario(pool: Pool) -> None:
        with pytest.raises(ScoreTimeoutError, match=r"within 1 seconds"):
            await ask(pool, 0, "sleep")
        await until(lambda: pool.restarts == 1 and pool.is_ready)
        assert value(await ask(pool, 5)) == 10

    run(scenario, code_dir, timeout=1.0)


def test_a_full_queue_refuses(code_dir: CodeDir) -> None:
    async def scenario(pool: Pool) -> None:
        busy = ask(pool, 0, "sleep")
        await until(lambda: pool.queue_length == 0)
        waiting = [ask(pool, x) for x in range(3)]
        await until(lambda: pool.queue_length == 3)
        with pytest.raises(OverloadedError):
            await ask(pool, 9)
        assert pool.retry_after >= 1
        for task in (busy, *waiting):
            task.cancel()

    run(scenario, code_dir, queue_limit=3)


def test_who_has_left_is_never_computed(code_dir: CodeDir) -> None:
    async def scenario(pool: Pool) -> None:
        first = ask(pool, 1)
        gone = ask(pool, 0, "die")
        await asyncio.sleep(0)
        gone.cancel()
        last = ask(pool, 2)
        assert [value(await task) for task in (first, last)] == [2, 4]
        assert pool.restarts == 0

    run(scenario, code_dir)


def test_a_model_that_cannot_be_loaded_is_a_failure_with_its_reason(tmp_path: Path) -> None:
    async def scenario(pool: Pool) -> None:
        assert pool.failure is not None
        assert (pool.failure[0], "no key" in pool.failure[1]) == ("CustomCodeError", True)

    run(scenario, CodeDir(tmp_path, {"custom.py": "raise OSError('no key')"}))


def test_a_worker_that_dies_while_loading_is_started_again(tmp_path: Path) -> None:
    code = "import os, pathlib\nmark = pathlib.Path(__file__).with_name('mark')\n" \
           "if not mark.exists():\n    mark.touch()\n    os._exit(1)\n" + CODE  # fmt: skip

    async def scenario(pool: Pool) -> None:
        assert pool.restarts == 1
        assert value(await ask(pool, 1)) == 2

    run(scenario, CodeDir(tmp_path, {"custom.py": code}))


def test_what_user_code_prints_does_not_reach_the_wire(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async def scenario(pool: Pool) -> None:
        assert value(await ask(pool, 1)) == 2

    run(scenario, CodeDir(tmp_path, {"custom.py": "print('x' * 100_000)\n" + CODE}))
    assert "x" * 100_000 in capfd.readouterr().err


def test_workers_end_in_peace(tmp_path: Path) -> None:
    code = "import atexit, pathlib\natexit.register(pathlib.Path(__file__).with_name('ended').touch)\n" + CODE

    async def scenario(pool: Pool) -> None:
        assert value(await ask(pool, 1)) == 2

    run(scenario, CodeDir(tmp_path, {"custom.py": code}))
    assert (tmp_path / "ended").exists()


def test_a_hung_worker_is_replaced_though_its_client_has_gone(code_dir: CodeDir) -> None:
    async def scenario(pool: Pool) -> None:
        gone = ask(pool, 0, "sleep")
        await asyncio.sleep(0)  # it is given to the idle worker at once
        gone.cancel()
        await until(lambda: pool.restarts == 1 and pool.is_ready)
        assert value(await ask(pool, 5)) == 10

    run(scenario, code_dir, timeout=2.0)


def test_who_has_left_gives_up_its_place(code_dir: CodeDir) -> None:
    async def scenario(pool: Pool) -> None:
        busy = ask(pool, 0, "sleep")
        waiting = [ask(pool, x) for x in range(3)]
        await until(lambda: pool.queue_length == 3)
        for task in waiting:
            task.cancel()
        await until(lambda: pool.queue_length == 0)
        busy.cancel()

    run(scenario, code_dir, queue_limit=3)


def test_a_replacement_that_cannot_load_takes_nobody_with_it(code_dir: CodeDir) -> None:
    broken = code_dir / "broken"
    text = f"import pathlib\nif pathlib.Path({str(broken)!r}).exists(): raise OSError('gone')\n" + CODE
    code_dir.add("custom.py", text)

    async def scenario(pool: Pool) -> None:
        await until(lambda: len(pool.ready_pids) == 2)
        broken.touch()
        os.kill(pool.ready_pids[0], signal.SIGKILL)
        await until(lambda: pool.restarts == 2)  # the one that was killed, and the one that could not load
        assert pool.failure is None
        assert value(await ask(pool, 1)) == 2
        broken.unlink()
        await until(lambda: len(pool.ready_pids) == 2)

    run(scenario, code_dir, workers=2)


def test_workers_that_always_die_while_loading_are_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drum.workers.pool.FIRST_PAUSE_S", 0.01)

    async def scenario(pool: Pool) -> None:
        assert pool.failure is not None
        assert "exited with status 9" in pool.failure[1]

    run(scenario, CodeDir(tmp_path, {"custom.py": "import os\nos._exit(9)"}))


def test_custom_hooks_share_calls_where_they_are_said_to_be_row_wise(code_dir: CodeDir) -> None:
    async def scenario(pool: Pool) -> None:
        first, *others = [ask(pool, x) for x in range(4)]
        assert [value(await answer) for answer in (first, *others)] == [0, 2, 4, 6]
        assert [(await answer).shared for answer in others] == [3, 3, 3]

    run(scenario, code_dir, options={"batch": True})


def test_on_one_core_what_comes_together_shares_a_call_from_the_first_on(code_dir: CodeDir) -> None:
    async def scenario(pool: Pool) -> None:
        for count in (4, 1, 200):
            asked = [ask(pool, x) for x in range(count)]
            assert [value(await answer) for answer in asked] == [2.0 * x for x in range(count)]
            assert (await asked[0]).shared == min(count, 64)

    run(scenario, code_dir, options={"batch": True}, one_core=True)


def test_queue_is_bounded_in_bytes_too(code_dir: CodeDir) -> None:
    async def scenario(pool: Pool) -> None:
        busy = ask(pool, 0, "sleep")
        waiting = ask(pool, 1)
        with pytest.raises(OverloadedError, match="bytes are waiting"):
            ask(pool, 2)
        waiting.cancel()
        await until(lambda: pool.queue_length == 0)
        ask(pool, 3).cancel()
        busy.cancel()

    run(scenario, code_dir, queue_bytes=20)


def test_time_in_the_queue_is_told(code_dir: CodeDir) -> None:
    async def scenario(pool: Pool) -> None:
        answers = await asyncio.gather(*[ask(pool, x) for x in range(3)])
        assert answers[0].seconds["queue"] < answers[2].seconds["queue"]

    run(scenario, code_dir)
