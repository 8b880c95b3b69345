"""A good guest on a shared machine: how much of it the checks may take (SPEC §12)."""

from __future__ import annotations

import os
from typing import Final

NETWORK_WORKERS: Final = 2
"""Files at a time on a filesystem that is served from elsewhere."""


def workers_for(asked: int | None, *, network: bool) -> int:
    """How many files to read at a time.

    Args:
        asked: What the user said, None for nothing.
        network: True where they lie on a network filesystem.
    """
    if asked is not None:
        return asked
    usable = len(os.sched_getaffinity(0))
    return min(usable, NETWORK_WORKERS) if network else usable
