"""What the last line of a text view says: following or not, what is below, what was found."""

from __future__ import annotations

from dataclasses import dataclass

from ckptui.present import units
from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span, joined, line
from ckptui.tui.keys import cap
from ckptui.tui.reading import PATIENCE


@dataclass(slots=True)
class Search:
    """What is looked for, and how far that is.

    Attributes:
        words: As typed; empty while nothing is looked for.
        row, end: Where the row of the last match begins and ends; None before the first.
        running: Fraction looked through, None while nothing is on its way.
        sentence: What came of it where there is no match.
        number: The match's number among ``count`` lines, 0 while it is not known.
        counted: True once all lines were counted.
    """

    words: str = ""
    row: int | None = None
    end: int = 0
    running: float | None = None
    sentence: str = ""
    number: int = 0
    count: int = 0
    counted: bool = False

    def said(self) -> str:
        """In words."""
        if self.running is not None:
            return f"looking: {units.percent(self.running)}, {cap('back')} stops"
        if self.sentence or self.row is None:
            return self.sentence
        of = f"{self.count:,}" if self.counted else f"{self.count:,} or more"
        return f"match {self.number:,} of {of}" if self.number else "found; counting how many"


@dataclass(slots=True)
class TextState:
    """The state of a view, for its last line.

    Attributes:
        following: The end is kept in view.
        followed: It was followed before the user went up.
        below: Lines that came since.
        silent: Seconds without an answer.
        ended: How the run ended that writes the file; empty while it works.
        note: What happened to the file, or what a key did.
        alarm: The note is a problem.
        size, shown: Bytes of the file; offset behind the last line shown.
        number: Line number of the first line shown, None where it is not known.
    """

    following: bool = False
    followed: bool = False
    below: int = 0
    silent: float = 0.0
    ended: str = ""
    note: str = ""
    alarm: bool = False
    size: int = 0
    shown: int = 0
    number: int | None = None

    def left(self, search: Search, follow_key: str) -> Line:
        """What is going on."""
        if self.silent > PATIENCE:
            words = f"no answer from the file for {units.duration(self.silent)}"
            return line(Span(words, Role.WARNING))
        # What happened just now comes first: where there is little room, the end is cut.
        parts = [line(Span(self.note, Role.ERROR if self.alarm else Role.STRONG))]
        parts.append(self._follow(follow_key))
        if self.below and not self.following:
            plural = "line" if self.below == 1 else "lines"
            parts.append(line(Span(f"+{self.below:,} {plural} below", Role.STRONG)))
        parts += [line(search.said()), line(self.ended)]
        return joined(parts, " · ")

    def _follow(self, follow_key: str) -> Line:
        if self.following:
            return line(Span("following", Role.ACCENT))
        return line(Span(f"stopped; {follow_key} follows", Role.MUTED)) if self.followed else ()

    def right(self, room: int) -> Line:
        """Where the view is, in as many words as there is room for."""
        if not self.size:
            return ()
        share = min(self.shown / self.size, 1.0)
        parts = ["end" if share >= 1.0 else units.percent(share)]
        longer = [*parts, units.size(self.size)]
        longest = longer if self.number is None else [f"line {self.number:,}", *longer]
        fitting = (" · ".join(each) for each in (longest, longer, parts))
        return line(Span(next((text for text in fitting if len(text) <= room), ""), Role.MUTED))
