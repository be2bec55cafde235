"""The container of a Python service: what its image holds, how it starts, how one sees that it is well."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from drum_monitor.bundle.languages import Language

START = "start_server.sh"
REQUIREMENTS = "requirements.txt"
USER_ID = 10001
"""Who runs in a container: nobody that exists anywhere else."""

DOCKERFILE = """\
# {title}
{before}FROM {base}
USER 0:0
ENTRYPOINT []
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp ADDRESS=0.0.0.0:{port}
{system}WORKDIR /opt/{folder}
{copies}
{install}
{check}COPY . .
{further}USER {user}:{user}
EXPOSE {port}
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \\
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://localhost:{port}/health/', timeout=4)"]
CMD ["./{start}"]
"""
"""User and entry point are set anew: an image of the user's may have its own."""

WHEELS_STAGE = """\
FROM {base} AS wheels
USER 0:0
{system}WORKDIR /build
{copies}
RUN python -m pip wheel {quietly} --wheel-dir /built -r {requirements}

"""
"""Compilers stay behind in this stage."""
QUIETLY = "--no-cache-dir --disable-pip-version-check"


def default_base(release: str = "") -> str:
    """Return the image with the Python that runs here: pickles and wheels are made for a version of it.

    :param release: the Debian that it must be of, if that matters.
    """
    version = f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"
    return f"{version}-{release}" if release else version


def dockerfile(
    *, title: str, base: str, folder: str, port: int, for_pip: Sequence[str] = (), writable: str | None = None,
    language: Language | None = None,
) -> str:  # fmt: skip
    """Return a Dockerfile that installs first and copies the rest afterwards, so that a new model is quick to build.

    :param for_pip: folders beside the Dockerfile that the requirements refer to.
    :param writable: a folder in the container that the service writes to.
    :param language: what the image needs besides Python.
    """
    copies = "\n".join([f"COPY {REQUIREMENTS} ./", *(f"COPY {name} ./{name}/" for name in for_pip)])
    builds = language is not None and language.build_packages
    return DOCKERFILE.format(
        title=title,
        before=_wheels_stage(base, copies, language) if language is not None and builds else "",
        base=base,
        folder=folder,
        port=port,
        system=_debian(language.packages, language.program) if language is not None else "",
        copies=copies,
        install=_install(built=bool(builds)),
        check=f"RUN {language.check}\n" if language is not None else "",
        further=f"RUN mkdir -p {writable} && chown {USER_ID}:{USER_ID} {writable}\n" if writable else "",
        user=USER_ID,
        start=START,
    )


def _wheels_stage(base: str, copies: str, language: Language) -> str:
    system = _debian(language.build_packages, language.program, "cc")
    return WHEELS_STAGE.format(
        base=base, system=system, copies=copies, quietly=QUIETLY, requirements=REQUIREMENTS
    )  # fmt: skip


def _debian(packages: Sequence[str], *programs: str) -> str:
    """Return the line that installs Debian's packages, unless the image has the programs of itself."""
    if not packages:
        return ""
    there = " && ".join(f"command -v {program} > /dev/null" for program in programs)
    return (
        f"RUN {{ {there}; }} || {{ apt-get update && DEBIAN_FRONTEND=noninteractive \\\n"
        f"  apt-get install --yes --no-install-recommends {' '.join(packages)} \\\n"
        "  && rm -rf /var/lib/apt/lists/*; }\n"
    )


def _install(*, built: bool) -> str:
    if not built:
        return f"RUN python -m pip install {QUIETLY} -r {REQUIREMENTS}"
    return (
        "RUN --mount=type=bind,from=wheels,source=/built,target=/built \\\n"
        f"  python -m pip install {QUIETLY} --no-index --find-links /built -r {REQUIREMENTS}"
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
