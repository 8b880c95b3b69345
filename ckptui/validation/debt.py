"""The common pace for somebody who must not sleep: first take, then see how long to rest."""

from __future__ import annotations

import time

from ckptui.validation.guest import bytes_for, operations_for
from ckptui.validation.pace import BYTES, OPERATIONS, account


class Debt:
    """What was taken from a filesystem, in time.

    Attributes:
        network: True where that is served from elsewhere.
    """

    def __init__(self) -> None:
        self.network = False
        self._until = 0.0

    def take(self, operations: int, count: int = 0) -> None:
        """Note metadata operations and bytes that were just asked for."""
        self._note(OPERATIONS, operations, operations_for(network=self.network))
        self._note(BYTES, count, bytes_for(network=self.network))

    def _note(self, place: int, count: int, rate: float | None) -> None:
        if rate is not None and count:
            rest = account(place).spend(count / rate)
            self._until = max(self._until, time.monotonic() + rest)

    def left(self) -> float:
        """Seconds for which no more should be taken; 0 where there is no debt."""
        return max(self._until - time.monotonic(), 0.0)
