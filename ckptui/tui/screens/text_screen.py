"""A text file on the whole screen: a run's log, a state."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from ckptui.present.glyphs import Role
from ckptui.present.spans import Span, line
from ckptui.tui.keys import TEXT_SCREEN, bindings
from ckptui.tui.screens.on_top import OnTop
from ckptui.tui.widgets.footer import Footer
from ckptui.tui.widgets.log import LogView
from ckptui.tui.widgets.searchline import SearchLine
from ckptui.tui.widgets.text import Text


class TextScreen(OnTop[str], inherit_bindings=False):
    """A title, a file, and the keys below. Dismissed with what the key asked for.

    Args:
        title: One line.
        view: Shows the file; it has the focus.
        ascii_only: No signs beyond ASCII.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(TEXT_SCREEN)
    FOOTER: ClassVar[tuple[str, ...]] = (
        "back",
        "text-follow",
        "text-search",
        "text-top",
        "text-end",
        "help",
    )

    def __init__(self, title: str, view: LogView, *, ascii_only: bool) -> None:
        super().__init__()
        self.text_title = title
        self.view = view
        self.ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        """Title, text, footer."""
        yield Text(ascii_only=self.ascii_only, text_id="text-title")
        yield self.view
        yield SearchLine(ascii_only=self.ascii_only)
        yield Footer(self.FOOTER, ascii_only=self.ascii_only)

    def on_mount(self) -> None:
        """Show the title and focus the text."""
        self.query_one("#text-title", Text).show([line(Span(self.text_title, Role.STRONG))])
        self.view.focus()

    def action_leave(self) -> None:
        """Back to the table."""
        self.dismiss("")
