"""What stands in a bundle for whoever opens it."""

from __future__ import annotations

BUNDLE = """\
# {name}, and what watches it

    printf 'GRAFANA_ADMIN_PASSWORD=%s\\n' "$(openssl rand -hex 24)" > .env
    docker compose up --build --detach --wait

| port | what answers |
|---|---|
| 5000 | the model: `curl -F X=@data.csv http://localhost:5000/predict/` |
| 5001 | the monitoring service: `/report` to look at, `POST /feedback` for labels |
| 9090 | Prometheus: `/alerts` |
| 3000 | Grafana, as `admin` with the password in `.env` |

The folder holds no password, so that no two copies of it share one. Ports 5001 and 9090 ask for none: they listen on
this machine only, unless `PRIVATE_ADDRESS` names another address.

## Without Docker

Each service in a fresh virtual environment of its own, with the Python that its `Dockerfile` names:

    python -m pip install -r inference/requirements.txt && inference/start_server.sh
    python -m pip install -r monitoring/requirements.txt && monitoring/start_server.sh

They listen on localhost, unless `ADDRESS` says otherwise; what is written behind a script goes to the server:
`inference/start_server.sh --workers 4`. The environment does too (`MAX_WORKERS=4`), in a container as well.
"""

INFERENCE = """\
# {name}

    docker build --tag model . && docker run --publish 5000:5000 model
    curl -F X=@data.csv http://localhost:5000/predict/

Or in a fresh virtual environment, with the Python that the `Dockerfile` names:

    python -m pip install -r requirements.txt && ./start_server.sh

It listens on localhost, unless `ADDRESS` says otherwise; what is written behind the script goes to the server:
`./start_server.sh --workers 4`.
"""


def of_bundle(name: str) -> str:
    """Return the README of the whole folder."""
    return BUNDLE.format(name=" ".join(name.split()))


def of_inference(name: str) -> str:
    """Return the README of ``inference/``."""
    return INFERENCE.format(name=" ".join(name.split()))
