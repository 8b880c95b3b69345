"""Lines of failure logs, and past repairs."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

from ckptui.present import columns
from ckptui.present.columns import Cell
from ckptui.present.filter import matches
from ckptui.present.filter_fields import FAILURES
from ckptui.present.repairs import journal_cells
from ckptui.repair.model import JournalEntry
from ckptui.tui.history import JOURNAL, repairs
from ckptui.tui.listing import Rows
from ckptui.tui.views.base import View
from ckptui.watch.model import FailureRow, Snapshot


class FailuresView(View):
    """Lines of failure logs, and past repairs; the newest first."""

    id = "failures"
    title = "Failures"
    columns = columns.FAILURES
    language = FAILURES

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self.rows: dict[str, FailureRow | JournalEntry] = {}

    def update(
        self, snapshot: Snapshot, changed: Collection[str] | None, removed: Collection[str]
    ) -> Rows:
        """Take failures and repairs; equal lines of a log are told apart by their number."""
        del changed, removed  # of checkpoints
        journal = snapshot.run_files.get(JOURNAL, "")
        if self._is_shown(snapshot.failures, journal):
            return self.lines
        self.rows = {f"{index}": row for index, row in enumerate(snapshot.failures)}
        self.rows |= {each.id: each for each in repairs(journal)}
        self.total = len(self.rows)
        now = time.time()
        shown = [key for key, row in self.rows.items() if matches(self.filter, FAILURES, row, now)]
        shown.sort(key=lambda key: _when(self.rows[key]), reverse=True)
        self.lines = self.ordered(shown)
        return self.lines

    def cells(self, key: str) -> Mapping[str, Cell]:
        """Cells of a failure or a repair."""
        row, now = self.rows[key], time.time()
        if isinstance(row, JournalEntry):
            return journal_cells(row, now=now, ascii_only=self.ascii_only)
        return columns.failure_cells(row, now=now, ascii_only=self.ascii_only)

    def path_of(self, key: str) -> str:
        """The path that a row is about, as written there."""
        row = self.rows[key]
        if isinstance(row, FailureRow):
            return row.path
        return row.steps[0].path if row.steps else JOURNAL

    def empty(self, snapshot: Snapshot) -> tuple[str, ...]:
        """What would show here."""
        return self._no_match() or (
            "no failures: failed_checkpoints.txt is not here or empty; no repairs either",
            "ckptui validate --log-failures writes one",
        )


def _when(row: FailureRow | JournalEntry) -> str:
    return row.timestamp if isinstance(row, FailureRow) else row.at
