"""How much may be on its way to the terminal, learnt from when it answers."""

from __future__ import annotations

from collections import deque
from typing import Final

PATIENCE: Final = 3.0
"""Seconds after which an answer is not waited for any longer, beside those of the piece itself."""
_MOMENT: Final = 0.2
"""Seconds that all that is on its way may take."""
_LEAST, _MOST = 256, 1 << 20
_TELLING: Final = 400
"""Bytes from which on a piece tells how fast the line is."""


class Pace:
    """Pieces on their way. Times are monotonic seconds.

    A line has a delay, which no answer undercuts, and a rate, which the large pieces show. Before
    the first answer nothing is held back: there are terminals that give none.
    """

    def __init__(self) -> None:
        self._flying: deque[tuple[int, int, float]] = deque()  # its bytes, all bytes then, when
        self._answers = False
        self._delay = float("inf")
        self._rate = float("inf")

    @property
    def expects(self) -> bool:
        """True while an answer is due from a terminal that gives answers."""
        return self._answers and bool(self._flying)

    def leaves(self, size: int, now: float) -> None:
        """A piece is being sent."""
        self._flying.append((size, self._underway() + size, now))

    def arrived(self, now: float) -> bool:
        """The oldest piece was answered. False where none was on its way."""
        if not self._flying:
            return False
        _, size, since = self._flying.popleft()
        took = now - since
        self._delay = min(self._delay, took)
        if size >= _TELLING and took > self._delay:
            rate = size / max(took - self._delay, 1e-3)
            self._rate = rate if self._rate == float("inf") else (self._rate + rate) / 2
        self._answers = True
        return True

    def room(self, now: float) -> int:
        """Bytes that may be sent now."""
        while self._flying and now > self._end(self._flying[0]):
            self._flying.popleft()
        if not self._answers:
            return _MOST
        window = min(max(self._rate * (_MOMENT + self._delay), _LEAST), _MOST)
        return int(window) - self._underway()

    def due(self, now: float) -> float | None:
        """Seconds until the oldest answer is given up; None where none is due."""
        return max(self._end(self._flying[0]) - now, 0.01) if self._flying else None

    def _underway(self) -> int:
        return sum(size for size, _, _ in self._flying)

    def _end(self, piece: tuple[int, int, float]) -> float:
        _, size, since = piece
        return since + PATIENCE + 2 * size / self._rate
