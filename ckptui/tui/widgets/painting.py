"""Painting lines of plain text: styles come from roles, never from markup in data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from ckptui.present.glyphs import Role, to_ascii
from ckptui.present.safe import cells, clip
from ckptui.present.spans import Line, Span

ROLE_CLASSES: Final = frozenset(f"role--{role}" for role in Role)
"""Component classes that a widget needs to paint roles; ``styles/app.tcss`` colours them."""

_WORDS: Final = re.compile(r" *[^ ]+|  *")


def role_style(widget: Widget, role: Role) -> Style:
    """The role's own style, to be laid over the line's."""
    if role is Role.NORMAL:
        return Style.null()
    return widget.get_component_rich_style(f"role--{role}", partial=True)


def paint(
    widget: Widget, spans: Iterable[Span], width: int, base: Style, *, ascii_only: bool = False
) -> Strip:
    """Paint spans on one line, cut and filled to ``width`` cells.

    Args:
        widget: Has the role classes among its component classes.
        spans: What to paint, from the left; already plain text.
        width: Cells of the line.
        base: Style under the roles, with the background.
        ascii_only: Show our own signs by their ASCII twins.
    """
    segments: list[Segment] = []
    left = width
    for span in spans:
        if left <= 0:
            break
        text = to_ascii(span.text) if ascii_only else span.text
        shown = clip(text, left, middle=False, ascii_only=ascii_only)
        segments.append(Segment(shown, base + role_style(widget, span.role)))
        left -= cells(shown)
    return one_line(segments, width, base)


def one_line(segments: Iterable[Segment], width: int, base: Style) -> Strip:
    """Segments as one line of ``width`` cells; neighbours that look alike are sent as one.

    A colour costs forty bytes each time it is named. Blanks show no foreground, so they join
    whatever stands before them on the same ground.
    """
    joined: list[Segment] = []
    for segment in segments:
        if joined and _joins(joined[-1], segment):
            joined[-1] = Segment(joined[-1].text + segment.text, joined[-1].style)
        else:
            joined.append(segment)
    return Strip(joined).adjust_cell_length(width, base)


def _joins(before: Segment, after: Segment) -> bool:
    if before.style == after.style:
        return True
    if after.text.strip(" ") or before.style is None or after.style is None:
        return False
    same_ground = before.style.bgcolor == after.style.bgcolor
    drawn = (before.style.underline, before.style.reverse, after.style.reverse)
    return same_ground and not any(drawn)


def width_of(spans: Iterable[Span]) -> int:
    """Cells that spans take."""
    return sum(cells(span.text) for span in spans)


def between(left: Line, right: Line, width: int) -> Line:
    """One line with a part at each edge; where both do not fit, the right one is cut first."""
    gap = width - width_of(left) - width_of(right)
    if gap >= 2 or not right:
        return (*left, Span(" " * max(gap, 0)), *right)
    room = width - width_of(left) - 2
    if room < 8:
        return left
    return (*left, Span("  "), *cut(right, room))


def cut(spans: Line, width: int) -> Line:
    """Spans cut at the end to ``width`` cells."""
    out: list[Span] = []
    for span in spans:
        room = width - width_of(out)
        if room <= 0:
            break
        out.append(Span(clip(span.text, room, middle=False), span.role))
    return tuple(out)


def whole_sentence(spans: Line, width: int) -> Line:
    """A sentence of one span cut in its middle: a long name must not hide what is said after it."""
    if len(spans) != 1 or width_of(spans) <= width:
        return spans
    return (Span(clip(spans[0].text, width), spans[0].role),)


def fold(spans: Line, width: int) -> list[Line]:
    """Break one line at blanks into lines of at most ``width`` cells, roles kept."""
    if width_of(spans) <= width:
        return [spans]
    lines: list[Line] = []
    current: list[Span] = []
    for span in spans:
        for word in _pieces(span.text, width):
            if current and width_of(current) + cells(word) > width:
                lines.append(tuple(current))
                current = []
            piece = word if current or not lines else word.lstrip(" ")
            if piece:
                current.append(Span(piece, span.role))
    return [*lines, tuple(current)] if current else lines


def _pieces(text: str, width: int) -> Iterable[str]:
    for word in _WORDS.findall(text):
        rest: str = word
        while cells(rest) > width:
            head = rest
            while cells(head) > width:
                head = head[: max(len(head) - max(cells(head) - width, 1), 1)]
                if len(head) == 1:
                    break
            yield head
            rest = rest[len(head) :]
        yield rest


def fold_all(lines: Sequence[Line], width: int) -> list[Line]:
    """Break many lines; an empty line stays one empty line."""
    return [piece for each in lines for piece in (fold(each, width) if each else [()])]
