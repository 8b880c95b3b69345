"""Textual's own table with the same rows, for comparison: python -m tests.benchmarks.ui.stock N.

The rows are made up: it reads no file and checks nothing. The key ``u`` changes one cell.
"""

from __future__ import annotations

import sys
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import DataTable

_COLUMNS = ("Checkpoint", "Step", "Format", "Ver", "Marker", "Level", "Size", "Age", "Verdict")


class Stock(App[None]):
    """As many rows as asked for."""

    BINDINGS: ClassVar[list[BindingType]] = [("u", "change", "change one cell")]

    def __init__(self, count: int) -> None:
        super().__init__()
        self.animation_level = "none"
        self.count = count

    def compose(self) -> ComposeResult:
        """One table."""
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        """Fill it."""
        table: DataTable[str] = self.query_one(DataTable)
        for column in _COLUMNS:
            table.add_column(column, key=column)
        for number in range(self.count):
            name = f"exp_{number // 1000:03d}/ckpt_{number % 1000:05d}.pt"
            table.add_row(name, "1", "torch", "0.x", "", "▰▰▰▰▱▱ 4", "1.6K", "1h", "◌ unchecked",
                          key=str(number))  # fmt: skip

    def action_change(self) -> None:
        """Change one cell of a row that is on screen."""
        table: DataTable[str] = self.query_one(DataTable)
        table.update_cell("3", "Verdict", "✓ valid")


if __name__ == "__main__":
    Stock(int(sys.argv[1])).run()
