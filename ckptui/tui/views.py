"""The four live views: which rows, in which order, with which cells. No widget, no disk."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from ckptui.launch.model import RunRecord
from ckptui.launch.registry import parse_runs
from ckptui.present import checkpoints, columns
from ckptui.present.columns import Cell, Column, SortKey
from ckptui.present.filter import Filter, matches
from ckptui.present.filter_fields import CHECKPOINTS, FAILURES, RUNS, STAGES, Language
from ckptui.present.repairs import journal_cells
from ckptui.present.tables import newest_first
from ckptui.repair.model import JournalEntry
from ckptui.tui.folding import folded, folder_cells, folder_of
from ckptui.tui.history import JOURNAL, repairs
from ckptui.tui.keys import cap
from ckptui.watch.model import Checkpoint, FailureRow, Snapshot, StageRow


class View(ABC):
    """One tab: rows by key.

    Attributes:
        id: ``checkpoints`` …
        title: As the tab says it.
        columns: In order.
        sort: (column id, down), or None for the order that comes first to mind.
        filter: What is shown.
        language: What its filter may ask.
    """

    id: str
    title: str
    columns: Sequence[Column]
    language: Language = CHECKPOINTS

    def __init__(self, *, ascii_only: bool) -> None:
        self.ascii_only = ascii_only
        self.sort: tuple[str, bool] | None = None
        self.filter = Filter()
        self.total = 0

    @abstractmethod
    def update(self, snapshot: Snapshot) -> list[str]:
        """Take a new snapshot and return the keys of the rows to show, in order."""

    @abstractmethod
    def cells(self, key: str) -> Mapping[str, Cell]:
        """A row's cells by column id, as of now."""

    @abstractmethod
    def empty(self, snapshot: Snapshot) -> tuple[str, ...]:
        """What to say where there is no row."""

    def ordered(self, keys: Sequence[str]) -> list[str]:
        """Sort keys by the chosen column; without one, leave them as they are."""
        if self.sort is None:
            return list(keys)
        column, down = self.sort
        values: dict[str, SortKey] = {key: self.sort_key(key, column) for key in keys}
        return columns.sorted_rows(values, reverse=down)

    def sort_key(self, key: str, column: str) -> SortKey:
        """A row's sort key in one column."""
        cell = self.cells(key).get(column)
        return None if cell is None else cell.sort_key

    def _no_match(self) -> tuple[str, ...]:
        return (
            (f"nothing matches the filter; {cap('stop-check')} clears it",) if self.filter else ()
        )


class CheckpointsView(View):
    """Checkpoints, newest first unless sorted; folders of many units as one row."""

    id = "checkpoints"
    title = "Checkpoints"
    columns = checkpoints.CHECKPOINTS

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self.opened: set[str] = set()
        self.rows: Mapping[str, Checkpoint] = {}
        self.groups: dict[str, list[str]] = {}
        self.last_good: str | None = None
        self._sorted: dict[str, tuple[Checkpoint, SortKey]] = {}
        self._sorted_for: str | None = None

    def update(self, snapshot: Snapshot) -> list[str]:
        """Sort, filter and fold the checkpoints."""
        self.rows = rows = snapshot.checkpoints
        self.total = len(rows)
        self.last_good = snapshot.last_good.path if snapshot.last_good else None
        newest = newest_first(snapshot)
        if self.filter:
            self.groups = {}
            now = time.time()
            return self.ordered([path for path in newest if self.filter.matches(rows[path], now)])
        keys, self.groups = folded(self.ordered(newest), rows, self.opened)
        return keys

    def sort_key(self, key: str, column: str) -> SortKey:
        """A checkpoint's sort key, kept while its row is the same."""
        if self._sorted_for != column:
            self._sorted, self._sorted_for = {}, column
        row = self.rows[key]
        known = self._sorted.get(key)
        if known is None or known[0] is not row:
            known = self._sorted[key] = (row, checkpoints.sort_key(row, column))
        return known[1]

    def cells(self, key: str) -> Mapping[str, Cell]:
        """Cells of a checkpoint or of a folder's row."""
        now = time.time()
        folder = folder_of(key)
        if folder is None:
            return checkpoints.checkpoint_cells(
                self.rows[key], now=now, last_good=self.last_good, ascii_only=self.ascii_only
            )
        units = [self.rows[path] for path in self.groups.get(folder, ())]
        opened = folder in self.opened
        return folder_cells(folder, units, now=now, opened=opened, ascii_only=self.ascii_only)

    def paths(self, keys: Sequence[str]) -> list[str]:
        """Checkpoints behind rows: a folder's row stands for all of its units."""
        found: dict[str, None] = {}
        for key in keys:
            folder = folder_of(key)
            found.update(dict.fromkeys([key] if folder is None else self.groups.get(folder, ())))
        return [path for path in found if path in self.rows]

    def toggle(self, folder: str) -> None:
        """Open or close a folder of units."""
        self.opened ^= {folder}

    def empty(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Why there is nothing, and what counts as something."""
        if self.filter:
            return self._no_match()
        if not snapshot.settled:
            return ("looking…",)
        return (
            "no checkpoints here yet: .pt .pth .ckpt .bin .safetensors .npz .gguf …, at any depth",
            "this view is live; what a job writes here appears by itself",
        )


class StagesView(View):
    """Stages as the states record them, state by state."""

    id = "stages"
    title = "Stages"
    columns = columns.STAGES
    language = STAGES

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self.rows: dict[str, StageRow] = {}

    def update(self, snapshot: Snapshot) -> list[str]:
        """Take the stages in the order of their states."""
        self.rows = {f"{row.state}\0{row.stage}": row for row in snapshot.stages}
        self.total = len(self.rows)
        now = time.time()
        shown = [key for key, row in self.rows.items() if matches(self.filter, STAGES, row, now)]
        return self.ordered(shown)

    def cells(self, key: str) -> Mapping[str, Cell]:
        """Cells of a stage."""
        return columns.stage_cells(self.rows[key], ascii_only=self.ascii_only)

    def empty(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Which files would show here."""
        return self._no_match() or (
            "no stages here: none of the files is a state of a pipeline",
            "stage checkpoints (*.checkpoint.json) and pipeline_state.json show here",
        )


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

    def update(self, snapshot: Snapshot) -> list[str]:
        """Parse the runs from the small files that the scanner sent."""
        found = parse_runs(snapshot.run_files, dead_since=self._dead_since)
        runs = sorted(found, key=lambda run: run.started_at, reverse=True)
        self.rows = {run.id: run for run in runs}
        self.total = len(runs)
        now = time.time()
        return self.ordered([run.id for run in runs if matches(self.filter, RUNS, run, now)])

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


LIVE = frozenset({"starting", "running", "unsupervised", "elsewhere"})
"""States of a run that may still be working."""


class FailuresView(View):
    """Lines of failure logs, and past repairs; the newest first."""

    id = "failures"
    title = "Failures"
    columns = columns.FAILURES
    language = FAILURES

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self.rows: dict[str, FailureRow | JournalEntry] = {}

    def update(self, snapshot: Snapshot) -> list[str]:
        """Take failures and repairs; equal lines of a log are told apart by their number."""
        self.rows = {f"{index}": row for index, row in enumerate(snapshot.failures)}
        self.rows |= {each.id: each for each in repairs(snapshot.run_files.get(JOURNAL, ""))}
        self.total = len(self.rows)
        now = time.time()
        shown = [key for key, row in self.rows.items() if matches(self.filter, FAILURES, row, now)]
        return self.ordered(sorted(shown, key=lambda key: _when(self.rows[key]), reverse=True))

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
