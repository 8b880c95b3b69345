"""The line of places: each run directory, its worst category, a sign while its run works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

from ckptui.present import glyphs
from ckptui.present.glyphs import Glyph, Role
from ckptui.present.safe import cells, clip
from ckptui.present.spans import Span
from ckptui.terms import Category
from ckptui.watch.model import Snapshot

WORST: Final = (
    Category.CORRUPTED,
    Category.UNREADABLE,
    Category.INCOMPLETE,
    Category.UNSAFE,
    Category.INCOMPATIBLE,
    Category.FOREIGN,
    Category.CHANGING,
    Category.UNCHECKED,
    Category.VALID,
)
"""Categories in the order in which a person wants to hear of them."""
_LIVE: Final = Glyph("▶", ">", Role.ACCENT)
_LEAST_NAME: Final = 8
"""Cells below which a name is cut no further; then places at the far ends give way."""

Piece: TypeAlias = "tuple[int | None, Span]"
"""A span, and the number of the place that it belongs to."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place as the line shows it.

    Attributes:
        name: Plain.
        snapshot: What is known; None where it was not looked at yet.
        live: True while a resumed run works there.
    """

    name: str
    snapshot: Snapshot | None
    live: bool = False


class _Room(IntEnum):
    """How much is said of a place."""

    SIGNS = 0
    COUNTS = 1
    WORDS = 2


def place_pieces(
    places: Sequence[Place], at: int, width: int, *, caps: tuple[str, str], ascii_only: bool
) -> list[Piece]:
    """``[ esm2-650m ✗ 3 corrupted of 55 │ lora-a ● 12 valid ▶ ]``, as much as there is room for.

    Args:
        places: In order.
        at: The one on show; it is always in the line.
        width: Cells.
        caps: The keys that go to the place before and to the next one.
        ascii_only: No signs beyond ASCII.
    """
    room = width - sum(cells(cap) + 1 for cap in caps) - 1
    shown = _fitting(places, at, room, ascii_only=ascii_only)
    left, right = (Span(cap, Role.ACCENT) for cap in caps)
    return [(None, left), (None, Span(" ")), *shown, (None, Span(" ")), (None, right)]


def _fitting(places: Sequence[Place], at: int, width: int, *, ascii_only: bool) -> list[Piece]:
    names = [place.name for place in places]
    longest = max(map(cells, names))
    for room, most in (
        *((room, longest) for room in sorted(_Room, reverse=True)),
        *((_Room.SIGNS, most) for most in range(longest - 1, _LEAST_NAME - 1, -1)),
    ):
        cut = [clip(name, most, ascii_only=ascii_only) for name in names]
        each = [_place(n, cut[n], places[n], at, room, ascii_only) for n in range(len(places))]
        if _width(joined := _joined(each, ascii_only)) <= width:
            return joined
    return _window(each, at, width, ascii_only=ascii_only)


def _window(each: Sequence[list[Piece]], at: int, width: int, *, ascii_only: bool) -> list[Piece]:
    """The place on show and its neighbours; the others are counted at the ends."""
    first, last = at, at + 1
    best = _between(each, first, last, ascii_only)
    while first > 0 or last < len(each):
        # Those that come are more interesting than those that were passed.
        first, last = (first, last + 1) if last < len(each) else (first - 1, last)
        more = _between(each, first, last, ascii_only)
        if _width(more) > width:
            break
        best = more
    return best


def _between(each: Sequence[list[Piece]], first: int, last: int, ascii_only: bool) -> list[Piece]:
    before, after = first, len(each) - last
    pieces = _joined(each[first:last], ascii_only)
    if before:
        pieces = [(first - 1, Span(f"+{before} ", Role.MUTED)), *pieces]
    if after:
        pieces = [*pieces, (last, Span(f" +{after}", Role.MUTED))]
    return pieces


def _joined(each: Sequence[list[Piece]], ascii_only: bool) -> list[Piece]:
    rule = Span(" | " if ascii_only else " │ ", Role.MUTED)
    pieces: list[Piece] = []
    for place in each:
        pieces += [(None, rule), *place] if pieces else place
    return pieces


def _width(pieces: Sequence[Piece]) -> int:
    return sum(cells(span.text) for _, span in pieces)


def _place(
    number: int, name: str, place: Place, at: int, room: _Room, ascii_only: bool
) -> list[Piece]:
    spans = [Span(name, Role.STRONG if number == at else Role.NORMAL)]
    if place.snapshot is not None:
        spans += [Span(" "), *_state(place.snapshot, room, ascii_only)]
    if place.live:
        spans += [Span(" "), Span(_LIVE.text(ascii_only=ascii_only), _LIVE.role)]
    return [(number, span) for span in spans]


def _state(snapshot: Snapshot, room: _Room, ascii_only: bool) -> list[Span]:
    if snapshot.problem:
        words = "does not answer" if snapshot.silent_since is not None else "cannot be seen"
        return [_said(Category.UNREADABLE, words if room is _Room.WORDS else "", ascii_only)]
    counts = snapshot.tally.categories
    worst = next((category for category in WORST if counts.get(category)), None)
    if not snapshot.settled:
        return [Span("looking…" if room else "…", Role.MUTED)]
    if worst is None:
        return [Span("empty" if room else "–", Role.MUTED)]
    return [_said(worst, _counted(worst, counts[worst], sum(counts.values()), room), ascii_only)]


def _counted(worst: Category, count: int, total: int, room: _Room) -> str:
    rest = "" if count == total or room is _Room.SIGNS else f"{total:,}"
    if room is _Room.WORDS:
        return f"{count:,} {worst}" + (f" of {rest}" if rest else "")
    return f"{count:,}" + (f"/{rest}" if rest else "")


def _said(category: Category, words: str, ascii_only: bool) -> Span:
    glyph = glyphs.CATEGORY[category]
    return Span(f"{glyph.text(ascii_only=ascii_only)} {words}".rstrip(), glyph.role)
