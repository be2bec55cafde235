"""The dashboards, a module for each."""

from __future__ import annotations

from drum_monitor.bundle.boards.column import COLUMN
from drum_monitor.bundle.boards.drift import DRIFT
from drum_monitor.bundle.boards.monitor import MONITOR
from drum_monitor.bundle.boards.predictions import PREDICTIONS
from drum_monitor.bundle.boards.service import SERVICE

BOARDS = (DRIFT, SERVICE, COLUMN, PREDICTIONS, MONITOR)
