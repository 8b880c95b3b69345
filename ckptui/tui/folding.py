"""Folders of many units as one row each, until they are opened."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from ckptui.present import glyphs, units
from ckptui.present.checkpoints import FORMAT_LABELS
from ckptui.present.columns import Cell
from ckptui.present.glyphs import Role
from ckptui.present.safe import plain
from ckptui.terms import PRECEDENCE, TROUBLE, Category, InputState, MarkerState
from ckptui.watch.model import Checkpoint

FOLD_FROM: Final = 8
"""Units in one folder from which on they are one row."""
_MOST_APART: Final = 20
"""Units in trouble that stand on rows of their own beside their folded folder."""
PREFIX: Final = "\0"
"""Begins the key of a folder's row; no path holds this character."""


def folder_of(key: str) -> str | None:
    """The folder that a row stands for, or None where it is a checkpoint."""
    return key[len(PREFIX) :] if key.startswith(PREFIX) else None


def folders(rows: Mapping[str, Checkpoint]) -> dict[str, list[str]]:
    """Folder → paths of its units, for folders that are worth folding."""
    found: dict[str, list[str]] = {}
    for path, row in rows.items():
        if row.unit:
            found.setdefault(os.path.dirname(path), []).append(path)
    return {folder: paths for folder, paths in found.items() if len(paths) >= FOLD_FROM}


def folded(
    order: Sequence[str], rows: Mapping[str, Checkpoint], opened: Collection[str]
) -> tuple[list[str], dict[str, list[str]]]:
    """Put folders in the place of their units.

    Args:
        order: Paths as sorted.
        rows: Path → checkpoint.
        opened: Folders whose units are shown under their row.

    Returns:
        Keys of the rows to show, and folder → paths of all its units in order. A folder stands
        where the first of its units would; a few units in trouble stay on rows of their own.
    """
    groups = folders({path: rows[path] for path in order})
    member = {path: folder for folder, paths in groups.items() for path in paths}
    apart = {path for paths in groups.values() for path in _apart(paths, rows)}
    keys: list[str] = []
    seen: set[str] = set()
    for path in order:
        folder = member.get(path)
        if folder is None:
            keys.append(path)
        elif folder not in seen:
            seen.add(folder)
            keys.append(PREFIX + folder)
            shown = groups[folder] if folder in opened else apart & set(groups[folder])
            keys += [unit for unit in groups[folder] if unit in shown]
    return keys, groups


def _apart(paths: Sequence[str], rows: Mapping[str, Checkpoint]) -> list[str]:
    bad = [path for path in paths if rows[path].category in TROUBLE or rows[path].remedy]
    return bad if len(bad) <= _MOST_APART else []


def folder_cells(
    folder: str, rows: Sequence[Checkpoint], *, now: float, opened: bool, ascii_only: bool
) -> dict[str, Cell]:
    """The cells of a folder's row: what holds for all of its units, counts where they differ."""
    times = [row.mtime for row in rows if row.mtime is not None]
    size = sum(row.size or 0 for row in rows)
    stale = sum(row.input_hash.state is InputState.STALE for row in rows)
    level = min((row.level for row in rows), default=0)
    sign = ("-" if opened else "+") if ascii_only else ("▾" if opened else "▸")
    cells = {
        "name": Cell(f"{sign} {plain(folder)}/  {units.counted(len(rows), 'file')}"),
        "step": _common("", ascii_only),
        "format": _same([row.format for row in rows], ascii_only),
        "version": _same([row.version for row in rows], ascii_only),
        "marker": _markers(rows, ascii_only),
        "level": Cell(glyphs.level_bar(level, {}, ascii_only=ascii_only)),
        "input": Cell(f"{stale:,} stale", None, Role.WARNING) if stale else _common("", ascii_only),
        "size": Cell(units.size(size)),
        "age": Cell(units.age(now - max(times)) if times else ""),
        "verdict": _verdict(rows, ascii_only),
        "reason": Cell(_others(rows), None, Role.MUTED),
    }
    return {name: _ascii(cell) for name, cell in cells.items()} if ascii_only else cells


def _ascii(cell: Cell) -> Cell:
    return Cell(glyphs.to_ascii(cell.text), cell.sort_key, cell.role)


def _common(text: str, ascii_only: bool) -> Cell:
    return Cell(text or glyphs.NONE.text(ascii_only=ascii_only), None, Role.MUTED)


def _same(values: Sequence[str | None], ascii_only: bool) -> Cell:
    distinct = {value for value in values if value}
    if len(distinct) > 1:
        return Cell("mixed", None, Role.MUTED)
    value = plain(distinct.pop()) if distinct else ""
    return Cell(FORMAT_LABELS.get(value, value)) if value else _common("", ascii_only)


def _markers(rows: Sequence[Checkpoint], ascii_only: bool) -> Cell:
    present = sum(row.marker is MarkerState.PRESENT for row in rows)
    if not any(row.marker for row in rows):
        return Cell("")
    sign = glyphs.MARKER[MarkerState.PRESENT].text(ascii_only=ascii_only)
    return Cell(f"{present:,} {sign}", None, Role.NORMAL if present == len(rows) else Role.WARNING)


def _counts(rows: Sequence[Checkpoint]) -> list[tuple[Category, int]]:
    counts = Counter(row.category for row in rows)
    return [(category, counts[category]) for category in PRECEDENCE if counts[category]]


def _verdict(rows: Sequence[Checkpoint], ascii_only: bool) -> Cell:
    checking = sum(row.progress is not None for row in rows)
    if checking:
        return Cell(f"checking {checking:,}", None, Role.ACCENT)
    counts = _counts(rows)
    if not counts:
        return Cell("")
    category, count = counts[0]
    glyph = glyphs.CATEGORY[category]
    return Cell(f"{glyph.text(ascii_only=ascii_only)} {count:,} {category}", None, glyph.role)


def _others(rows: Sequence[Checkpoint]) -> str:
    said = [f"{count:,} {category}" for category, count in _counts(rows)[1:]]
    markers = Counter(row.marker for row in rows)
    said += [
        units.counted(markers[state], f"{state} marker")
        for state in (MarkerState.OUTDATED, MarkerState.MISSING, MarkerState.ORPHAN)
        if markers[state]
    ]
    return ", ".join(said)
