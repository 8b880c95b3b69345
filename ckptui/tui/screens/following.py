"""The detail follows the cursor: at once where it steps, once it rests where it runs."""

from __future__ import annotations

import time
from typing import Final

from textual.timer import Timer

from ckptui.tui.screens.placing import Placing
from ckptui.tui.services import Services

RUNNING_SECONDS: Final = 0.25
"""Steps that come sooner than this after one another are a run."""
REST_SECONDS: Final = 0.1
"""A run is over once the cursor has stood still for so long."""


class Following(Placing):
    """Keeps the detail out of the way of keys that come fast: it is painted where they end."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._moved_at = 0.0
        self._follows: Timer | None = None

    def follow_cursor(self) -> None:
        """The cursor went to another row."""
        before, self._moved_at = self._moved_at, time.monotonic()
        if self._moved_at - before > RUNNING_SECONDS and self._follows is None:
            self.show_detail()
        elif self._follows is None:
            self._follows = self.set_timer(REST_SECONDS, self._arrive)
        else:
            self._follows.reset()

    def _arrive(self) -> None:
        self._follows = None
        self.show_detail()
