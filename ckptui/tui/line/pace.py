"""How much may be on its way to the terminal, learnt from when it answers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

PATIENCE: Final = 3.0
"""Seconds after which an answer is not waited for any longer, beside those of the piece itself."""
_MOMENT: Final = 0.2
"""Seconds that all that is on its way may take."""
_LEAST, _MOST = 256, 1 << 16
_LONGEST_DELAY: Final = 0.3
"""Seconds of an answer's way that are taken for the line's own; more is bytes that queue."""
_SLOW: Final = 12_000
"""Bytes a second, below which a line is slow: a modem, a serial console, a bad day of ssh."""
_FAST: Final = 2 * _SLOW
"""Above which a slow one counts as fast again, so that it does not go to and fro."""
_HICCUP: Final = 0.06
"""Seconds that a busy machine may take for an answer: so late, a small piece tells nothing."""
_SEEN: Final = 9
_TELLING: Final = 150
"""Bytes from which on a piece tells how fast the line is."""


class Pace:
    """Pieces on their way. Times are monotonic seconds.

    A line has a delay, which no answer undercuts, and a rate: what is sent while another piece is
    still on its way arrives later than that by the time that it takes itself. Before the first
    answer nothing is held back: there are terminals that give none.
    """

    def __init__(self) -> None:
        self._flying: deque[tuple[int, float]] = deque()  # bytes, when
        self.sent = self.back = 0  # pieces; those that were given up are taken to be back
        self._answers = False
        self._answered_at = 0.0
        self._delay = _LONGEST_DELAY
        self._rate = float("inf")
        self._seen: deque[float] = deque(maxlen=_SEEN)
        self._slow = False

    @property
    def there(self) -> int:
        """Pieces on the screen: those that were answered; without answers, those that were sent."""
        return self.back if self._answers else self.sent

    @property
    def expects(self) -> bool:
        """True while an answer is due from a terminal that gives answers."""
        return self._answers and bool(self._flying)

    @property
    def slow(self) -> bool:
        """True where most of what was seen lately says so: one stall makes no slow line."""
        if len(self._seen) > 1:
            self._slow = _median(self._seen) < (_FAST if self._slow else _SLOW)
        return self._slow

    def leaves(self, size: int, now: float) -> None:
        """A piece is being sent."""
        self.sent += 1
        self._flying.append((size, now))

    def arrived(self, now: float) -> bool:
        """The oldest piece was answered. False where none was on its way."""
        if not self._flying:
            return False
        size, since = self._flying.popleft()
        self.back += 1
        delay = self._delay if self._answers else 0.0
        took = min(now - since - delay, now - self._answered_at)
        if size >= _TELLING and took > 0:
            rate = size / max(took, 1e-3)
            if rate >= _FAST or took > _HICCUP:
                self._seen.append(rate)
            known = self._rate != float("inf")
            # One answer that came too soon must not let everything out at once.
            self._rate = min((self._rate + rate) / 2, 2 * self._rate) if known else rate
        self._delay = min(self._delay, now - since)
        self._answers, self._answered_at = True, now
        return True

    def room(self, now: float) -> int:
        """Bytes that may be sent now."""
        while self._flying and now > self._end(*self._flying[0]):
            self._flying.popleft()
            self.back += 1
        if not self._answers:
            return _MOST
        window = min(max(self._rate * (_MOMENT + self._delay), _LEAST), _MOST)
        return int(window) - sum(size for size, _ in self._flying)

    def due(self, now: float) -> float | None:
        """Seconds until the oldest answer is given up; None where none is due."""
        return max(self._end(*self._flying[0]) - now, 0.01) if self._flying else None

    def _end(self, size: int, since: float) -> float:
        return since + PATIENCE + 2 * size / self._rate


def _median(of: Iterable[float]) -> float:
    """The one in the middle: a start need not load all of statistics for it."""
    each = sorted(of)
    return each[len(each) // 2]
