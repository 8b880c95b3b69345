"""Full-screen texts: a checkpoint's detail, a run's log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span, line
from ckptui.tui.keys import ON_DETAIL, TEXT_SCREEN, bindings, forwarded
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


class DetailScreen(TextScreen):
    """The detail of one row; the keys that act on it work here too.

    Args:
        title: One line.
        lines: The text.
        act: Does what a key of the main screen does.
        why_not: Says why a key does nothing, empty where it works.
        ascii_only: No signs beyond ASCII.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(forwarded(ON_DETAIL))
    FOOTER = ("back", "validate", "fix", "marker", "text-page-down", "help")

    def __init__(
        self,
        title: str,
        lines: list[Line],
        act: Callable[[str], Awaitable[None]],
        why_not: Callable[[str], str],
        *,
        ascii_only: bool,
    ) -> None:
        super().__init__(title, Pager(ascii_only=ascii_only), ascii_only=ascii_only)
        self.lines = lines
        self.act = act
        self.why_not = why_not

    def compose(self) -> ComposeResult:
        """Title, text, what was said, footer."""
        *above, footer = super().compose()
        yield from above
        yield Text(ascii_only=self.ascii_only, text_id="text-status")
        yield footer

    def on_mount(self) -> None:
        """Show the text."""
        super().on_mount()
        self.pager.show(self.lines)

    def update(self, lines: list[Line]) -> None:
        """Show a newer text; the place in it is kept."""
        self.lines = lines
        if self.is_mounted:
            self.pager.show(lines)

    def tell(self, said: Line) -> None:
        """Show what a key did."""
        if self.is_mounted:
            self.query_one("#text-status", Text).show([said])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what does nothing now."""
        return None if action == "forward" and self.why_not(str(parameters[0])) else True

    async def action_forward(self, action: str) -> None:
        """Do what the key does on the main screen."""
        await self.act(action)
