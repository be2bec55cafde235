"""Docker, Podman and Buildah: which of them works here, and how it is asked to build."""

from __future__ import annotations

import subprocess
import tempfile
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from drum.errors import PluginDependencyError
from drum_image.pip_settings import pip_settings

LAST_LINES = 25
PROBE_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """A program that builds images.

    ``probe`` are words that succeed only where it can: the client of Docker does not tell that there is no engine.
    """

    name: str
    probe: tuple[str, ...]
    build: tuple[str, ...]

    def command(self, tag: str, context: Path, secrets: Sequence[str] = ()) -> list[str]:
        """Return the words that build a context."""
        named = [word for secret in secrets for word in ("--secret", secret)]
        return [*self.build, *named, "--tag", tag, str(context)]

    def refusal(self) -> str:
        """Return why it cannot build here, or nothing."""
        try:
            done = subprocess.run(
                self.probe, capture_output=True, text=True, check=False, timeout=PROBE_SECONDS, stdin=subprocess.DEVNULL
            )
        except FileNotFoundError:
            return "is not installed"
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"does not answer ({error})"
        reason = [line for line in done.stderr.splitlines() if line.strip()][-1:]
        return f"does not work: {reason[0] if reason else f'exit status {done.returncode}'}" if done.returncode else ""


# Only Docker's format keeps a health check. Podman and Buildah do not see that what a step mounts has changed, so that
# they must not take a step from their cache.
BUILDERS = (
    Builder(name="docker", probe=("docker", "version", "--format", "{{.Server.Version}}"), build=("docker", "build")),
    Builder(name="podman", probe=("podman", "info"), build=("podman", "build", "--format", "docker", "--layers=false")),
    Builder(
        name="buildah", probe=("buildah", "info"), build=("buildah", "build", "--format", "docker", "--layers=false")
    ),
)


def find_builder(name: str | None) -> tuple[Builder | None, list[str]]:
    """Return the first builder that works, and why those before it do not.

    :param name: the only one that will do; ``None`` for any.
    :raises PluginDependencyError: if the one that was named does not work.
    """
    refused: list[str] = []
    for builder in BUILDERS:
        if name in (None, builder.name):
            refusal = builder.refusal()
            if not refusal:
                return builder, refused
            refused.append(f"{builder.name} {refusal}")
    if name is not None:
        raise PluginDependencyError(f"{'; '.join(refused)}. Install or start it, or leave --builder out.")
    return None, refused


def build(builder: Builder, tag: str, context: Path) -> None:
    """Build an image.

    :raises PluginDependencyError: if the builder fails, with the last that it said.
    """
    with ExitStack() as stack:
        secrets = _secrets(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drum-image-"))))
        words = builder.command(tag, context, secrets)
        process = stack.enter_context(
            subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        )
        stack.callback(_end, process)  # where somebody interrupts; otherwise it has ended
        last = deque(process.stdout or (), maxlen=LAST_LINES)
        process.wait()
    if process.returncode:
        raise PluginDependencyError(
            f"{builder.name} could not build '{tag}' (exit status {process.returncode}). The last that it said:",
            detail="".join(last).rstrip(),
        )


def _end(process: subprocess.Popen[str]) -> None:
    """Ask a builder to end, and hear it out: nobody at the other end of its output would kill it at once."""
    process.terminate()
    process.communicate()


def _secrets(folder: Path) -> list[str]:
    """Return the words that hand over pip's settings: a step of the build sees them, the image does not."""
    text, bundle = pip_settings()
    secrets = []
    if text:
        file = folder / "pip.conf"
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
        secrets.append(f"id=pip_conf,src={file}")
    if bundle is not None:
        secrets.append(f"id=ca_bundle,src={bundle}")
    return secrets
