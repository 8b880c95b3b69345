"""What happened by itself, said in the line above the footer until it has been there a while."""

from __future__ import annotations

from typing import Final

from textual.timer import Timer

from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span, line
from ckptui.tui.screens.base import RunScreen
from ckptui.tui.services import Services

NOTICE_SECONDS: Final = 30.0
"""How long it stands there, as far as nothing covers it."""
_KEPT: Final = 99


class Noticing(RunScreen):
    """Shows the newest notice, and how many more there are; what a key did goes before."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._notices: list[Span] = []
        self._notice_timer: Timer | None = None

    def notice(self, text: str, *, alarm: bool) -> None:
        """Show a sentence where nothing is covered by it.

        Args:
            text: Plain; never read as markup.
            alarm: False for good news.
        """
        self._notices.append(Span(text, Role.ERROR if alarm else Role.SUCCESS))
        del self._notices[:-_KEPT]
        self._let_stand()
        if self.query("#status"):  # else it is shown once this place is composed
            self.show_status()

    def _let_stand(self) -> None:
        if self._notice_timer is not None:
            self._notice_timer.stop()
        self._notice_timer = self.set_timer(NOTICE_SECONDS, self._take_away)

    def _take_away(self) -> None:
        """Unless nobody could see it: another screen is on top, or a key's own words were."""
        if self._said or self.app.screen not in (self, self.open_detail):
            self._let_stand()
            return
        self._notices.clear()
        self.show_status()

    def status_line(self) -> Line:
        """What a key did, else what happened, else the state."""
        if self._said or not self._notices:
            return super().status_line()
        more = len(self._notices) - 1
        said = self._notices[-1]
        return line(Span(f"{more + 1} notices, the last: " if more else "", said.role), said)
