"""Input from and output to an object store: a server on this machine that speaks as S3 does."""

from __future__ import annotations

import io
import logging
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import pytest
from moto.server import ThreadedMotoServer
from pandas.testing import assert_frame_equal
from partitioned import cut, example, sample

from drum.testing import Outcome

Run = Callable[..., Outcome]
MODEL = "binary"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def store(endpoint: str) -> Iterator[Any]:
    """Return a client of an empty store with one bucket."""
    client = boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id="key", aws_secret_access_key="secret", region_name="us-east-1"
    )
    client.create_bucket(Bucket="data")
    yield client
    client.close()
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")).close()


def keys(store: Any, prefix: str) -> list[str]:
    return [one["Key"] for one in store.list_objects_v2(Bucket="data", Prefix=prefix).get("Contents", [])]


def fetched(store: Any, key: str) -> io.BytesIO:
    return io.BytesIO(store.get_object(Bucket="data", Key=key)["Body"].read())


@pytest.mark.parametrize("extension", ["parquet", "csv"])
def test_from_the_store_and_back(
    on_ray: Run, locally: Callable[..., pd.DataFrame], store: Any, endpoint: str, tmp_path: Path, extension: str
) -> None:
    whole = sample(MODEL, 200)
    for number, part in enumerate(cut(whole, [100, 37, 63])):
        text = part.to_parquet(index=False) if extension == "parquet" else part.to_csv(index=False).encode()
        store.put_object(Bucket="data", Key=f"in/part-{number}.{extension}", Body=text)
    store.put_object(Bucket="data", Key=f"in/other.{extension}", Body=b"not to be read")
    whole.to_parquet(tmp_path / "whole.parquet", index=False)
    expected = locally(example(MODEL), tmp_path / "whole.parquet")
    words = (example(MODEL), f"s3://data/in/part-*.{extension}")
    outcome = on_ray(*words, output="s3://data/out/today", AWS_ENDPOINT_URL=endpoint)
    assert (outcome.exit_code, outcome.err) == (0, "")
    assert keys(store, "out/today/_") == ["out/today/_SUCCESS", "out/today/_drum.json"]
    parts = keys(store, "out/today/part-")
    assert parts == [f"out/today/part-0000{n}-part-{n}.parquet" for n in range(3)]
    answers = pd.concat([pd.read_parquet(fetched(store, key)) for key in parts], ignore_index=True)
    assert_frame_equal(answers, expected, check_exact=True)
    store.delete_object(Bucket="data", Key="out/today/_SUCCESS")
    store.delete_object(Bucket="data", Key=parts[1])
    before = store.head_object(Bucket="data", Key=parts[0])["LastModified"]
    assert on_ray(*words, output="s3://data/out/today", AWS_ENDPOINT_URL=endpoint).exit_code == 0
    assert keys(store, "out/today/part-") == parts
    assert store.head_object(Bucket="data", Key=parts[0])["LastModified"] == before


def test_no_such_bucket_or_key(on_ray: Run, store: Any, endpoint: str) -> None:
    for source in ("s3://nowhere/a.csv", "s3://nowhere/*.csv", "s3://data/in/*.csv"):
        outcome = on_ray(example(MODEL), source, AWS_ENDPOINT_URL=endpoint)
        assert (outcome.exit_code, f"'{source}'" in outcome.err) == (6, True), outcome.err


@pytest.fixture
def strict_endpoint() -> Iterator[str]:
    """A store that answers requests without a signature as S3 does: the server above answers them all."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _RefusesStrangers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _RefusesStrangers(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(500 if "Authorization" in self.headers else 403)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_no_credentials(on_ray: Run, strict_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    outcome = on_ray(example(MODEL), "s3://data/in/*.csv", AWS_ENDPOINT_URL=strict_endpoint)
    assert_refused(outcome)


def test_credentials_of_a_stranger(on_ray: Run, store: Any, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    look_at_keys(endpoint, after=0)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "stranger")
    try:
        outcome = on_ray(example(MODEL), "s3://data/in/*.csv", AWS_ENDPOINT_URL=endpoint)
    finally:
        look_at_keys(endpoint, after=1_000_000)
    assert_refused(outcome)


def look_at_keys(endpoint: str, *, after: int) -> None:
    """Have the server check who asks, from the given number of requests on."""
    address, headers = f"{endpoint}/moto-api/reset-auth", {"Content-Type": "text/plain"}
    urllib.request.urlopen(urllib.request.Request(address, str(after).encode(), headers, method="POST")).close()


def assert_refused(outcome: Outcome) -> None:
    assert outcome.exit_code == 6, outcome.err
    assert "'s3://data/in/*.csv' cannot be reached" in outcome.err
    assert "Are there credentials" in outcome.err
    assert "AWS_ACCESS_KEY_ID" in outcome.err
