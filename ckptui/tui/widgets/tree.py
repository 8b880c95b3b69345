"""Tensors as a tree: branches fold, ``/`` finds, and only what is seen is painted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widgets import Input

from ckptui.present import units
from ckptui.present.columns import Cell
from ckptui.present.glyphs import Role
from ckptui.present.spans import Span
from ckptui.present.tensor_rows import COLUMNS, tensor_cells, whole_name
from ckptui.present.tensors import ORDERS, TensorTree
from ckptui.tui.keys import TREE, TREE_FIND, bindings
from ckptui.tui.widgets.entry import LineInput
from ckptui.tui.widgets.painting import between
from ckptui.tui.widgets.table import Table
from ckptui.tui.widgets.text import Text


class TreeTable(Table, inherit_bindings=False):
    """The rows of a tree, in the table that all rows are shown in."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TREE)

    def __init__(self, *, ascii_only: bool) -> None:
        self.tree_shown = TensorTree()
        super().__init__(COLUMNS, self._cells, ascii_only=ascii_only, table_id="tensor-rows")
        self.empty = ("no tensors and no keys are told by its header",)

    def _cells(self, key: str) -> Mapping[str, Cell]:
        tree = self.tree_shown
        return tensor_cells(tree.nodes[key], opened=key in tree.opened, ascii_only=self.ascii_only)

    def show_tree(self, tree: TensorTree) -> None:
        """Show a tree, with the cursor where the user left it."""
        if tree is not self.tree_shown:
            self.tree_shown = tree
            self.show(())
            self.sort_mark(None, down=False)
            self.show(tree.rows)
            self.move_to(tree.cursor or (tree.rows[0] if tree.rows else ""))

    def action_tree_unfold(self) -> None:
        """Open the branch, or go into the one that is open."""
        tree = self.tree_shown
        if self.cursor and not tree.open(self.cursor) and tree.nodes[self.cursor].children:
            self._step(1)
        self.show(self.tree_shown.rows)

    def action_tree_fold(self) -> None:
        """Close the branch, or go to the one that this row is in."""
        if self.cursor is None:
            return
        if not self.tree_shown.close(self.cursor):
            parent = self.tree_shown.nodes[self.cursor].parent
            if parent is not None and parent.key:
                self.move_to(parent.key)
        self.show(self.tree_shown.rows)

    def action_table_open(self) -> None:
        """Open or close the branch."""
        if self.cursor is not None and not self.tree_shown.open(self.cursor):
            self.tree_shown.close(self.cursor)
        self.show(self.tree_shown.rows)

    def action_tree_order(self) -> None:
        """As the file lists them, by name, by size, and round again."""
        tree = self.tree_shown
        tree.sort(ORDERS[(ORDERS.index(tree.order) + 1) % len(ORDERS)])
        column = {"name": "name", "size": "bytes"}.get(tree.order)
        self.sort_mark(column, down=tree.order == "size")
        self.show(tree.rows)

    def go_to(self, key: str) -> None:
        """Put the cursor on a row, opening the branches that it is in."""
        self.tree_shown.show(key)
        self.show(self.tree_shown.rows)
        self.move_to(key)


class TreeView(Container):
    """A tree, the whole name of the row under the cursor, and a line to find with."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(TREE_FIND)

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__(id="tensors")
        self.ascii_only = ascii_only
        self.table = TreeTable(ascii_only=ascii_only)
        self.foot = Text(ascii_only=ascii_only, text_id="tensor-foot")
        self.entry = LineInput(
            id="find", compact=True, select_on_focus=True, placeholder="words of a name"
        )
        self.entry.display = False
        self._found: list[str] = []
        self._words = ""

    def compose(self) -> ComposeResult:
        """Rows, foot, and the line to find with."""
        yield self.table
        yield self.foot
        yield self.entry

    def show(self, tree: TensorTree) -> None:
        """Show a tree."""
        if tree is not self.table.tree_shown:
            self._found, self._words = [], ""
            self.table.show_tree(tree)
        else:
            self.table.show(tree.rows)
        self._paint_foot()

    def take_focus(self) -> None:
        """Put the focus on the rows."""
        self.table.focus()

    def on_table_moved(self, message: Table.Moved) -> None:
        """Tell the whole name, and remember the row."""
        message.stop()
        self.table.tree_shown.cursor = message.key or ""
        self._paint_foot()

    def on_resize(self) -> None:
        """Fit the foot to the width."""
        self._paint_foot()

    def _paint_foot(self) -> None:
        node = self.table.tree_shown.nodes.get(self.table.cursor or "")
        note = (Span(self._note(), Role.MUTED),)
        said = () if node is None or not node.key else whole_name(node)
        self.foot.show([between(said, note, max(self.foot.size.width, 1))])

    def _note(self) -> str:
        """How many there are, or which of those found this is."""
        root, cursor = self.table.tree_shown.root, self.table.cursor
        if not self._words:
            return f"{units.counted(root.tensors, 'tensor')}, {units.size(root.bytes)}"
        if not self._found:
            return "not found"
        at = self._found.index(cursor) + 1 if cursor in self._found else 0
        return f"{at:,} of {len(self._found):,}" if at else f"{len(self._found):,} found"

    # Finding

    def action_tree_find(self) -> None:
        """Open the line to find with."""
        self.entry.display = True
        self.entry.value = self._words
        self.entry.focus()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Find while typing, from the cursor on."""
        message.stop()
        if not self.entry.display:
            return
        self._words = message.value.strip()
        self._found = self.table.tree_shown.find(self._words)
        if self._found and self.table.cursor not in self._found:
            self._go_on(1)
        self._paint_foot()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Keep what was found."""
        message.stop()
        self._close()

    def on_line_input_left(self, event: LineInput.Left) -> None:
        """Leave the line and forget what was found."""
        event.stop()
        self._words, self._found = "", []
        self._close()

    def _close(self) -> None:
        self.entry.display = False
        self.table.focus()
        self._paint_foot()

    def action_tree_next(self, step: int) -> None:
        """The next one found, or the one before."""
        if self._found:
            self._go_on(step)
            self._paint_foot()

    def _go_on(self, step: int) -> None:
        """From the cursor on, as the file lists them, and round."""
        tree, cursor = self.table.tree_shown, self.table.cursor or ""
        if cursor in self._found:
            at = (self._found.index(cursor) + step) % len(self._found)
        else:
            at = tree.first_after(cursor, self._found) if step > 0 else -1
        self.table.go_to(self._found[at])
