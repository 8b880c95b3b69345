"""The detail on the whole screen; the keys that act on the row work here too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType

from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span, line
from ckptui.tui.keys import ON_DETAIL, TEXT_SCREEN, bindings, by_id, forwarded
from ckptui.tui.screens.on_top import OnTop
from ckptui.tui.widgets.detail import DetailView
from ckptui.tui.widgets.footer import Footer
from ckptui.tui.widgets.searchline import SearchLine
from ckptui.tui.widgets.text import Text


class DetailScreen(OnTop[str], inherit_bindings=False):
    """The detail of one row.

    Args:
        title: One line.
        view: Holds the parts; it has the focus.
        act: Does what a key of the main screen does.
        why_not: Says why a key does nothing, empty where it works.
        chosen: Hears which part is shown, to find out what it lacks.
        ascii_only: No signs beyond ASCII.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings((*TEXT_SCREEN, *forwarded(ON_DETAIL)))
    FOOTER = ("back", "next-section", "validate", "fix", "marker", "help")

    def __init__(
        self,
        title: str,
        view: DetailView,
        act: Callable[[str], Awaitable[None]],
        why_not: Callable[[str], str],
        chosen: Callable[[str], None],
        *,
        ascii_only: bool,
    ) -> None:
        super().__init__()
        self.text_title = title
        self.view = view
        self.act = act
        self.why_not = why_not
        self.chosen = chosen
        self.ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        """Title, parts, what was said, footer."""
        yield Text(ascii_only=self.ascii_only, text_id="text-title")
        yield self.view
        yield SearchLine(ascii_only=self.ascii_only)
        yield Text(ascii_only=self.ascii_only, text_id="text-status")
        yield Footer(self.FOOTER, ascii_only=self.ascii_only)

    def on_mount(self) -> None:
        """Show the title and focus the text."""
        self.query_one("#text-title", Text).show([line(Span(self.text_title, Role.STRONG))])
        self.view.take_focus()

    def tell(self, said: Line) -> None:
        """Show what a key did."""
        for status in self.query("#text-status").results(Text):  # none while it opens or closes
            status.show([said])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what does nothing now."""
        return None if action == "forward" and self.why_not(str(parameters[0])) else True

    async def on_key(self, event: events.Key) -> None:
        """Say why a dimmed key does nothing."""
        for key in map(by_id, ON_DETAIL):
            if event.key in key.names and self.why_not(key.action):
                await self.act(key.action)

    async def action_forward(self, action: str) -> None:
        """Do what the key does on the main screen."""
        await self.act(action)

    def action_leave(self) -> None:
        """Back to the table."""
        self.dismiss("")

    def on_detail_view_chosen(self, message: DetailView.Chosen) -> None:
        """Another part was chosen."""
        self.chosen(message.section)

    def on_detail_view_followed(self, message: DetailView.Followed) -> None:
        """Go to a checkpoint: the main screen does, once this one is gone."""
        message.stop()
        self.dismiss(message.path)
