"""Screens that go away once: an answer on its way while the first one closes does nothing."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import Screen, ScreenResultType


class OnTop(Screen[ScreenResultType], inherit_bindings=False):
    """A screen that can be dismissed only while it is on top.

    Textual's own ``dismiss`` takes whatever screen is on top, which is then the one below.
    """

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Give the result and go; nothing where it has gone already, or another lies over it."""
        if self.app.screen is not self:
            return AwaitComplete()
        return super().dismiss(result)
