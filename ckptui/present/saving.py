"""What the strip says about saves: the next one, one that is late, steps that go back."""

from __future__ import annotations

from typing import Final

from ckptui.light import dataclass
from ckptui.present import units
from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span, joined, line
from ckptui.watch.model import Snapshot

_LATE: Final = 2.0
"""Rhythms without a save, after which a save is late."""
_GRACE: Final = 30.0
_OVER: Final = 8.0
"""Rhythms after which a run of which nothing else is seen is taken to be over."""


@dataclass(frozen=True, slots=True)
class NextSave:
    """What the next save will probably take.

    Attributes:
        size: Bytes, as large as the largest of the latest saves.
        seconds: Seconds from now until it is due, None where no rhythm is seen.
        fits: False where the free space will not hold it, None where that is not known.
    """

    size: int
    seconds: float | None
    fits: bool | None


def next_save(snapshot: Snapshot, *, now: float) -> NextSave | None:
    """Size and time of the next save, from the series that holds the last good checkpoint.

    Returns:
        None where there is no series to tell from.
    """
    rhythm = snapshot.rhythm
    if rhythm is None:
        return None
    fits = None if snapshot.disk is None else rhythm.size <= snapshot.disk.free
    seconds = None
    # Two rhythms without a save: the job is over, or it changed its ways. Then nothing is said.
    if rhythm.due is not None and rhythm.usual and now - rhythm.last < _LATE * rhythm.usual:
        seconds = max(rhythm.due - now, 0.0)
    return NextSave(rhythm.size, seconds, fits)


def rhythm_line(snapshot: Snapshot, *, now: float) -> Line:
    """What is odd about the saves; empty where nothing is."""
    rhythm = snapshot.rhythm
    if rhythm is None:
        return ()
    said = [line(Span(note, Role.WARNING)) for note in rhythm.notes]
    return joined([_late(snapshot, now), *said], " · ")


def _late(snapshot: Snapshot, now: float) -> Line:
    role = Role.WARNING if snapshot.writing else Role.NORMAL
    return line(Span(late_words(snapshot, now=now), role))


def late_words(snapshot: Snapshot, *, now: float) -> str:
    """``last save 52m ago, usually every 15m``, while somebody may still be about to save."""
    rhythm = snapshot.rhythm
    if rhythm is None:
        return ""
    since = now - rhythm.last
    if rhythm.usual is None or not rhythm.even or since < _LATE * rhythm.usual + _GRACE:
        return ""
    if not snapshot.writing and (since > _OVER * rhythm.usual or _has_ended(snapshot)):
        return ""
    return f"last save {units.age(since)} ago, usually every {_rounded(rhythm.usual)}"


def _rounded(seconds: float) -> str:
    """To the nearest minute, or hour from three on: saves are never so even."""
    for length, letter, least in ((3600, "h", 3 * 3600), (60, "m", 60)):
        if seconds >= least:
            return f"{round(seconds / length)}{letter}"
    return f"{round(seconds)}s"


def _has_ended(snapshot: Snapshot) -> bool:
    """True where the run itself says that it is over."""
    if snapshot.stages and all(row.status == "completed" for row in snapshot.stages):
        return True
    if not snapshot.run_files:
        return False
    from ckptui.launch.registry import parse_runs  # most have none

    runs = parse_runs(snapshot.run_files)
    return bool(runs) and runs[0].ended_at is not None
