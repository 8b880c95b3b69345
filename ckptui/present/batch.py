"""How a long validation shows itself: the line that is repainted, and the summary at its end. Pure.

The line is made of parts, and a terminal that is too narrow loses the least telling ones first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ckptui.present import units
from ckptui.present.glyphs import CATEGORY, progress_bar, to_ascii
from ckptui.present.safe import cells, clip, plain
from ckptui.terms import PRECEDENCE, TROUBLE, Category

MOST_LISTED: Final = 10
"""Paths that the summary names of each category; the lines above it have them all."""
_FILE_WORTH: Final = 1 << 19
"""Bytes that could be read in the time that opening one file takes: for the time left only."""
_BAR: Final = 10
_SHORTEST_NAME: Final = 12


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a validation is.

    Attributes:
        done, files: Checkpoints that have their verdict, of how many.
        bytes_done, bytes_all: Bytes of them, those of running checks in part.
        seconds: Since it began.
        reading: What is being read now, and how much of it, as fractions.
        open_end: True where more may be found: then there is no time left to tell.
    """

    done: int
    files: int
    bytes_done: int
    bytes_all: int
    seconds: float
    reading: Sequence[tuple[str, float]] = ()
    open_end: bool = False

    @property
    def part(self) -> float:
        """The fraction of the work that is done, 0 to 1."""
        whole = self.bytes_all + self.files * _FILE_WORTH
        return (self.bytes_done + self.done * _FILE_WORTH) / whole if whole else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds that the rest will take at the pace so far, None where nothing tells."""
        if self.open_end or self.part < 0.005 or self.seconds < 1:
            return None
        return self.seconds * (1 - self.part) / self.part


def progress_line(standing: Standing, width: int, *, ascii_only: bool = False) -> str:
    """One line of at most ``width`` cells.

    Example:
        >>> progress_line(Standing(1, 4, 2**30, 2**32, 2.0), 60)
        '▰▰▱▱▱▱▱▱▱▱  1 of 4 files, 1.0G of 4.0G, 512M/s, 6 s left'
    """
    files = f"{standing.done:,} of {standing.files:,} files"
    percent = units.percent(standing.part)
    size, rate = _amount(standing) if standing.part else ([], [])
    left = standing.seconds_left
    time_left = [f"{units.duration(left)} left"] if left is not None else []
    bar = progress_bar(standing.part, _BAR, ascii_only=ascii_only)
    choices = (
        f"{bar}  " + ", ".join([files, *size, *rate, *time_left]),
        ", ".join([files, *size, *rate, *time_left]),
        ", ".join([files, *size, *time_left]),
        ", ".join([files, percent]),
        f"{standing.done:,}/{standing.files:,}",
    )
    line = next((each for each in choices if cells(each) <= width), "")
    room = width - cells(line) - 2
    if line == choices[0] and standing.reading and room >= _SHORTEST_NAME:
        path, part = standing.reading[0]
        shown = f" {units.percent(part)}" if part else ""
        line += "  " + clip(plain(path), room - len(shown), ascii_only=ascii_only) + shown
    return line


def _amount(standing: Standing) -> tuple[list[str], list[str]]:
    """Bytes of bytes and their rate; where only headers are read, files a second."""
    seconds = max(standing.seconds, 0.001)
    if not standing.bytes_all:
        return [], [units.count_rate(standing.done / seconds)]
    size = f"{units.size(standing.bytes_done)} of {units.size(standing.bytes_all)}"
    return [size], [units.rate(standing.bytes_done / seconds)]


@dataclass(slots=True)
class Tally:
    """What was found: counts by category, and some of the bad ones by name.

    Attributes:
        bytes_read: Bytes of the files that were read whole.
        kept: Up to :data:`MOST_LISTED` (path, reason) of each category that is trouble.
    """

    counts: dict[Category, int] = field(default_factory=dict)
    bytes_read: int = 0
    kept: dict[Category, list[tuple[str, str]]] = field(default_factory=dict)

    def add(self, category: Category, path: str, reason: str, read: int) -> None:
        """Count one verdict; ``read`` is the bytes that it took."""
        self.counts[category] = self.counts.get(category, 0) + 1
        self.bytes_read += read
        listed = self.kept.setdefault(category, [])
        if category in TROUBLE and len(listed) < MOST_LISTED:
            listed.append((path, reason))

    @property
    def total(self) -> int:
        """Checkpoints in all."""
        return sum(self.counts.values())


def summary_lines(tally: Tally, seconds: float, *, ascii_only: bool = False) -> list[str]:
    """The end of a validation: one line of counts, and what is bad by name, worst first.

    Example:
        >>> tally = Tally()
        >>> tally.add(Category.VALID, "a.pt", "", 2**30)
        >>> summary_lines(tally, 2.0)
        ['1 checkpoint: 1 valid; 1.0G read in 2 s (512M/s)']
    """
    counts = [f"{tally.counts[each]:,} {each}" for each in PRECEDENCE if each in tally.counts]
    head = f"{units.counted(tally.total, 'checkpoint')}: {', '.join(counts)}"
    lines = [f"{head}; {_pace(tally, seconds)}"]
    if tally.total > 1:
        for category in PRECEDENCE:
            if category in TROUBLE and tally.kept.get(category):
                lines += _listed(category, tally, ascii_only=ascii_only)
    return [to_ascii(line) for line in lines] if ascii_only else lines


def _pace(tally: Tally, seconds: float) -> str:
    took = units.duration(max(seconds, 0.1))
    if not tally.bytes_read:
        return f"took {took}"
    rate = units.rate(tally.bytes_read / max(seconds, 0.001))
    return f"{units.size(tally.bytes_read)} read in {took} ({rate})"


def _listed(category: Category, tally: Tally, *, ascii_only: bool) -> list[str]:
    named = tally.kept[category]
    lines = [f"  {CATEGORY[category].text(ascii_only=ascii_only)} {category}"]
    lines += [f"    {plain(path)}" + (f": {plain(why)}" if why else "") for path, why in named]
    more = tally.counts[category] - len(named)
    return [*lines, f"    and {more:,} more"] if more else lines


def read_whole(checksums: str | None) -> bool:
    """True where the bytes themselves were read, by what level 5 said."""
    return bool(checksums) and not str(checksums).startswith("skipped")
