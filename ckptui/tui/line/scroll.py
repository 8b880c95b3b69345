"""Finds lines that only moved up or down, so that the terminal can move them itself."""

from __future__ import annotations

from typing import Final, TypeAlias

from ckptui.tui.line.grid import Grid

Found: TypeAlias = "tuple[int, int, int]"
"""First line, last line, and by how many lines up (down where below 0)."""

_FURTHEST: Final = 3
"""Lines of one move: a step at the edge, a turn of the wheel."""
_LEAST: Final = 40
"""Cells that a move must save."""
_ALIKE: Final = 3
"""Lines that must read the same after a move."""
_MARGIN: Final = 3
"""Cells at the left in which the cursor's bar and the marks stand."""


def best_scroll(wanted: Grid, sent: Grid, first: int, last: int) -> Found | None:
    """The move that saves most cells, None where none is worth it.

    Args:
        wanted: What is to be shown.
        sent: What is shown.
        first: The first line that differs.
        last: The last one.
    """
    ways = [way * far for far in range(1, _FURTHEST + 1) for way in (1, -1)]
    alike = {lines: _alike(wanted, sent, (first, last), lines) for lines in ways}
    lines = max(ways, key=lambda each: alike[each])
    if alike[lines] < _ALIKE:
        return None
    still = [_cost(wanted, y, sent, y) for y in range(wanted.height)]
    saved, found = _best_run(wanted, sent, still, (first, last), lines)
    return found if saved >= _LEAST else None


def _alike(wanted: Grid, sent: Grid, between: tuple[int, int], lines: int) -> int:
    """How many lines would read the same after a move, by a part of their text."""
    part = slice(_MARGIN, wanted.width // 2)
    found = 0
    for y in range(max(between[0], between[0] - lines), min(between[1], between[1] - lines) + 1):
        text = wanted.text[y][part]
        found += text == sent.text[y + lines][part] and text != wanted.text[y + lines][part]
    return found


def _best_run(
    wanted: Grid, sent: Grid, still: list[int], between: tuple[int, int], lines: int
) -> tuple[int, Found]:
    """The run of lines for which a move saves most, and how many cells it saves."""
    best, run, start = (0, between[0], between[0]), 0, between[0]
    for y in range(max(between[0], between[0] - lines), min(between[1], between[1] - lines) + 1):
        if run <= 0:
            run, start = 0, y
        run += still[y] - _cost(wanted, y, sent, y + lines)
        best = max(best, (run, start, y))
    saved, top, bottom = best
    if lines > 0:
        bared, region = range(bottom + 1, bottom + lines + 1), (top, bottom + lines)
    else:
        bared, region = range(top + lines, top), (top + lines, bottom)
    saved -= sum(wanted.width - still[y] for y in bared)
    return saved, (*region, lines)


def _cost(wanted: Grid, y: int, sent: Grid, source: int) -> int:
    """Cells to send where a line of the terminal stands in for a wanted one."""
    text, old = wanted.text[y], sent.text[source]
    if text == old and wanted.looks[y] == sent.looks[source]:
        return 0
    looks = zip(wanted.looks[y], sent.looks[source], strict=True)
    pairs = zip(text, old, looks, strict=True)
    return sum(1 for new, before, (look, was) in pairs if new != before or look != was)
