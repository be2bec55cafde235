"""The container of a Python service: what its image holds, how it starts, how one sees that it is well."""

from __future__ import annotations

import sys
from collections.abc import Sequence

START = "start_server.sh"
REQUIREMENTS = "requirements.txt"
USER_ID = 10001
"""Who runs in a container: nobody that exists anywhere else."""

DOCKERFILE = """\
# {title}
FROM {base}
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp ADDRESS=0.0.0.0:{port}
WORKDIR /opt/{folder}
{copies}
RUN python -m pip install --no-cache-dir --disable-pip-version-check -r {requirements}
COPY . .
{further}USER {user}:{user}
EXPOSE {port}
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \\
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://localhost:{port}/health/', timeout=4)"]
CMD ["./{start}"]
"""


def default_base() -> str:
    """Return the image with the Python that runs here: pickles and wheels are made for a version of it."""
    return f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"


def dockerfile(
    *, title: str, base: str, folder: str, port: int, for_pip: Sequence[str] = (), writable: str | None = None
) -> str:
    """Return a Dockerfile that installs first and copies the rest afterwards, so that a new model is quick to build.

    :param for_pip: folders beside the Dockerfile that the requirements refer to.
    :param writable: a folder in the container that the service writes to.
    """
    return DOCKERFILE.format(
        title=title,
        base=base,
        folder=folder,
        port=port,
        copies="\n".join([f"COPY {REQUIREMENTS} ./", *(f"COPY {name} ./{name}/" for name in for_pip)]),
        requirements=REQUIREMENTS,
        further=f"RUN mkdir -p {writable} && chown {USER_ID}:{USER_ID} {writable}\n" if writable else "",
        user=USER_ID,
        start=START,
    )


def start_script(*, purpose: str, port: int, command: str, before: str = "") -> str:
    """Return a script that becomes the service, in a container and outside one.

    :param command: what to run in the script's own folder; further arguments of the script go to its end.
    """
    return f"""\
#!/bin/sh
# {purpose} It needs what {REQUIREMENTS} lists, and listens on $ADDRESS.
set -eu
cd "$(dirname "$0")"
: "${{ADDRESS:=localhost:{port}}}"
{before}exec {command} --address "$ADDRESS" "$@"
"""
