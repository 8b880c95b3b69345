"""Rows that stand for many: their keys, their cells, and what they are sorted by."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from ckptui.present import glyphs, units
from ckptui.present.checkpoints import FORMAT_LABELS
from ckptui.present.columns import Cell, SortKey, by_number, by_text
from ckptui.present.glyphs import Role
from ckptui.present.safe import plain
from ckptui.present.spans import Line, Span, line
from ckptui.terms import PRECEDENCE, MarkerState

if TYPE_CHECKING:
    from ckptui.tui.views.groups import GroupTally

PREFIX: Final = "\0"
"""Begins the key of a group's row; no path holds this character. A directory's path follows."""
STEP: Final = "\0\0step "
"""Begins the key of a step's row; the step follows."""


def folder_of(key: str) -> str | None:
    """The name of the group that a row stands for, or None where it is a checkpoint."""
    return key.lstrip(PREFIX) if key.startswith(PREFIX) else None


def directory_of(key: str) -> str | None:
    """The directory that a row stands for, None where it stands for something else."""
    return folder_of(key) if not key.startswith(STEP) else None


def group_name(key: str) -> str:
    """A group as it is called on screen: ``features/``, ``step 4500``."""
    if key.startswith(STEP):
        return key.removeprefix(PREFIX * 2)
    return f"{plain(key.removeprefix(PREFIX)) or '.'}/"


def group_sort_key(key: str, tally: GroupTally, column: str) -> SortKey:
    """What a group is sorted by in a column: what its row shows there.

    Args:
        key: Of the group.
        tally: What there is in it.
        column: Its id; for the order that comes first to mind there is none.
    """
    if not column:
        return 0.0, ""
    if column == "name":
        return by_text(key.lstrip(PREFIX))
    if column in ("age", "modified"):
        sign = -1 if column == "age" else 1
        return by_number(None if tally.newest is None else sign * tally.newest)
    if column == "verdict":
        return by_number(None if tally.worst is None else PRECEDENCE.index(tally.worst))
    if column in ("step", "level"):
        return by_number(_only(tally.steps) if column == "step" else min(tally.levels, default=0))
    return by_number(tally.size) if column == "size" else None


def _only(values: Counter[int]) -> int | None:
    return next(iter(values)) if len(values) == 1 else None


def group_cells(
    key: str, tally: GroupTally, *, now: float, opened: bool, ascii_only: bool
) -> dict[str, Cell]:
    """The cells of a group's row: what holds for all of its rows, counts where they differ."""
    sign = ("-" if opened else "+") if ascii_only else ("▾" if opened else "▸")
    step, newest = _only(tally.steps), tally.newest
    bar = glyphs.level_bar(min(tally.levels, default=0), {}, ascii_only=ascii_only)
    cells = {
        "name": Cell(f"{sign} {group_name(key)}  {units.counted(tally.rows, 'file')}"),
        "step": _common("" if step is None else str(step), ascii_only),
        "format": _same(tally.formats, ascii_only),
        "version": _same(tally.versions, ascii_only),
        "marker": _markers(tally, ascii_only),
        "level": Cell(bar),
        "input": _stale(tally.stale, ascii_only),
        "size": Cell(units.size(tally.size)),
        "age": Cell("" if newest is None else units.age(now - newest)),
        "modified": Cell("" if newest is None else units.clock(newest, now=now)),
        "verdict": _verdict(tally, ascii_only),
        "reason": Cell(_others(tally), None, Role.MUTED),
    }
    return {name: _ascii(cell) for name, cell in cells.items()} if ascii_only else cells


def group_facts(tally: GroupTally, *, now: float) -> Line:
    """What there is in a group, for its detail: ``1 corrupted  6 unchecked   295K   29m``."""
    counts = [(each, tally.categories[each]) for each in PRECEDENCE if tally.categories[each]]
    spans = [Span(f"{count:,} {name}  ", glyphs.CATEGORY[name].role) for name, count in counts]
    facts = [units.size(tally.size)]
    if tally.newest is not None:
        facts.append(f"the newest {units.age(now - tally.newest)} old")
    if tally.stale:
        facts.append(f"{tally.stale:,} stale")
    facts += [f"{count:,} marker {state}" for state, count in sorted(tally.markers.items())]
    return line(*spans, Span(" " + " · ".join(facts), Role.MUTED))


def _ascii(cell: Cell) -> Cell:
    return Cell(glyphs.to_ascii(cell.text), cell.sort_key, cell.role)


def _common(text: str, ascii_only: bool) -> Cell:
    return Cell(text) if text else Cell(glyphs.NONE.text(ascii_only=ascii_only), None, Role.MUTED)


def _stale(count: int, ascii_only: bool) -> Cell:
    return Cell(f"{count:,} stale", None, Role.WARNING) if count else _common("", ascii_only)


def _same(values: Counter[str], ascii_only: bool) -> Cell:
    if len(values) > 1:
        return Cell("mix", None, Role.MUTED)
    value = plain(next(iter(values), ""))
    return _common(FORMAT_LABELS.get(value, value), ascii_only)


def _markers(tally: GroupTally, ascii_only: bool) -> Cell:
    if not tally.markers:
        return Cell("")
    present = tally.markers[MarkerState.PRESENT]
    sign = glyphs.MARKER[MarkerState.PRESENT].text(ascii_only=ascii_only)
    return Cell(f"{present:,} {sign}", None, Role.NORMAL if present == tally.rows else Role.WARNING)


def _verdict(tally: GroupTally, ascii_only: bool) -> Cell:
    if tally.checking:
        return Cell(f"checking {tally.checking:,}", None, Role.ACCENT)
    worst = tally.worst
    if worst is None:
        return Cell("")
    glyph = glyphs.CATEGORY[worst]
    text = f"{glyph.text(ascii_only=ascii_only)} {tally.categories[worst]:,} {worst}"
    return Cell(text, None, glyph.role)


def _others(tally: GroupTally) -> str:
    counts = [(each, tally.categories[each]) for each in PRECEDENCE if tally.categories[each]]
    said = [f"{count:,} {category}" for category, count in counts[1:]]
    said += [
        units.counted(tally.markers[state], f"{state} marker")
        for state in (MarkerState.OUTDATED, MarkerState.MISSING, MarkerState.ORPHAN)
        if tally.markers[state]
    ]
    return ", ".join(said)
