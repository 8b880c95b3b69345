"""A small choice: one key each, or the cursor and enter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from ckptui.present.columns import Cell, Column
from ckptui.present.glyphs import Role
from ckptui.present.safe import plain
from ckptui.present.spans import Span, line
from ckptui.tui.keys import DIALOG, UNMARKED, bindings, cap
from ckptui.tui.screens.on_top import OnTop
from ckptui.tui.widgets.table import Table
from ckptui.tui.widgets.text import Text

_COLUMNS = (Column("key", "", 3), Column("what", "", 24), Column("note", "", 20, stretch=True))


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose: its key, what it is, and a note beside it."""

    key: str
    what: str
    note: str = ""


class Choices(Table, inherit_bindings=False):
    """The list of them; nothing is marked in it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(UNMARKED)


class Choose(OnTop[str], ModalScreen[str], inherit_bindings=False):
    """Dismissed with the key of the choice, ``""`` for leaving.

    Args:
        title: One line.
        choices: In order; their keys differ and are none of the table's own.
        chosen: Key of the choice that the cursor starts on.
        ascii_only: No signs beyond ASCII.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(DIALOG)

    def __init__(
        self, title: str, choices: Sequence[Choice], *, chosen: str = "", ascii_only: bool
    ) -> None:
        super().__init__()
        self.choose_title = title
        self.choices = {choice.key: choice for choice in choices}
        self.chosen = chosen
        self.ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        """Title and choices in a box."""
        with Vertical(id="box"):
            yield Text(ascii_only=self.ascii_only, text_id="dialog-title")
            yield Choices(_COLUMNS, self._cells, ascii_only=self.ascii_only, table_id="choices")
            yield Text(ascii_only=self.ascii_only, text_id="dialog-answers")

    def on_mount(self) -> None:
        """Fill the box."""
        self.query_one("#dialog-title", Text).show([line(Span(self.choose_title, Role.STRONG))])
        keys = (
            Span(cap("open-row"), Role.ACCENT),
            Span(" choose     "),
            Span(cap("leave"), Role.ACCENT),
        )
        self.query_one("#dialog-answers", Text).show([(*keys, Span(" leave it"))])
        table = self.query_one(Table)
        table.show(list(self.choices))
        table.move_to(self.chosen)
        table.focus()
        box = self.query_one("#box")
        box.styles.width = min(72, self.app.size.width - 2)
        box.styles.height = min(len(self.choices) + 7, self.app.size.height)

    def _cells(self, key: str) -> dict[str, Cell]:
        choice = self.choices[key]
        return {
            "key": Cell("" if self._taken(choice.key) else choice.key, None, Role.ACCENT),
            "what": Cell(plain(choice.what)),
            "note": Cell(plain(choice.note), None, Role.MUTED),
        }

    def _taken(self, key: str) -> bool:
        """True where a key moves the cursor, chooses or leaves."""
        return any(key in each.names for each in (*DIALOG, *UNMARKED))

    def on_key(self, event: events.Key) -> None:
        """A choice's own key chooses it at once, unless the keymap has it for something here."""
        if event.character in self.choices and not self._taken(event.character):
            event.stop()
            self.dismiss(event.character)

    def on_table_opened(self, message: Table.Opened) -> None:
        """Enter chooses the row under the cursor."""
        self.dismiss(message.key)

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss("")
