"""What a keypress asked to be checked, and what has come of it so far."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ckptui.terms import PRECEDENCE, Category

_MEASURABLE = 64 << 20
"""Bytes that take long enough to be read for a speed to be told from them."""


@dataclass(slots=True)
class Order:
    """Checks asked for at once.

    Attributes:
        number: Counted up with each order, so that what an older one brings is told apart.
        what: ``ckpt_4500.pt to level 5``.
        wanted: How many checks.
        found: Category → how many are over; None counts those that are gone.
        speed: Bytes a second of the last order that was long enough to measure it, else 0.
    """

    number: int = 0
    what: str = ""
    wanted: int = 0
    found: Counter[Category | None] = field(default_factory=Counter)
    speed: float = 0.0
    _size: int = 0
    _began: float = field(default_factory=time.monotonic)

    def following(self, what: str, sizes: Sequence[int]) -> Order:
        """The next order, for files of these sizes."""
        return Order(self.number + 1, what, len(sizes), speed=self.speed, _size=sum(sizes))

    def ended(self) -> None:
        """All checks are over: note how fast they were, unless there was little to read."""
        seconds = time.monotonic() - self._began
        if self._size >= _MEASURABLE and seconds > 0:
            self.speed = self._size / seconds

    def sentence(self) -> str:
        """``checked 12 checkpoints to level 5: 1 corrupted, 11 valid``."""
        said = [(category, self.found[category]) for category in PRECEDENCE if self.found[category]]
        words = [str(name) if self.wanted == 1 else f"{count:,} {name}" for name, count in said]
        if self.found[None]:
            words.append("gone" if self.wanted == 1 else f"{self.found[None]:,} gone")
        return f"checked {self.what}: {', '.join(words)}"
