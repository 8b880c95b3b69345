"""The outputs of a stage as rows: each with its verdict, and enter goes to it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.binding import BindingType

from ckptui.present.checkpoints import checkpoint_cells
from ckptui.present.columns import Cell, Column
from ckptui.present.glyphs import Role
from ckptui.present.safe import plain
from ckptui.tui.keys import UNMARKED, bindings
from ckptui.tui.widgets.table import Table
from ckptui.watch.model import Checkpoint

_COLUMNS = (
    Column("name", "Output", 20, stretch=True, middle=True, wish=40),
    Column("level", "Level", 8, keep=40),
    Column("size", "Size", 5, right=True, keep=50),
    Column("age", "Age", 5, right=True, keep=30),
    Column("verdict", "Verdict", 16),
    Column("reason", "", 12, keep=10, stretch=True),
)


class Outputs(Table, inherit_bindings=False):
    """Paths with what is known of them."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(UNMARKED)

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__(_COLUMNS, self._cells, ascii_only=ascii_only, table_id="outputs")
        self.checkpoints: Mapping[str, Checkpoint] = {}

    def tell(self, paths: Sequence[str], checkpoints: Mapping[str, Checkpoint]) -> None:
        """Show these paths."""
        self.checkpoints = checkpoints
        self.show(list(dict.fromkeys(paths)))

    def _cells(self, key: str) -> Mapping[str, Cell]:
        row = self.checkpoints.get(key)
        if row is None:
            said = Cell("no checkpoint", None, Role.MUTED)
            return {"name": Cell(plain(key), None, Role.MUTED), "verdict": said}
        return checkpoint_cells(row, now=time.time(), ascii_only=self.ascii_only, columns=_COLUMNS)
