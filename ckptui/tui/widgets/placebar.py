"""The line of places on top, where there is more than one; a click goes to a place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.message import Message

from ckptui.present.safe import cells
from ckptui.tui.placeline import Piece
from ckptui.tui.widgets.text import Text


class PlaceBar(Text):
    """One line; nothing, where nothing was ever shown in it."""

    class Clicked(Message):
        """The user wants another place.

        Attributes:
            number: Which.
        """

        def __init__(self, number: int) -> None:
            self.number = number
            super().__init__()

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only, text_id="places")
        self.display = False
        self._make: Callable[[int], Sequence[Piece]] | None = None
        self._pieces: Sequence[Piece] = ()

    def tell(self, make: Callable[[int], Sequence[Piece]]) -> None:
        """Show what this makes for a width in cells."""
        self.display = True
        self._make = make
        self.on_resize()

    def on_resize(self) -> None:
        """Fit the line to the width."""
        if self._make is not None and self.size.width:
            self._pieces = self._make(self.size.width)
            self.show([tuple(span for _, span in self._pieces)])

    def on_click(self, event: events.Click) -> None:
        """Go to the place that was clicked."""
        offset = event.get_content_offset(self)
        number = None if offset is None else self._at(offset.x)
        if number is not None:
            self.post_message(self.Clicked(number))

    def _at(self, x: int) -> int | None:
        for number, span in self._pieces:
            x -= cells(span.text)
            if x < 0:
                return number
        return None
