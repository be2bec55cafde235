"""How large are the images of `drum image`, and how fast do they start? Writes the tables of docs/containers.md.

    python benchmarks/containers.py --only base sklearn onnx --rounds 5
    python benchmarks/containers.py --write

Root, Debian, buildah, podman, runc and debootstrap are needed, and for start times outside a container the frameworks
themselves. Each image is built on a Debian with Python, measured and removed again. Sizes are those of the files,
unpacked, and what a registry transfers, above the image below; nothing is said of what that image holds itself. Start
is the time from the command line to the first prediction, `drum server` and `podman run` in turns; medians count. The
engine's own share, which is what it takes to run `true` in the same image, is shown beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "plugins" / "drum-image" / "tests"))

from container_engine import BASE, Engine, container_engine, free_port, reason_to_skip, run_options  # noqa: E402

PAGE = REPOSITORY / "docs" / "containers.md"
EXAMPLES = {
    "base": "custom-only", "sklearn": "binary", "xgboost": "xgboost", "onnx": "onnx", "torch": "torch-weights",
    "keras": "keras", "r": "r-hooks", "julia": "julia-tree", "java": "h2o",
}  # fmt: skip
MB = 10**6
SMALLEST_PART_MB = 2.0


@dataclass
class Image:
    """What was measured of one image; sizes are above the image below it, in MB."""

    name: str
    unpacked: float
    pulled: float
    parts: list[tuple[str, float]] = field(default_factory=list)
    outside: list[float] = field(default_factory=list)
    inside: list[float] = field(default_factory=list)
    engine: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=EXAMPLES, default=list(EXAMPLES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--wheels", type=Path, help="wheels to prefer to the index, such as PyTorch's for the CPU")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/containers.md")
    arguments = parser.parse_args()
    if reason_to_skip():
        sys.exit(reason_to_skip())
    with container_engine() as engine:
        images = measure(engine, arguments.only, arguments.rounds, arguments.wheels)
    print(table(images), parts_table(images), sep="\n\n")
    if arguments.write:
        write(images)


def measure(engine: Engine, names: Sequence[str], rounds: int, wheels: Path | None) -> list[Image]:
    """Build the images one by one and measure them; the base is needed for the others' sizes."""
    found: list[Image] = []
    below = (engine.size(BASE), pulled(engine, BASE), contents(engine, BASE))
    for name in ["base", *(name for name in names if name != "base")]:
        tag = f"localhost/drum-{name}:1"
        engine.build(tag, "--runtime", name, *(("--wheels", wheels) if wheels else ()))
        size, transfer, inside = engine.size(tag), pulled(engine, tag), contents(engine, tag)
        image = Image(name, (size - below[0]) / MB, (transfer - below[1]) / MB)
        image.parts = [(part, mb) for part, mb in inside.items() if part not in below[2]]
        if name == "base":
            below = (size, transfer, inside)
        time_starts(engine, tag, image, rounds)
        found.append(image)
        print(f"{name}: {image.unpacked:.0f} MB, {start_of(image)}", file=sys.stderr, flush=True)
        engine.podman("rmi", "--force", tag)
    return found


def pulled(engine: Engine, tag: str) -> int:
    """Return the bytes of an image's layers, compressed as a registry keeps them."""
    folder = engine.folder / "pushed"
    done = engine.call("buildah", "push", "--format", "oci", tag, f"oci:{folder}:one")
    assert done.returncode == 0, done.stderr
    digest = json.loads((folder / "index.json").read_text())["manifests"][0]["digest"].partition(":")[2]
    layers = json.loads((folder / "blobs" / "sha256" / digest).read_text())["layers"]
    subprocess.run(["rm", "-r", folder], check=True)
    return sum(layer["size"] for layer in layers)


def contents(engine: Engine, tag: str) -> dict[str, float]:
    """Return the MB of each Python package and of each Debian package in an image."""
    script = (
        "du -k -s /opt/drum/lib/python3*/site-packages/* 2>/dev/null | sed 's|/opt.*/||'; "
        "dpkg-query -W -f '${Installed-Size}\\t${Package} (Debian)\\n'"
    )
    listed = engine.podman("run", "--rm", *run_options(), "--entrypoint", "sh", tag, "-c", script)
    sizes = [line.split("\t") for line in listed.splitlines()]
    return {name: int(kb) * 1024 / MB for kb, name in sizes if not name.endswith(".dist-info")}


# ------------------------------------------------------------------------------------------------------------- start


def time_starts(engine: Engine, tag: str, image: Image, rounds: int) -> None:
    """Start the example outside and inside in turns; the first round warms up and does not count."""
    example = REPOSITORY / "examples" / EXAMPLES[image.name]
    body = (example / "input.csv").read_bytes()
    for number in range(rounds + 1):
        port = free_port()
        options = ("--code-dir", example / "model", "--address", f"127.0.0.1:{port}")
        drum = (sys.executable, "-m", "drum", "server", *options)
        podman = ("podman", "run", "--rm", *run_options(), "--volume", f"{example / 'model'}:/opt/model:ro")
        serving = (*podman, "--env", f"ADDRESS=127.0.0.1:{port}", tag)
        nothing = (*podman, "--entrypoint", "true", tag)
        taken = (
            seconds_until(lambda process, port=port: predicts(process, port, body), drum, engine),
            seconds_until(lambda process, port=port: predicts(process, port, body), serving, engine),
            seconds_until(lambda process: process.wait() == 0, nothing, engine),
        )
        if number:
            for kept, seconds in zip((image.outside, image.inside, image.engine), taken, strict=True):
                kept.append(seconds)


def seconds_until(
    condition: Callable[[subprocess.Popen[bytes]], bool], words: Sequence[object], engine: Engine
) -> float:
    """Start a program, and return the seconds until the condition holds; ``nan`` if it never does."""
    started = time.perf_counter()
    process = subprocess.Popen([str(word) for word in words], env=engine.environment, stderr=subprocess.DEVNULL)
    try:
        return time.perf_counter() - started if condition(process) else float("nan")
    finally:
        process.terminate()
        process.wait()


def predicts(process: subprocess.Popen[bytes], port: int, body: bytes) -> bool:
    """Wait for the first prediction; tell whether there is one."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/predict/", body, {"Content-Type": "text/csv"})
    while process.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=60):
                return True
        except urllib.error.HTTPError as error:
            if error.code != 503:  # it cannot be loaded here
                return False
        except OSError:
            pass
        time.sleep(0.005)
    return False


# ------------------------------------------------------------------------------------------------------------ report


def start_of(image: Image) -> str:
    outside, inside, engine = map(statistics.median, (image.outside, image.inside, image.engine))
    return f"outside {outside:.2f} s, inside {inside:.2f} s ({inside / outside:.2f} x), engine {engine:.2f} s"


def table(images: Sequence[Image]) -> str:
    """Return the table of sizes and start times, in Markdown."""
    lines = [
        "| image | above | MB, unpacked | MB to pull | first prediction outside → inside | ratio | engine's share |",
        "|---|---|---|---|---|---|---|",
    ]
    for image in images:
        outside, inside, engine = map(statistics.median, (image.outside, image.inside, image.engine))
        below = "its Python" if image.name == "base" else "base"
        times = "" if outside != outside else f"{outside:.2f} s → {inside:.2f} s"
        ratio = "" if outside != outside else f"{inside / outside:.2f} x"
        row = (image.name, below, f"{image.unpacked:.0f}", f"{image.pulled:.0f}", times, ratio, f"{engine:.2f} s")
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def parts_table(images: Sequence[Image]) -> str:
    """Return what each image holds that is large, in Markdown."""
    lines = ["| image | holds, MB unpacked |", "|---|---|"]
    for image in images:
        large = sorted((part for part in image.parts if part[1] >= SMALLEST_PART_MB), key=lambda part: -part[1])
        rest = image.unpacked - sum(mb for _, mb in large)
        named = [f"{name} {mb:.0f}" for name, mb in large]
        lines.append(f"| {image.name} | {', '.join([*named, f'the rest {rest:.0f}'])} |")
    return "\n".join(lines)


def write(images: Sequence[Image]) -> None:
    """Put the tables between their marks."""
    text = PAGE.read_text(encoding="utf-8")
    for mark, content in (("sizes", table(images)), ("parts", parts_table(images))):
        text = re.sub(
            rf"(<!-- {mark} -->\n).*?(<!-- end of {mark} -->)",
            lambda found, content=content: f"{found[1]}{content}\n{found[2]}",
            text,
            flags=re.DOTALL,
        )
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    os.umask(0o022)
    main()
