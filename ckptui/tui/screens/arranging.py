"""How the rows stand: brought up to date as they change, sorted, put together."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Final

from ckptui import turns
from ckptui.tui.feed import PAINT_SECONDS
from ckptui.tui.folding import PREFIX
from ckptui.tui.keys import cap
from ckptui.tui.screens.base import RunScreen
from ckptui.tui.screens.choose import Choice, Choose
from ckptui.tui.services import Services
from ckptui.tui.views.checkpoints import PIECE_SECONDS
from ckptui.tui.views.groups import GROUPINGS, UNITS
from ckptui.tui.widgets.table import Table

_BREATH_SECONDS: Final = 0.01
"""What the keys get between two pieces of a long work."""
_LONG_BREATH_SECONDS: Final = 0.03
"""The same while one is being answered."""
_LATEST_SECONDS: Final = 0.3
"""Most time between two pieces while keys are answered: they go first, but not for ever."""
_KEYS: Final = "123456789abcdefimnoprstuvwxyz"
"""One for each choice; none of them moves a cursor."""


class ArrangeActions(RunScreen):
    """Sort, turn round, group, choose columns."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.tables[self.checkpoints.id].turn = self.turn
        self.checkpoints.set_usual(services.config.ui.columns)
        self._rows_shown_at = 0.0
        self._worked_at = 0.0

    def update_views(self, changed: Collection[str] | None, removed: Collection[str]) -> None:
        """Bring the views up to date, and show the open one.

        Args:
            changed: Paths of checkpoints that differ since the last time; None: any may.
            removed: Paths of those that are gone.
        """
        for view in self.views.values():
            view.update(self.snapshot, changed, removed)
            self.tables[view.id].empty = view.empty(self.snapshot)
        self._show_rows()

    def _show_rows(self) -> None:
        column, down = self.view.sort or ("", False)
        self.table.sort_mark(column or None, down=down)
        self.table.set_columns(self.view.shown)
        self.table.show(self.view.lines)
        self._rows_shown_at = time.monotonic()
        self._go_on_soon()

    def _go_on_soon(self) -> None:
        if self.checkpoints.busy and self._piece is None:
            wait = _LONG_BREATH_SECONDS if turns.waiting() else _BREATH_SECONDS
            self._piece = self.set_timer(wait, self._go_on)

    def _go_on(self) -> None:
        """The next piece of what cannot be done at once without keeping the keys waiting."""
        self._piece = None
        now, answering = time.monotonic(), turns.waiting()
        if answering and now - self._worked_at < _LATEST_SECONDS:
            self._go_on_soon()
            return
        self._worked_at = now
        self.checkpoints.work(PIECE_SECONDS)
        seen = time.monotonic() - self._rows_shown_at < PAINT_SECONDS
        # What a key has moved is painted in a moment: among the rows as they stand by then.
        soon = answering or not seen or not self.checkpoints.busy
        if soon and self.view is self.checkpoints:
            self._show_rows()
            self.show_status()
        self._go_on_soon()

    # Sort

    def action_sort(self) -> None:
        """Choose the column to sort by; the same one again turns the order round."""
        columns = list(self.view.columns)
        now = self.view.sort[0] if self.view.sort else ""
        choices = [Choice("0", "as it comes", "the newest first")]
        choices += [
            Choice(key, column.name, column.about)
            for key, column in zip(_KEYS, columns, strict=False)
        ]
        ids = {key: column.id for key, column in zip(_KEYS, columns, strict=False)}
        cursor = next((key for key, column in ids.items() if column == now), "0")
        ask = Choose("Sort by", choices, chosen=cursor, ascii_only=self.services.ascii_only)

        def go(key: str | None) -> None:
            if key:
                self.sort_by(ids.get(key))

        self.app.push_screen(ask, go)

    def sort_by(self, column: str | None) -> None:
        """Sort by a column; by the one that it is sorted by already, turned round.

        Args:
            column: Its id; None for the order that comes first to mind.
        """
        old = self.view.sort
        self.view.sort = (column, old is not None and old == (column, False)) if column else None
        self.refresh_view()

    def action_reverse_order(self) -> None:
        """Turn the order round."""
        column, down = self.view.sort or ("", False)
        self.view.sort = (column, not down) if column or not down else None
        if not column:
            self.say("the newest first" if down else "the oldest first")
        self.refresh_view()

    def on_table_headed(self, message: Table.Headed) -> None:
        """A click on a heading sorts by it."""
        if message.table is self.table:
            self.sort_by(message.column)

    # Columns

    def action_columns(self) -> None:
        """Choose the columns and their order; the table follows at once."""
        from ckptui.tui.screens.columns import ColumnsScreen

        view, table = self.view, self.table

        def follow(chosen: Sequence[str]) -> None:
            view.choose(chosen)
            table.set_columns(view.shown)
            table.touch()

        self.app.push_screen(
            ColumnsScreen(
                view.columns,
                view.chosen,
                empty=view.empty_columns,
                usual=view.usual,
                follow=follow,
                ascii_only=self.services.ascii_only,
            )
        )

    # Groups

    def action_group(self) -> None:
        """Choose what puts rows together."""
        if self.view is not self.checkpoints:
            self.say("only checkpoints can be put together in groups")
            return
        keys = dict(zip("udsn", GROUPINGS.values(), strict=True))
        choices = [Choice(key, each.title, each.about) for key, each in keys.items()]
        now = next(key for key, each in keys.items() if each is self.checkpoints.grouping)
        ask = Choose("One row for", choices, chosen=now, ascii_only=self.services.ascii_only)

        def go(key: str | None) -> None:
            if key:
                self.checkpoints.grouping = keys[key]
                self.refresh_view()
                if keys[key] not in (UNITS, GROUPINGS["none"]):
                    self.say(f"{cap('open-row')} opens a group and closes it again")

        self.app.push_screen(ask, go)

    def turn(self, key: str, step: int) -> bool:
        """Open (1) or close (-1) the group at a row; False where there is nothing to turn."""
        if self.view is not self.checkpoints:
            return False
        is_group, opened = key.startswith(PREFIX), key in self.checkpoints.opened
        if is_group and opened == (step < 0):
            self.checkpoints.toggle(key)
            self.refresh_view()
            return True
        home = None if is_group or step > 0 else self.checkpoints.home_of(key)
        if home is None:
            return False
        self.table.move_to(home)
        return True
