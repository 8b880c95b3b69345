"""Full-screen texts: a run's log."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from ckptui.present.glyphs import Role
from ckptui.present.spans import Span, line
from ckptui.tui.keys import TEXT_SCREEN, bindings
from ckptui.tui.widgets.footer import Footer
from ckptui.tui.widgets.pager import Pager
from ckptui.tui.widgets.text import Text


class TextScreen(Screen[str], inherit_bindings=False):
    """A title, a text that scrolls, and the keys below. Dismissed with what the key asked for.

    Args:
        title: One line.
        pager: Holds the text; it has the focus.
        ascii_only: No signs beyond ASCII.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(TEXT_SCREEN)
    FOOTER: ClassVar[tuple[str, ...]] = ("back", "line-down", "text-page-down", "text-end", "help")

    def __init__(self, title: str, pager: Pager, *, ascii_only: bool) -> None:
        super().__init__()
        self.text_title = title
        self.pager = pager
        self.ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        """Title, text, footer."""
        yield Text(ascii_only=self.ascii_only, text_id="text-title")
        yield self.pager
        yield Footer(self.FOOTER, ascii_only=self.ascii_only)

    def on_mount(self) -> None:
        """Show the title and focus the text."""
        self.query_one("#text-title", Text).show([line(Span(self.text_title, Role.STRONG))])
        self.pager.focus()

    def action_leave(self) -> None:
        """Back to the table."""
        self.dismiss("")
