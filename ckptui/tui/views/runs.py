"""Resumed runs."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

from ckptui.launch.known import known_runs
from ckptui.launch.model import LIVE, RunRecord
from ckptui.present import columns
from ckptui.present.columns import Cell
from ckptui.present.filter import matches
from ckptui.present.filter_fields import RUNS
from ckptui.tui.keys import cap
from ckptui.tui.listing import Rows
from ckptui.tui.views.base import View
from ckptui.watch.model import Snapshot


class RunsView(View):
    """Resumed runs, the newest first."""

    id = "runs"
    title = "Runs"
    columns = columns.RUNS
    language = RUNS

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self.rows: dict[str, RunRecord] = {}
        self._dead_since: dict[str, float] = {}

    def update(
        self, snapshot: Snapshot, changed: Collection[str] | None, removed: Collection[str]
    ) -> Rows:
        """Parse the runs from the small files that the scanner sent."""
        del changed, removed  # of checkpoints; a run may end without any file being written
        found = known_runs(snapshot.run_files, self._dead_since)
        runs = sorted(found, key=lambda run: run.started_at, reverse=True)
        self.rows = {run.id: run for run in runs}
        self.total = len(runs)
        now = time.time()
        shown = [run.id for run in runs if matches(self.filter, RUNS, run, now)]
        self.lines = self.ordered(shown)
        return self.lines

    @property
    def working(self) -> list[RunRecord]:
        """Runs that have not ended, as far as is known."""
        return [run for run in self.rows.values() if run.state in LIVE]

    def cells(self, key: str) -> Mapping[str, Cell]:
        """Cells of a run."""
        return columns.run_cells(self.rows[key], now=time.time(), ascii_only=self.ascii_only)

    def empty(self, snapshot: Snapshot) -> tuple[str, ...]:
        """How to start one."""
        return self._no_match() or (f"no run was resumed from here yet; {cap('resume')} resumes",)
