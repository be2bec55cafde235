"""Who is compared, and in which configurations: of those of a peer, the fastest is taken for each cell."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from server_peers.bodies import Material

APPS = Path(__file__).parent / "apps"
BATCH_SIZE, BATCH_SECONDS = 64, 0.005
"""For the peers that batch: as many as there are clients at most, and hardly a wait for one that is alone."""


TYPED = "mlserver, V2"
"""Its own protocol: JSON tensors, each with its type, which leave no CSV to be parsed and no types to be found."""


@dataclass(frozen=True)
class Site:
    """Where a server finds its interpreter and its model, what it may write to, and where it shall listen."""

    python: Path
    material: Material
    folder: Path
    port: int


@dataclass(frozen=True)
class Launch:
    """A command with what is added to its environment."""

    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Variant:
    """A contender in one configuration, and how it is asked."""

    contender: str
    note: str
    launch: Callable[[Site], Launch]
    path: str = "/predict"
    payload: str = "csv"
    key: str = "predictions"

    @property
    def peer(self) -> str:
        """Whose environment it runs in."""
        return self.contender.partition(",")[0]

    def __str__(self) -> str:
        return f"{self.contender} ({self.note})" if self.note else self.contender


# ------------------------------------------------------------------------------------- ours and the bare endpoint


def _drum(site: Site) -> Launch:
    return _drum_on(site, site.material.model.parent)


def _drum_with_schema(site: Site) -> Launch:
    return _drum_on(site, _record_schema(site.material))


def _drum_on(site: Site, code_dir: Path) -> Launch:
    words = f"--target-type regression --workers 1 --address 127.0.0.1:{site.port}"
    return Launch([str(site.python), "-m", "drum", "server", "--code-dir", str(code_dir), *words.split()])


def _can_record_schemas() -> bool:
    asked = subprocess.run([sys.executable, "-m", "drum", "schema", "--help"], capture_output=True)
    if asked.returncode:
        print("'drum schema' does not work here, so drum runs without a recorded schema only.")
    return asked.returncode == 0


def _record_schema(material: Material) -> Path:
    """Return a folder with the model and its recorded schema."""
    folder = material.folder / "model-with-schema"
    folder.mkdir(exist_ok=True)
    if not (folder / material.model.name).exists():
        os.link(material.model, folder / material.model.name)
    (folder / "input-schema.yaml").unlink(missing_ok=True)  # this drum shall write it
    words = ["--input", str(material.sample), "--code-dir", str(folder)]
    subprocess.run([sys.executable, "-m", "drum", "schema", *words], check=True, capture_output=True)
    return folder


def _bare(style: str, site: Site) -> Launch:
    return Launch([str(site.python), str(APPS / "bare.py"), str(site.material.model), str(site.port), style])


# ------------------------------------------------------------------------------------- LitServe


def _litserve(batch_size: int, queue: str, site: Site) -> Launch:
    timeout = BATCH_SECONDS if batch_size > 1 else 0.0
    words = [str(site.material.model), str(site.port), str(batch_size), str(timeout), queue]
    return Launch([str(site.python), str(APPS / "litserve_csv.py"), *words])


# ------------------------------------------------------------------------------------- MLServer


def _mlserver(implementation: str, workers: int, batch_size: int, site: Site) -> Launch:
    model = {
        "name": "model",
        "implementation": implementation,
        "parameters": {"uri": str(site.material.model)},
        "max_batch_size": batch_size,
        "max_batch_time": BATCH_SECONDS if batch_size else 0.0,
    }
    ports = {"http_port": site.port, "grpc_port": free_port(), "metrics_port": free_port()}
    server = {"host": "127.0.0.1", "debug": False, "parallel_workers": workers, **ports}
    (site.folder / "model-settings.json").write_text(json.dumps(model))
    (site.folder / "settings.json").write_text(json.dumps(server))
    return Launch([str(site.python.parent / "mlserver"), "start", str(site.folder)], {"PYTHONPATH": str(APPS)})


def _mlserver_v2(workers: int, batch_size: int, note: str) -> Variant:
    launch = partial(_mlserver, "mlserver_sklearn.SKLearnModel", workers, batch_size)
    return Variant(TYPED, note, launch, "/v2/models/model/infer", "v2", "data")


# ------------------------------------------------------------------------------------- MLflow


def _mlflow(site: Site) -> Launch:
    saved = site.material.folder / "mlflow"
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "UVICORN_LOG_LEVEL": "warning"}
    if not saved.exists():
        command = [str(site.python), str(APPS / "mlflow_save.py"), str(site.material.model), str(saved)]
        subprocess.run(command, check=True, env=os.environ | quiet, cwd=site.folder, capture_output=True)
    words = f"models serve --env-manager local --workers 1 --host 127.0.0.1 --port {site.port} --model-uri {saved}"
    return Launch([str(site.python.parent / "mlflow"), *words.split()], quiet)


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


VARIANTS = (
    Variant("drum", "", _drum, "/predict/"),
    Variant("drum, schema", "", _drum_with_schema, "/predict/"),
    Variant("bare", "thread pool", partial(_bare, "thread")),
    Variant("bare", "in the loop", partial(_bare, "loop")),
    _mlserver_v2(0, 0, ""),
    _mlserver_v2(1, 0, "worker"),
    _mlserver_v2(0, BATCH_SIZE, "batching"),
    _mlserver_v2(1, BATCH_SIZE, "worker, batching"),
    Variant("mlserver", "CSV handler", partial(_mlserver, "mlserver_csv.CsvModel", 0, 0)),
    Variant("litserve", "", partial(_litserve, 1, "mp")),
    Variant("litserve", "batching", partial(_litserve, BATCH_SIZE, "mp")),
    Variant("litserve", "zmq", partial(_litserve, 1, "zmq")),
    Variant("litserve", "zmq, batching", partial(_litserve, BATCH_SIZE, "zmq")),
    Variant("mlflow", "", _mlflow, "/invocations"),
)
PEERS = ("bare", "mlserver", "litserve", "mlflow")
"""Who gets the same bytes as drum; what MLServer makes of typed tensors is shown beside them."""


def entered(scenario: str, peers: Sequence[str]) -> list[Variant]:
    """Return who takes part: drum, with a schema too where types are hard to guess, and the chosen peers."""
    beside = [TYPED] if "mlserver" in peers else []
    ours = ["drum", "drum, schema"] if scenario == "messy" and _can_record_schemas() else ["drum"]
    return [variant for variant in VARIANTS if variant.contender in (*ours, *peers, *beside)]
