"""The most memory that some processes have held since they were last asked, from Linux' ``/proc``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

RESET_PEAK = "5"
"""What the kernel takes, in ``clear_refs``, for: forget the peak."""


def forget_peaks(pids: Sequence[int]) -> None:
    """Let the peaks begin anew; where that is not allowed, they are those since the start."""
    for pid in pids:
        try:
            Path(f"/proc/{pid}/clear_refs").write_text(RESET_PEAK)
        except OSError:
            continue  # it has ended, or the system is another one


def peak_bytes(pids: Sequence[int]) -> int | None:
    """Return the sum of the peaks; ``None`` where the system does not tell."""
    peaks = [peak for pid in pids if (peak := _peak(pid)) is not None]
    return sum(peaks) if peaks else None


def _peak(pid: int) -> int | None:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    found = next((line for line in lines if line.startswith("VmHWM:")), None)
    return None if found is None else int(found.split()[1]) * 1024
