"""The journal of repairs, as far as the screen tells of it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ckptui.repair.model import JournalEntry

JOURNAL: Final = ".ckptui/journal.jsonl"
"""Its path in the run directory, as the scanner sends it."""


@lru_cache(maxsize=4)
def standing(text: str) -> int:
    """Number of repairs that stand and can be taken back.

    Args:
        text: The journal's lines.
    """
    return sum(entry.state == "done" and entry.undoes is None for entry in repairs(text))


@lru_cache(maxsize=4)
def repairs(text: str) -> tuple[JournalEntry, ...]:
    """Every repair that the journal tells of, the oldest first."""
    if not text:  # most have none, and a start need not load what reads it
        return ()
    from ckptui.repair.journal import parse_entries

    return tuple(parse_entries(text))
