"""What the strip says where there is little room: signs for words, and what is urgent first."""

from __future__ import annotations

from collections.abc import Callable

from ckptui.present import glyphs, strip, units
from ckptui.present.glyphs import Role
from ckptui.present.saving import next_save
from ckptui.present.spans import Line, Span, joined, line, text_of
from ckptui.terms import Category
from ckptui.tui.widgets.painting import width_of
from ckptui.watch.model import Snapshot


def strip_lines(snapshot: Snapshot, *, now: float, width: int, ascii_only: bool) -> list[Line]:
    """The last good one, totals and the disk, shortened until they fit, and what is odd."""
    good, second, *odd = strip.strip_lines(snapshot, now=now, width=width)
    if width_of(second) > width:
        second = joined([_totals(snapshot, _worded), _short_disk(snapshot, now=now)], "  ")
    if width_of(second) > width:
        short = _signs if not ascii_only else _ascii_signs
        second = joined([_totals(snapshot, short), _short_disk(snapshot, now=now)], "  ")
    return [good, second, *odd]


def _totals(snapshot: Snapshot, said_as: Callable[[Category, int], str]) -> Line:
    counts = [
        line(Span(said_as(Category(name), count), glyphs.CATEGORY[Category(name)].role))
        for name, count in strip.totals(snapshot.tally).items()
    ]
    stale = snapshot.tally.stale
    said = line(Span(f"{stale:,} stale", Role.WARNING)) if stale else ()
    return joined([*counts, said], "  ")


def _short_disk(snapshot: Snapshot, *, now: float) -> Line:
    coming = next_save(snapshot, now=now)
    if coming is not None and coming.fits is False:
        return line(Span("next save does not fit", Role.ERROR))
    return line(f"free {units.size(snapshot.disk.free)}") if snapshot.disk else ()


def _worded(category: Category, count: int) -> str:
    return f"{count:,} {category}"


def _signs(category: Category, count: int) -> str:
    # The two that matter most keep their word; the others' words stand in the table below.
    word = f" {category}" if category in (Category.VALID, Category.CORRUPTED) else ""
    return f"{glyphs.CATEGORY[category].unicode} {count:,}{word}"


def _ascii_signs(category: Category, count: int) -> str:
    return f"{glyphs.CATEGORY[category].ascii} {count:,}"


def _head(alarm: Line, room: int) -> Line:
    """The beginning of an alarm, as far as it makes sense by itself; the line below tells all."""
    told = text_of(alarm)
    heads = (told, *(told.partition(stop)[0] for stop in (". ", ": ", " (")))
    return line(Span(next((each for each in heads if len(each) <= room), heads[-1]), Role.ERROR))


def watching_words(snapshot: Snapshot, *, now: float, room: int) -> Line:
    """How the directory is watched: all of it where it fits, else as much as makes sense."""
    silence = strip.silence_line(snapshot, now=now)
    whole = strip.watching_line(snapshot, now=now)
    if width_of(whole) <= room:
        return whole
    if alarm := silence or strip.problem_line(snapshot):
        return _head(alarm, room)
    sentence = snapshot.watching.sentence
    for words in (sentence, sentence.partition(",")[0], sentence.partition(" ")[0]):
        if len(words) <= room:
            return line(words)
    return ()
