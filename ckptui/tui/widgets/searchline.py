"""The line in which the words to look for in a text are typed, and what came of them."""

from __future__ import annotations

from typing import Protocol

from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget
from textual.widgets import Input

from ckptui.present.glyphs import Role
from ckptui.present.spans import Span, line
from ckptui.tui.widgets.entry import LineInput
from ckptui.tui.widgets.text import Text


class Typed(Protocol):
    """Takes a line that was typed."""

    def __call__(self, text: str, *, final: bool) -> str:
        """Take what is typed so far, or in the end; returns what to say about it."""
        ...


class SearchLine(Container):
    """Hidden until a key opens it; a screen that holds texts has one.

    Args:
        ascii_only: No signs beyond ASCII.
    """

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__()
        self.ascii_only = ascii_only
        self._take: Typed | None = None
        self._back: Widget | None = None

    def compose(self) -> ComposeResult:
        """The line to type in, and the one that answers."""
        yield LineInput(compact=True, select_on_focus=False)
        yield Text(ascii_only=self.ascii_only)

    @property
    def entry(self) -> Input:
        """Where it is typed."""
        return self.query_one(Input)

    def open(self, back: Widget, take: Typed, *, hint: str, text: str = "") -> None:
        """Let somebody type.

        Args:
            back: Has the focus again afterwards.
            take: Takes what is typed.
            hint: What may be typed.
            text: What stands there at first.
        """
        self._take, self._back = take, back
        self.entry.placeholder = hint
        with self.entry.prevent(Input.Changed):
            self.entry.value = text
        self._show(typing=True)
        # Now, not after the next refresh: what is typed ahead must land in the line.
        self.screen.set_focus(self.entry)

    def close(self, said: str = "") -> None:
        """Go back to the text, and say something where there is something to say."""
        self.query_one(Text).show([line(Span(said, Role.STRONG))])
        self._show(typing=False, answer=bool(said))
        if self._back is not None and self.entry.has_focus:
            self.screen.set_focus(self._back)

    def _show(self, *, typing: bool, answer: bool = False) -> None:
        self.display = typing or answer
        self.entry.display = typing
        self.query_one(Text).display = not typing

    def on_input_changed(self, event: Input.Changed) -> None:
        """As it is typed."""
        event.stop()
        if self._take is not None and self.entry.display:
            self._take(event.value, final=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it."""
        event.stop()
        if self._take is not None:
            self.close(self._take(event.value, final=True))

    def on_line_input_left(self, event: LineInput.Left) -> None:
        """Leave the line."""
        event.stop()
        if self._take is not None:
            self._take("", final=False)
        self.close()


def search_line(widget: Widget) -> SearchLine | None:
    """The line of the screen that a widget is on; None where it has none."""
    return next(iter(widget.screen.query(SearchLine)), None)
