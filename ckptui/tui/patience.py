"""Waiting for the user's own files no longer than a moment: a home may hang, their run must not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, TypeVar

SECONDS: Final = 2.0

Read = TypeVar("Read")


def in_time(read: Callable[[], Read], seconds: float = SECONDS) -> Read | None:
    """What a function returns, or None where it has not returned by then; its thread is left."""
    found: list[Read] = []
    reader = threading.Thread(target=lambda: found.append(read()), name="reader", daemon=True)
    reader.start()
    reader.join(seconds)
    return found[0] if found else None
