"""Whose turn it is: threads that work in the background let the one that answers keys go first.

One interpreter runs one thread at a time, and hands over every so often, to whichever comes first.
With three threads at work a key then waits for three turns each time that its thread has waited
for anything. So the others do their work in pieces, and rest between two of them while a key is
being answered. They never stop for good: between two rests there is always a piece.
"""

from __future__ import annotations

import time
from typing import Final

_ANSWER: Final = 0.1
"""Seconds within which a key is answered and painted."""
_REST: Final = 0.06
"""Seconds of rest between two pieces meanwhile."""

_until = 0.0


def wanted(seconds: float = _ANSWER) -> None:
    """Somebody waits: the others rest, between their pieces, for so long from now on."""
    global _until
    _until = max(_until, time.monotonic() + seconds)


def waiting() -> bool:
    """True while somebody waits."""
    return _until > time.monotonic()


def give() -> None:
    """Between two pieces of work: rest for a moment if somebody waits."""
    left = _until - time.monotonic()
    if left > 0:
        time.sleep(min(left, _REST))
