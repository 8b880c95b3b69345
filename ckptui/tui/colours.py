"""Other colours, and keeping them by the user's word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ckptui.terms import EXIT_OK
from ckptui.tui.keys import cap
from ckptui.tui.leaving import Leaving
from ckptui.tui.themes import said, written

if TYPE_CHECKING:
    from ckptui.tui.screens.main import MainScreen

KEEP = "keep these colours"
"""What the palette calls it."""


class Colours(Leaving, inherit_bindings=False):
    """The part of the app that changes its colours."""

    @property
    def main(self) -> MainScreen:
        """The screen of the run directory that is on show; the app knows it."""
        raise NotImplementedError

    def show_theme(self, name: str) -> None:
        """Show other colours, and say how they are kept."""
        self.theme = name
        self.main.say(f"colours: {said(name)}; {cap('palette')} {KEEP} writes them to config.toml")

    def keep_theme(self) -> None:
        """Write the colours that are shown into the user's configuration."""
        self.run_worker(self._keep(written(self.theme)), group="theme", exclusive=True)

    async def _keep(self, name: str) -> None:
        # A child, because the home may be on a filesystem that does not answer.
        answer = await self.main.services.verbs.ask("config", "set", "ui.theme", name)
        self.main.say(answer.sentence, alarm=answer.code != EXIT_OK)
