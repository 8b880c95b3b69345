"""Stages as the states of pipelines record them."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

from ckptui.present import columns
from ckptui.present.columns import Cell
from ckptui.present.filter import matches
from ckptui.present.filter_fields import STAGES
from ckptui.tui.listing import Rows
from ckptui.tui.views.base import View
from ckptui.watch.model import Snapshot, StageRow


class StagesView(View):
    """Stages as the states record them, state by state."""

    id = "stages"
    title = "Stages"
    columns = columns.STAGES
    language = STAGES

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self.rows: dict[str, StageRow] = {}

    def update(
        self, snapshot: Snapshot, changed: Collection[str] | None, removed: Collection[str]
    ) -> Rows:
        """Take the stages in the order of their states."""
        del changed, removed  # of checkpoints
        if self._is_shown(snapshot.stages):
            return self.lines
        self.rows = {f"{row.state}\0{row.stage}": row for row in snapshot.stages}
        self.total = len(self.rows)
        now = time.time()
        shown = [key for key, row in self.rows.items() if matches(self.filter, STAGES, row, now)]
        self.lines = self.ordered(shown)
        return self.lines

    def cells(self, key: str) -> Mapping[str, Cell]:
        """Cells of a stage."""
        return columns.stage_cells(self.rows[key], ascii_only=self.ascii_only)

    def empty(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Which files would show here."""
        return self._no_match() or (
            "no stages here: none of the files is a state of a pipeline",
            "stage checkpoints (*.checkpoint.json) and pipeline_state.json show here",
        )
