"""The log of a resumed run, or any text file."""

from __future__ import annotations

import os

from ckptui.tui.services import Services
from ckptui.tui.widgets.textfind import FindableText


class LogView(FindableText):
    """Shows one text file; another one may be opened at any time.

    Args:
        services: Where the run is, and what acts.
        view_id: Widget id.
    """

    def __init__(self, services: Services, *, view_id: str | None = None) -> None:
        super().__init__(services.environment, ascii_only=services.ascii_only, view_id=view_id)
        self.services = services

    def open(self, path: str | None, *, follow: bool = True) -> None:
        """Show a file.

        Args:
            path: Absolute, or relative to the run directory; None shows nothing.
            follow: Begin at its end and stay there; else at its beginning.
        """
        full = None if path is None else os.path.join(self.services.root, path)
        if full != self.path:
            ended = self.state.ended
            self.open_file(full, follow=follow)
            self.tell_end(ended)

    def tell_end(self, words: str) -> None:
        """Say how the run ended that writes this file."""
        self.state.ended = words
        self._paint_status()
