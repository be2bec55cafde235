"""What stands in a bundle for whoever opens it."""

from __future__ import annotations

OLDER_NAMES = """\
| name, with its labels beside `dataset_name` | value |
|---|---|
| `evidently:data_drift:n_drifted_features` | `drum_drift_columns` |
| `evidently:data_drift:share_drifted_features` | `drum_drift_columns_ratio` |
| `evidently:data_drift:dataset_drift` | 1 where half of the columns drift, else 0 |
| `evidently:data_drift:p_value{feature,feature_type}` | of `ks` (`num`) or `chi_square` (`cat`) |
| `evidently:cat_target_drift:drift{kind}` | p-value of `chi_square`, of target and prediction |
| `evidently:num_target_drift:drift{kind}` | p-value of `ks`, of target and prediction |
| `evidently:data_quality:quality_stat{dataset,feature,feature_type,metric}` | missing and infinite values, in percent |
| `evidently:regression_performance:quality{dataset,metric}` | mean error, absolute error, percentage of error |
| `evidently:classification_performance:quality{dataset,metric}` | accuracy, precision, recall, F1 |
| `evidently:prob_classification_performance:quality{dataset,metric}` | the same, log loss, area under the ROC curve |
| `evidently:reference_dataset_hash{hash}` | 1 |

`dataset` is always `current`: nothing is measured on the reference. Of two classes, precision, recall and F1 are those
of the second one. Evidently had more names; the service has no numbers for them.
"""

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

Each service in a fresh virtual environment of its own, with the Python that its `Dockerfile` names, and with the R or
Java that it installs:

    python -m pip install -r inference/requirements.txt && inference/start_server.sh
    python -m pip install -r monitoring/requirements.txt && monitoring/start_server.sh

They listen on localhost, unless `ADDRESS` says otherwise; what is written behind a script goes to the server:
`inference/start_server.sh --workers 4`. The environment does too (`MAX_WORKERS=4`), in a container as well.

## Names for older dashboards

Dashboards made for Evidently's monitors find these in Prometheus, with `dataset_name="{name}"`:

{older_names}"""

INFERENCE = """\
# {name}

    docker build --tag model . && docker run --publish 5000:5000 model
    curl -F X=@data.csv http://localhost:5000/predict/

Or in a fresh virtual environment, with the Python that the `Dockerfile` names, and with the R or Java that it installs:

    python -m pip install -r requirements.txt && ./start_server.sh

It listens on localhost, unless `ADDRESS` says otherwise; what is written behind the script goes to the server:
`./start_server.sh --workers 4`.
"""


def of_bundle(name: str) -> str:
    """Return the README of the whole folder."""
    return BUNDLE.format(name=" ".join(name.split()), older_names=OLDER_NAMES)


def of_inference(name: str) -> str:
    """Return the README of ``inference/``."""
    return INFERENCE.format(name=" ".join(name.split()))
