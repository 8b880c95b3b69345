"""A cap on metadata operations: a shared metadata server has other guests."""

from __future__ import annotations

import time
from collections.abc import Callable


class Throttle:
    """Lets ``rate`` operations a second through; None lets all through.

    Args:
        rate: Operations per second.
        tick: Called while waiting, so that a slow sweep still shows that it lives.
    """

    def __init__(self, rate: float | None, tick: Callable[[], None] = lambda: None) -> None:
        self.rate = rate
        self.slept = 0.0
        """Seconds waited so far."""
        self._tick = tick
        self._free_at = 0.0

    def spend(self, operations: int = 1) -> None:
        """Wait until ``operations`` more may be done."""
        if self.rate is None:
            return
        now = time.monotonic()
        # Up to one second's worth may be spent at once; what is owed beyond that is slept off.
        self._free_at = max(self._free_at, now - 1.0) + operations / self.rate
        while (owed := self._free_at - time.monotonic()) > 0:
            self._tick()
            nap = min(owed, 0.5)
            time.sleep(nap)
            self.slept += nap
