"""A cap on metadata operations: a shared metadata server has other guests."""

from __future__ import annotations

from collections.abc import Callable

from ckptui.validation.pace import OPERATIONS, keep_pace


class Throttle:
    """Lets ``rate`` operations a second through; None lets all through.

    The check workers of the same ckptui keep the same rate together with it.

    Args:
        rate: Operations per second.
        tick: Called while waiting, so that a slow sweep still shows that it lives.
    """

    def __init__(self, rate: float | None, tick: Callable[[], None] = lambda: None) -> None:
        self.rate = rate
        self.slept = 0.0
        """Seconds waited so far."""
        self._tick = tick

    def spend(self, operations: int = 1) -> None:
        """Wait until ``operations`` more may be done."""
        self.slept += keep_pace(OPERATIONS, operations, self.rate, self._tick)
