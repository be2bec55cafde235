"""The watch over one model: rows and labels are folded into windows, and windows are judged. One thread calls it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from drum_monitor.drift import performance
from drum_monitor.drift.judging import Finding, judge
from drum_monitor.drift.profile import QUALITY
from drum_monitor.drift.reference import Reference, with_predicted_class
from drum_monitor.drift.statistics import Floats
from drum_monitor.drift.tally import Tally
from drum_monitor.drift.values import numbers
from drum_monitor.drift.window import Window
from drum_monitor.serving.configuration import Configuration
from drum_monitor.serving.judgement import Judgement, State, judged_places, judges_target
from drum_monitor.serving.labels import Labels


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows with all columns of the reference; ``target`` is a column of them if labels came along."""

    table: pd.DataFrame
    ids: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Truth:
    """Labels by the ids of their rows."""

    ids: Sequence[str]
    targets: Sequence[Any]


class Watch:
    """Windows, labels and the verdicts on them.

    :param start_with: rows to fill the window with, so that there is a verdict at once.
    """

    def __init__(
        self, configuration: Configuration, reference: Reference, start_with: pd.DataFrame | None = None
    ) -> None:
        self.configuration = configuration
        self.reference = reference
        size, moving = configuration.window_size, configuration.moving_reference
        self.window = Window(reference.counter, size, keeps_previous=moving)
        self.target_window = None
        if reference.target is not None:
            self.target_window = Window(reference.target, size, keeps_previous=moving)
        self.labels = Labels(configuration.label_capacity, size)
        self.judged_rows = 0
        self._places = judged_places(reference.profiles, configuration, reference.roles)
        if start_with is not None:
            self._count(start_with)

    @property
    def is_sufficient(self) -> bool:
        """Tell whether the reference has enough rows to compare with."""
        return self.reference.rows >= self.configuration.min_reference_size

    # -- taking in

    def take(self, rows: Rows) -> None:
        """Fold rows into the window."""
        self._count(rows.table)
        self.judged_rows += len(rows.table)
        scores = self._scores(rows.table)
        if rows.ids is not None:
            self.labels.expect(rows.ids, scores)
        target = self.reference.roles.target
        if target is not None and target in rows.table:
            there = rows.table[target].notna().to_numpy()
            self._count_targets(rows.table.loc[there, target])
            self.labels.add_pairs(rows.table.loc[there, target].tolist(), scores[there])

    def learn(self, truth: Truth) -> None:
        """Take labels in."""
        taken = self.labels.tell(truth.ids, truth.targets)
        self._count_targets(pd.Series(taken, dtype=None if taken else object))

    def _count(self, table: pd.DataFrame) -> None:
        self.window.add(self.reference.counter.encode(with_predicted_class(table, self.reference.roles)))

    def _count_targets(self, column: pd.Series[Any]) -> None:
        if self.target_window is not None and self.reference.target is not None and len(column):
            name = self.reference.target.profiles[0].name
            self.target_window.add(self.reference.target.encode(pd.DataFrame({name: column.to_numpy()})))

    def _scores(self, table: pd.DataFrame) -> Floats:
        scores = np.empty((len(table), len(self.reference.roles.prediction)))
        for place, name in enumerate(self.reference.roles.prediction):
            scores[:, place] = numbers(table[name]).values
        return scores

    # -- judging

    def judge(self) -> Judgement:
        """Judge the window as it is."""
        current = self.window.current()
        if not self.is_sufficient:
            return self._nothing(State.INSUFFICIENT, current)
        if current.rows < self.configuration.min_reference_size:
            return self._nothing(State.WARMING, current)
        findings = self._findings(current)
        drifted = any(finding.drives and finding.detected for finding in findings)
        return Judgement(
            state=State.DRIFT if drifted else State.OK, at=time.time(), window_rows=current.rows,
            findings=tuple(findings), quality=self._quality(current), performance=self._performance(),
            coverage=self.labels.coverage,
        )  # fmt: skip

    def _nothing(self, state: State, current: Tally) -> Judgement:
        return Judgement(state=state, at=time.time(), window_rows=current.rows, coverage=self.labels.coverage)

    def _findings(self, current: Tally) -> list[Finding]:
        targets = self.target_window
        wants_target = targets is not None and judges_target(self.configuration, self.reference.roles)
        level = self.configuration.level / max(len(self._places) + wants_target, 1)
        before = self._before(self.window, self.reference.tally)
        found = judge(self.reference.counter, before, current, self._places, level)
        if targets is not None and wants_target and self.reference.target is not None:
            labels, known = targets.current(), self.reference.target_tally
            if known is not None and labels.rows >= self.configuration.min_reference_size:
                found += judge(self.reference.target, self._before(targets, known), labels, [0], level)
        return found

    def _before(self, window: Window, reference: Tally) -> Tally:
        """Return what to compare with: the window before, if the reference moves and there was one."""
        previous = window.previous() if self.configuration.moving_reference else None
        return reference if previous is None else previous

    def _quality(self, current: Tally) -> dict[tuple[str, str], float]:
        if not self.configuration.watches("data_quality") or not current.rows:
            return {}
        return {
            (profile.name, QUALITY[kind]): float(current.faults[place, kind]) / current.rows
            for place, profile in enumerate(self.reference.profiles)
            for kind in range(len(QUALITY))
            if profile.tracks(kind)
        }

    def _performance(self) -> dict[str, float]:
        if len(self.labels.pairs) < performance.LEAST_PAIRS:
            return {}
        targets, scores = self.labels.targets(), self.labels.scores()
        found: dict[str, float] = {}
        if self.reference.roles.labels:
            if self.reference.roles.tells_one_class and self.configuration.watches(
                "classification_performance", "prob_classification_performance"
            ):
                found = self._class_performance(targets, scores)
        elif self.configuration.watches("regression_performance"):
            truth = numbers(pd.Series(targets)).values
            usable = np.isfinite(truth) & np.isfinite(scores[:, 0])
            if usable.sum() >= performance.LEAST_PAIRS:
                found = performance.regression(truth[usable], scores[usable, 0])
        return found

    def _class_performance(self, targets: Sequence[Any], scores: Floats) -> dict[str, float]:
        labels = self.reference.roles.labels
        truth = performance.class_numbers(targets, labels)
        usable = (truth >= 0) & np.isfinite(scores).all(axis=1)
        truth, scores = truth[usable], scores[usable]
        if len(truth) < performance.LEAST_PAIRS or scores.shape[1] != len(labels):
            return {}
        found: dict[str, float] = {}
        if self.configuration.watches("classification_performance"):
            found |= performance.classification(truth, scores.argmax(axis=1), len(labels))
        if self.configuration.watches("prob_classification_performance"):
            found |= performance.probabilities(truth, scores)
        return found
