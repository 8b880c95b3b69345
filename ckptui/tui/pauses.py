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


def shorten_pauses() -> None:
    """Let the keys' thread in soon, and keep the collector off what lives as long as the program.

    A look through a hundred thousand rows takes the collector a fifth of a second, in which no
    key is answered. Rows hold no cycles: they need no collector to go. Looking through what is
    being loaded takes a tenth of a start: call this before.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)


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
