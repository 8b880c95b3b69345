"""What a keypress asked to be checked, and what has come of it so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ckptui.terms import PRECEDENCE, Category


@dataclass(slots=True)
class Order:
    """Checks asked for at once.

    Attributes:
        number: Counted up with each order, so that what an older one brings is told apart.
        what: ``ckpt_4500.pt to level 5``.
        wanted: How many checks.
        found: Category → how many are over; None counts those that are gone.
    """

    number: int = 0
    what: str = ""
    wanted: int = 0
    found: Counter[Category | None] = field(default_factory=Counter)

    def sentence(self) -> str:
        """``checked 12 checkpoints to level 5: 1 corrupted, 11 valid``."""
        said = [(category, self.found[category]) for category in PRECEDENCE if self.found[category]]
        words = [str(name) if self.wanted == 1 else f"{count:,} {name}" for name, count in said]
        if self.found[None]:
            words.append("gone" if self.wanted == 1 else f"{self.found[None]:,} gone")
        return f"checked {self.what}: {', '.join(words)}"
