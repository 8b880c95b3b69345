"""The line in which a filter is typed: with a history, and completed by tab."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final, TypeAlias

from textual.binding import BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from ckptui.tui.keys import ENTRY, bindings, by_id

Complete: TypeAlias = "Callable[[str], Sequence[str]]"
"""What is typed → how it may go on, whole lines, the likeliest first."""
MOST: Final = 50
"""Lines that are remembered."""


class _Ghost(Suggester):
    """Shows the likeliest end of what is typed."""

    def __init__(self, complete: Complete) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        """The first way on."""
        return next(iter(self._complete(value)), None)


class LineInput(Input):
    """One line to type in, left with a key of its own."""

    BINDINGS: ClassVar[list[BindingType]] = bindings([by_id("line-leave")])

    class Left(Message):
        """What was typed shall not hold."""

    def action_line_leave(self) -> None:
        """Take it back."""
        self.post_message(self.Left())


class Entry(LineInput):
    """One line of a filter.

    Args:
        complete: How a line may go on.
        entry_id: Widget id.

    Attributes:
        lines: What was typed before, the newest last.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(ENTRY)

    def __init__(self, complete: Complete, *, entry_id: str) -> None:
        super().__init__(
            id=entry_id, compact=True, select_on_focus=False, suggester=_Ghost(complete)
        )
        self.complete = complete
        self.lines: list[str] = []
        self._at = 0
        self._begun = ""
        self._offered: tuple[Sequence[str], int] = ((), 0)

    def begin(self, text: str, lines: list[str]) -> None:
        """Begin with a text, and with what was typed before."""
        self.lines, self._at, self._begun = lines, len(lines), text
        self.value = text
        self.cursor_position = len(text)

    def keep(self) -> None:
        """Remember what stands there."""
        text = self.value.strip()
        if text:
            self.lines[:] = [*(each for each in self.lines if each != text), text][-MOST:]

    def action_line_complete(self) -> None:
        """Complete the word at the end; once more offers the next way on."""
        offered, at = self._offered
        if offered and self.value == offered[at]:
            at = (at + 1) % len(offered)
        else:
            offered, at = tuple(self.complete(self.value)), 0
        self._offered = (offered, at)
        if offered:
            self.value = offered[at]
            self.cursor_position = len(self.value)

    def action_line_older(self) -> None:
        """What was typed before."""
        self._go(-1)

    def action_line_newer(self) -> None:
        """What was typed after that."""
        self._go(1)

    def _go(self, step: int) -> None:
        if self._at == len(self.lines):
            self._begun = self.value
        self._at = min(max(self._at + step, 0), len(self.lines))
        self.value = (*self.lines, self._begun)[self._at]
        self.cursor_position = len(self.value)
