"""Ask a model over HTTP in memory: the real routes and the real scorer, without a port or a process."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drum.testing.scorers import scorer
from drum.types import TargetType

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def client(
    code_dir: str | os.PathLike[str],
    target_type: str | TargetType | None = None,
    *,
    labels: Sequence[str] | None = None,
    options: Mapping[str, Any] | None = None,
    plugins: Sequence[object] = (),
    max_body: int = 2**27,
    url_prefix: str = "",
) -> TestClient:
    """Return a client of a server for the model; use it in a ``with`` statement, which loads the model.

    :param plugins: modules or objects with hooks, taken part beside the installed ones.
    :param max_body: bytes that a request may have.
    """
    from starlette.testclient import TestClient

    from drum.server.app import create_app
    from drum.server.payloads import Limits
    from drum.workers.inline import InlinePool

    pool = InlinePool(lambda: scorer(code_dir, target_type, labels=labels, options=options, plugins=plugins))
    return TestClient(create_app(pool, Path(code_dir), Limits(body=max_body), url_prefix))
