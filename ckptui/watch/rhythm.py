"""What the times and steps of the latest saves tell. Pure.

It is careful. A copy of a run has the times of the copying, in any order; a folder that keeps the
last few saves has gaps; one old file may be written again by a repair. None of these is reported
as a fault of the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from ckptui.terms import GOOD
from ckptui.watch.model import Checkpoint, Rhythm
from ckptui.watch.series import SAME_MOMENT

_RECENT: Final = 7
"""Saves from which the next one is told."""
_EVEN: Final = 3.0
"""How many times the usual a gap may be, and how small a part of it, where saves come evenly."""
_ENOUGH: Final = 10
"""Saves whose order by time is no accident: a copy in any order looks otherwise."""
_COPIED: Final = 20e6
"""Bytes a second. What was written slower than this, on the whole, was not being copied."""
_LATELY: Final = 4
_AHEAD: Final = 30.0
"""Seconds by which clocks may differ without a word."""


def rhythm_of(saves: Sequence[Checkpoint], *, ahead: float = 0.0) -> Rhythm | None:
    """What the saves of a series say.

    Args:
        saves: The latest ones, in the order of their times.
        ahead: Seconds by which the newest file was ahead of this host's clock when it was seen.

    Returns:
        None where there is none that has a time and a size.
    """
    known = [row for row in saves if row.size and row.mtime is not None and not row.pointer]
    if not known:
        return None
    times = [row.mtime or 0.0 for row in known]
    usual, even = _usual(times[-_RECENT:])
    notes = (_steps_back(known), _clock(ahead))
    return Rhythm(
        last=times[-1],
        size=_next_size(known),
        usual=usual,
        even=even,
        notes=tuple(note for note in notes if note),
    )


def _next_size(known: Sequence[Checkpoint]) -> int:
    """As large as the largest of the latest whole ones."""
    whole = [row.size or 0 for row in known if row.category in GOOD]
    return max((whole or [row.size or 0 for row in known])[-3:])


def _usual(times: Sequence[float]) -> tuple[float | None, bool]:
    """The usual gap, None where no rhythm is seen; and whether the saves come evenly."""
    gaps = [later - sooner for sooner, later in pairwise(times)]
    if len(gaps) < 2:
        return None, False
    usual = median(gaps)
    even = len(gaps) >= 4 and all(usual / _EVEN <= gap <= usual * _EVEN for gap in gaps)
    return usual, even and usual > SAME_MOMENT


def median(numbers: Sequence[float]) -> float:
    """As ``statistics.median``, which takes longer to load than this to write."""
    ordered, half = sorted(numbers), len(numbers) // 2
    return (ordered[half] + ordered[~half]) / 2


def _clock(ahead: float) -> str:
    if ahead < _AHEAD:
        return ""
    return f"its files are {_span(ahead)} ahead of this host's clock"


def _span(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds)} s"


def _steps_back(known: Sequence[Checkpoint]) -> str:
    """A sentence where a later save has a smaller step, and that still means something."""
    saves = [row for row in known if row.step is not None]
    steps = [row.step or 0 for row in saves]
    falls = [at for at in range(1, len(steps)) if steps[at] < steps[at - 1]]
    if not falls or not _is_history(saves, steps):
        return ""
    last = falls[-1]
    again = len(steps) - last >= 2 and max(steps[last:]) < max(steps) and _goes_on(saves, last)
    in_turn = len(falls) >= 3 and len(steps) - last <= _LATELY
    if not again and not in_turn:
        return ""
    return f"steps go back to {steps[last]:,} after {steps[last - 1]:,}: two writers or a rollback"


def _is_history(saves: Sequence[Checkpoint], steps: Sequence[int]) -> bool:
    """True where the times are those of the saves, and not those of a copy."""
    names = [row.path for row in saves]
    if names in (sorted(names), sorted(names, reverse=True)) or not _is_two_runs(steps):
        return False
    took = (saves[-1].mtime or 0.0) - (saves[0].mtime or 0.0)
    if len(saves) < _LATELY or took <= SAME_MOMENT * (len(saves) - 1):
        return False
    if len(saves) >= _ENOUGH:
        return True
    wrote = sum(row.size or 0 for row in saves[1:])
    # Small files are copied one at a time too, but hardly one a minute.
    return took >= 60.0 * (len(saves) - 1) and wrote < _COPIED * took


def _is_two_runs(steps: Sequence[int]) -> bool:
    """True where the steps are at most two rising sequences, one into the other."""
    tops: list[int] = []
    for step in steps:
        at = next((n for n, top in enumerate(tops) if top <= step), len(tops))
        tops[at : at + 1] = [step]
    return len(tops) <= 2


def _goes_on(saves: Sequence[Checkpoint], fall: int) -> bool:
    """True where the saves behind a fall come as those before it did: not copied, not touched."""
    times = [row.mtime or 0.0 for row in saves]
    gaps = [later - sooner for sooner, later in pairwise(times)]
    usual, behind = median(gaps[: fall - 1] or gaps), gaps[fall:]
    return usual > SAME_MOMENT and usual / _EVEN <= median(behind) <= usual * _EVEN
