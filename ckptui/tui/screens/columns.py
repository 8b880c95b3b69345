"""Which columns a table shows, and in what order; the table behind follows at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final, TypeAlias

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from ckptui.present.columns import Cell, Column
from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span, line
from ckptui.tui.keys import COLUMNS, DIALOG, bindings, cap
from ckptui.tui.screens.on_top import OnTop
from ckptui.tui.widgets.table import Table
from ckptui.tui.widgets.text import Text

Follow: TypeAlias = "Callable[[Sequence[str]], None]"
"""Shows these columns, by their ids, in this order."""

WIDTH: Final = 46
"""Cells of the box: it leaves room to see what comes of it."""
_LISTED: Final = (
    Column("what", "Column", 9),
    Column("about", "shows", 12, keep=10, stretch=True),
)


class ColumnsScreen(OnTop[bool], ModalScreen[bool], inherit_bindings=False):
    """Dismissed with True where the columns are to stay as they now are.

    Args:
        columns: All there are; the first one always stays in front.
        chosen: Ids of those that are shown, in order.
        empty: Ids of those that hold nothing now and so are not shown even if chosen.
        usual: What ``u`` puts back.
        follow: Called with each new choice.
        ascii_only: No signs beyond ASCII.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings([*DIALOG, *COLUMNS])

    def __init__(
        self,
        columns: Sequence[Column],
        chosen: Sequence[str],
        *,
        empty: frozenset[str],
        usual: Sequence[str],
        follow: Follow,
        ascii_only: bool,
    ) -> None:
        super().__init__()
        first, *others = columns
        self._first = first.id
        self._named = {column.id: column for column in others}
        self._usual = usual
        self._empty = empty
        self._follow = follow
        self._before = list(chosen)
        self._order = self._all(chosen)
        self.ascii_only = ascii_only
        self.list = Table(_LISTED, self._cells, ascii_only=ascii_only, table_id="choices")
        self.list.mark_sign = "x" if ascii_only else "✓"
        self.list.marks = frozenset(each for each in chosen if each in self._named)

    def _all(self, chosen: Sequence[str]) -> list[str]:
        """Those that are chosen, and then the others."""
        return list(
            dict.fromkeys([each for each in chosen if each in self._named] + [*self._named])
        )

    def compose(self) -> ComposeResult:
        """A list in a box at the edge."""
        with Vertical(id="box"):
            yield Text(ascii_only=self.ascii_only, text_id="dialog-title")
            yield self.list
            yield Text(ascii_only=self.ascii_only, text_id="dialog-answers")

    def on_mount(self) -> None:
        """Fill the box."""
        self.query_one("#dialog-title", Text).show([line(Span("Columns", Role.STRONG))])
        self.query_one("#dialog-answers", Text).show(self._answers())
        self.list.show(self._order)
        self.list.focus()
        self._fit()

    def on_resize(self) -> None:
        """Fit the box to the terminal."""
        self._fit()

    def _fit(self) -> None:
        box = self.query_one("#box")
        box.styles.width = min(WIDTH, self.app.size.width)
        box.styles.height = min(len(self._order) + 7, max(self.app.size.height - 8, 10))

    def _answers(self) -> list[Line]:
        said = (("mark-row", "show"), ("column-later", "later"), ("column-earlier", "earlier"))
        more = (("open-row", "keep"), ("leave", "leave it"), ("usual-columns", "as usual"))
        return [
            line(*(piece for name, word in each for piece in _named(name, word)))
            for each in (said, more)
        ]

    def _cells(self, key: str) -> dict[str, Cell]:
        column, shown = self._named[key], key in self.list.marks
        about = f"{column.about}, empty now" if key in self._empty else column.about
        return {
            "what": Cell(column.name, None, Role.NORMAL if shown else Role.MUTED),
            "about": Cell(about, None, Role.MUTED),
        }

    def _chosen(self) -> list[str]:
        return [self._first, *(each for each in self._order if each in self.list.marks)]

    def on_table_marked(self, message: Table.Marked) -> None:
        """A mark is a column that is shown."""
        message.stop()
        self._follow(self._chosen())

    def action_move_column(self, step: int) -> None:
        """Move the column under the cursor earlier (-1) or later (1)."""
        if self.list.cursor is None:
            return
        at = self._order.index(self.list.cursor)
        to = min(max(at + step, 0), len(self._order) - 1)
        self._order.insert(to, self._order.pop(at))
        self.list.show(self._order)
        self._follow(self._chosen())

    def action_usual_columns(self) -> None:
        """Put back what is shown until somebody chooses."""
        self._order = self._all(self._usual)
        self.list.marks = frozenset(self._usual) - {self._first}
        self.list.show(self._order)
        self._follow(self._chosen())

    def on_table_opened(self, message: Table.Opened) -> None:
        """Enter keeps it as it is."""
        message.stop()
        self.dismiss(True)

    def on_table_moved(self, message: Table.Moved) -> None:
        """Nothing else follows the cursor here."""
        message.stop()

    def action_leave(self) -> None:
        """Put everything back."""
        self._follow(self._before)
        self.dismiss(False)


def _named(key_id: str, word: str) -> tuple[Span, str]:
    return Span(cap(key_id), Role.ACCENT), f" {word}   "
