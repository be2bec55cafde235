"""The queue: bounded, never waiting; the newest rows win; nothing is lost uncounted."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pytest

from drum_monitor.sending.assembling import assemble
from drum_monitor.sending.counters import QUEUE_FULL, Counters, read_all
from drum_monitor.sending.queue import RowQueue

LARGE = 2**40


def scored(first: int, rows: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    features = pd.DataFrame({"x": range(first, first + rows)}, dtype="int64")
    return features, pd.DataFrame({"Predictions": [0.5] * rows})


def values(queue: RowQueue, most: int = 10**9) -> list[int]:
    return [value for one in queue.take(most, patience=0) for value in np.asarray(one.features)[:, 0]]


def test_rows_come_out_in_order() -> None:
    queue = RowQueue(Counters(None), most_rows=100, most_bytes=LARGE)
    queue.put(*scored(0, 3))
    queue.put(*scored(3, 3))
    assert values(queue, 3) == [0, 1, 2]
    assert values(queue) == [3, 4, 5]


def test_older_rows_give_way_to_newer_ones() -> None:
    counters = Counters(None)
    queue = RowQueue(counters, most_rows=10, most_bytes=LARGE)
    for first in range(0, 30, 3):
        queue.put(*scored(first, 3))
    assert counters.counts().pending == 9
    assert counters.counts().dropped[QUEUE_FULL] == 21
    assert values(queue) == list(range(21, 30))


def test_of_one_large_call_the_last_rows_are_kept() -> None:
    counters = Counters(None)
    queue = RowQueue(counters, most_rows=10, most_bytes=LARGE)
    queue.put(*scored(0, 1000))
    counts = counters.counts()
    assert (counts.observed, counts.dropped[QUEUE_FULL], counts.pending) == (1000, 990, 10)
    assert values(queue) == list(range(990, 1000))


def test_text_counts_by_its_length() -> None:
    counters = Counters(None)
    queue = RowQueue(counters, most_rows=10**9, most_bytes=2**20)
    for _ in range(20):
        queue.put(pd.DataFrame({"text": ["a" * 100_000]}), pd.DataFrame({"Predictions": [0.5]}))
    assert counters.counts().pending == 10


def assembled(calls: list[pd.DataFrame], *, exact: bool = False) -> list[pd.DataFrame]:
    queue = RowQueue(Counters(None), most_rows=100, most_bytes=LARGE, exact=exact)
    for features in calls:
        queue.put(features, pd.DataFrame({"Predictions": [0.5] * len(features)}))
    return list(assemble(queue.take(100, patience=0)))


def test_numbers_wait_as_matrices_and_all_else_as_it_came() -> None:
    queue = RowQueue(Counters(None), most_rows=100, most_bytes=LARGE)
    numbers, texts = pd.DataFrame({"x": [1.5], "y": [2]}), pd.DataFrame({"x": ["a"], "y": [2]})
    queue.put(numbers, pd.DataFrame({"Predictions": [0.5]}))
    queue.put(texts, pd.DataFrame({"Predictions": ["b"]}))
    of_numbers, of_texts = queue.take(2, patience=0)
    assert isinstance(of_numbers.features, np.ndarray)
    assert isinstance(of_numbers.scores, np.ndarray)
    assert of_numbers.features.tolist() == [[1.5, 2.0]]
    assert (type(of_texts.features), type(of_texts.scores)) == (pd.DataFrame, pd.DataFrame)


def test_rows_wait_as_they_were_scored_whoever_changes_them_then() -> None:
    queue = RowQueue(Counters(None), most_rows=10**6, most_bytes=LARGE)
    numbers, texts = pd.DataFrame({"x": np.arange(1000.0)}), pd.DataFrame({"x": ["a"] * 1000})
    answer = pd.DataFrame({"Predictions": np.ones(1000)})
    for frame in (numbers, texts):
        queue.put(frame, answer)
    numbers.loc[:, "x"] = -1.0
    texts.loc[:, "x"] = "b"
    answer.loc[:, "Predictions"] = -1.0
    of_numbers, of_texts = queue.take(2000, patience=0)
    assert np.asarray(of_numbers.features)[:2].tolist() == [[0.0], [1.0]]
    assert pd.DataFrame(of_texts.features)["x"].unique().tolist() == ["a"]
    assert {float(np.min(one.scores)) for one in (of_numbers, of_texts)} == {1.0}


def test_matrices_are_neither_kept_nor_written_to() -> None:
    queue = RowQueue(Counters(None), most_rows=1000, most_bytes=LARGE)
    columns, labels = ("x",), pd.Index(["Predictions"])
    given = [np.full((400, 1), float(number)) for number in range(20)]
    for matrix in given:
        queue.put_numbers(matrix, np.zeros((400, 1)), columns, labels)
    assert [matrix.min() == matrix.max() == number for number, matrix in enumerate(given)] == [True] * 20
    for matrix in given:
        matrix[:] = -1.0
    assert set(values(queue)) == {18.0, 19.0}


def test_calls_of_one_row_wait_in_one_matrix_and_those_of_another_type_in_their_own() -> None:
    queue = RowQueue(Counters(None), most_rows=10_000, most_bytes=LARGE)
    columns, labels = ("x", "y"), pd.Index(["no", "yes"])
    for number in range(1000):
        queue.put_numbers(np.array([[number, 0.5]]), np.array([[0.0, 1.0]]), columns, labels)
    queue.put_numbers(np.array([[1, 2]]), np.array([[0.0, 1.0]]), columns, labels)
    taken = queue.take(2000, patience=0)
    assert [value for one in taken for value in np.asarray(one.features)[:, 0].tolist()] == [*range(1000), 1]
    assert len(taken) < 12
    assert np.asarray(taken[-1].features).dtype == np.int64


def test_a_full_queue_of_numbers_keeps_the_newest() -> None:
    counters = Counters(None)
    queue = RowQueue(counters, most_rows=1000, most_bytes=LARGE)
    columns, labels = ("x",), pd.Index(["Predictions"])
    for number in range(5000):
        queue.put_numbers(np.array([[float(number)]]), np.array([[0.0]]), columns, labels)
    left = values(queue)
    assert left == list(range(5000 - len(left), 5000))
    assert 1000 - 1000 / 8 <= len(left) <= 1000
    assert counters.counts().dropped[QUEUE_FULL] == 5000 - len(left)


def test_sparse_columns_are_not_unfolded() -> None:
    queue = RowQueue(Counters(None), most_rows=100, most_bytes=LARGE)
    queue.put(pd.DataFrame({"x": pd.arrays.SparseArray([0.0, 1.0])}), pd.DataFrame({"Predictions": [0.5, 0.5]}))
    (call,) = queue.take(2, patience=0)
    assert isinstance(call.features, pd.DataFrame)
    assert isinstance(call.features["x"].dtype, pd.SparseDtype)


def test_calls_of_numbers_and_of_texts_make_one_table() -> None:
    one, other = pd.DataFrame({"x": [1.0], "y": [2.0]}), pd.DataFrame({"x": ["a"], "y": [3.0]})
    (table,) = assembled([one, one, other, one])
    assert table["x"].tolist() == [1.0, 1.0, "a", 1.0]
    assert table["y"].tolist() == [2.0, 2.0, 3.0, 2.0]
    assert list(table.columns) == ["x", "y", "Predictions"]


def test_other_columns_make_another_table() -> None:
    one, other = pd.DataFrame({"x": [1.0]}), pd.DataFrame({"z": [1.0]})
    tables = assembled([one, one.copy(), pd.DataFrame({"x": [2.0]}), other, one])
    assert [(len(table), table.columns[0]) for table in tables] == [(3, "x"), (1, "z"), (1, "x")]


def test_where_ids_are_among_the_columns_whole_numbers_stay_whole() -> None:
    calls = [pd.DataFrame({"id": [2**60 + number], "x": [0.5]}) for number in range(2)]
    (table,) = assembled(calls, exact=True)
    assert table["id"].tolist() == [2**60, 2**60 + 1]


def test_take_waits_for_enough_rows_or_the_end(  # no sleeping: the other thread's rows and closing wake it
) -> None:
    queue = RowQueue(Counters(None), most_rows=100, most_bytes=LARGE)
    taken: list[int] = []
    waiting = threading.Thread(target=lambda: taken.extend(len(one) for one in queue.take(5, patience=3600)))
    waiting.start()
    queue.put(*scored(0, 3))
    assert taken == []
    queue.put(*scored(3, 3))
    waiting.join(30)
    assert taken == [3, 3]
    queue.close()
    assert queue.take(5, patience=3600) == []


def test_many_threads_lose_no_row() -> None:
    counters = Counters(None)
    queue = RowQueue(counters, most_rows=500, most_bytes=LARGE)
    taken = [0]

    def drain() -> None:
        while scored_rows := queue.take(50, patience=0.01):
            taken[0] += sum(map(len, scored_rows))

    def fill() -> None:
        for _ in range(300):
            queue.put(*scored(0, 7))

    draining = threading.Thread(target=drain)
    filling = [threading.Thread(target=fill) for _ in range(4)]
    draining.start()
    for thread in filling:
        thread.start()
    for thread in filling:
        thread.join()
    queue.close()
    draining.join(60)
    counts = counters.counts()
    assert counts.observed == 4 * 300 * 7
    assert taken[0] + counts.dropped[QUEUE_FULL] == counts.observed


def test_counters_of_a_process_can_be_read_by_others(tmp_path: pytest.TempPathFactory) -> None:
    counters = Counters(tmp_path)
    queue = RowQueue(counters, most_rows=10, most_bytes=LARGE)
    queue.put(*scored(0, 25))
    (read,) = read_all(tmp_path)
    assert (read.observed, read.sent, read.dropped[QUEUE_FULL], read.pending) == (25, 0, 15, 10)
    counters.close()


def test_rows_that_a_dead_process_held_count_as_dropped(tmp_path: pytest.TempPathFactory) -> None:
    counters = Counters(tmp_path)
    RowQueue(counters, most_rows=100, most_bytes=LARGE).put(*scored(0, 25))
    counters.close()
    (file,) = tmp_path.iterdir()
    file.rename(tmp_path / "999999999-dead.counters")
    (read,) = read_all(tmp_path)
    assert (read.observed, read.dropped["worker_died"], read.pending) == (25, 25, 0)
