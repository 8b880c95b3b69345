"""Keeping pauses short in the process that answers keys, however many rows it holds."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Final

COLLECT_SECONDS: Final = 600.0
"""Time between two looks for garbage among what is new."""
_SWITCH_SECONDS: Final = 0.001
_YOUNG, _MIDDLE, _OLD = 5_000, 8, 1_000_000
_ROWS: Final = 2_000
"""New rows after which they are looked through: a dozen objects each, some 5 ms in all."""


def shorten_pauses() -> None:
    """Let the keys' thread in soon, and keep the collector off what lives as long as the program.

    A look through a hundred thousand rows takes the collector a fifth of a second, in which no
    key is answered. Rows hold no cycles: they need no collector to go. Looking through what is
    being loaded takes a tenth of a start: call this before.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)


class RowsMade:
    """Counts new rows, and takes them off the collector's hands while they are still few.

    The collector counts what is made less what goes. A row that takes another's place adds
    nothing to that: a hundred thousand verdicts would gather unseen, and one key, much later,
    would wait a quarter of a second for all of them.
    """

    def __init__(self) -> None:
        self._count = 0

    def add(self, count: int) -> None:
        """So many were made. May be called from any thread."""
        self._count += count
        if self._count >= _ROWS:
            self._count = 0
            gc.collect(1)
            gc.freeze()


rows_made: Final = RowsMade()
"""Of all run directories: the collector is one for the whole process."""


def collector() -> Callable[[], None]:
    """A function to call every ``COLLECT_SECONDS``.

    Returns:
        Looks for garbage among what is new since its last call; the first call only notes what
        is there.
    """
    first = True

    def collect() -> None:
        nonlocal first
        if not first:
            gc.collect()
        first = False
        gc.freeze()

    return collect
