"""When something that was painted stood on the screen, so that no key answers what nobody saw."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

_LONGEST: Final = 2.0
"""Seconds after which it is taken to be there, on a line that is never done."""


@dataclass(slots=True)
class Shown:
    """One thing that is painted. Times are monotonic seconds.

    Attributes:
        asked: When this was asked for, just before it was painted.
        at: Since when it is on the screen, None while it is on its way.
    """

    asked: float
    at: float | None = None

    def before(self, moment: float) -> bool:
        """True where it stood there before a moment."""
        since = self.asked + _LONGEST
        return moment >= (since if self.at is None else min(self.at, since))


@dataclass(slots=True)
class OnTheWay:
    """What was painted and is not known to be on the screen yet."""

    _waiting: list[Shown] = field(default_factory=list)
    _sent: list[tuple[int, Shown]] = field(default_factory=list)

    def add(self, now: float) -> Shown:
        """Something is about to be painted."""
        self._waiting.append(Shown(now))
        return self._waiting[-1]

    def sent(self, piece: int) -> None:
        """All that was painted so far has gone out, the last of it with this piece."""
        self._sent += [(piece, each) for each in self._waiting]
        self._waiting.clear()

    def arrived(self, pieces: int, now: float) -> None:
        """So many pieces are on the screen."""
        for piece, each in self._sent:
            if piece <= pieces:
                each.at = now
        self._sent = [(piece, each) for piece, each in self._sent if piece > pieces]
