"""The table of checkpoints, a column at a time: what each shows, and what it is sorted by.

A table of a hundred thousand rows asks for the cells that are seen, and for one sort key of
every row; so each column can be asked alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from ckptui.light import dataclass
from ckptui.present import glyphs, units
from ckptui.present.columns import (
    Cell,
    Column,
    SortKey,
    by_input,
    by_number,
    by_text,
    fit,
    input_cell,
    none,
)
from ckptui.present.glyphs import Role
from ckptui.terms import PRECEDENCE, Category, MarkerState
from ckptui.watch.model import Checkpoint

EVERY: Final[tuple[Column, ...]] = (
    Column("name", "Checkpoint", 18, stretch=True, middle=True, wish=32, about="its path"),
    Column("step", "Step", 6, right=True, keep=60, about="training step"),
    Column("format", "Format", 6, keep=10, about="of the bytes, or layout"),
    Column("version", "Ver", 4, keep=45, label="Version", about="as it says itself"),
    Column("marker", "Marker", 8, keep=50, about="its .done marker"),
    Column("level", "Level", 8, keep=55, about="how deep it was checked"),
    Column("input", "Input", 8, keep=20, about="hash of its inputs, stale?"),
    Column("size", "Size", 5, right=True, keep=40, about="bytes"),
    Column("age", "Age", 5, right=True, keep=30, about="since it was written"),
    Column("verdict", "Verdict", 16, about="what the check concluded"),
    Column("reason", "", 16, keep=5, stretch=True, label="Reason", about="why"),
    Column("epoch", "Epoch", 5, right=True, keep=25, optional=True, about="training epoch"),
    Column("status", "Status", 12, keep=24, optional=True, about="what its state says"),
    Column("fix", "Fix", 14, keep=23, optional=True, about="the remedy"),
    Column("role", "Holds", 8, keep=22, optional=True, about="state, weights, part, data"),
    Column("layout", "Layout", 12, keep=21, optional=True, about="of a directory"),
    Column("modified", "Modified", 19, keep=19, optional=True, about="clock time of its writing"),
    Column("checked", "Checked", 7, right=True, keep=18, optional=True, about="age of its check"),
    Column("target", "Target", 18, keep=17, optional=True, middle=True, about="where a link leads"),
)
"""All columns there are, in their first order."""
CHECKPOINTS: Final = tuple(column for column in EVERY if not column.optional)
"""Those that are shown unless somebody chooses otherwise."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What cells depend on beside their row.

    Attributes:
        now: Seconds since the epoch, for ages.
        last_good: Path of the last good checkpoint, or None.
        ascii_only: ASCII twins of all glyphs.
        name: The path as it is shown, where part of it is said elsewhere; else empty.
    """

    now: float
    last_good: str | None = None
    ascii_only: bool = False
    name: str = ""


def checkpoint_cells(
    row: Checkpoint,
    *,
    now: float,
    last_good: str | None = None,
    ascii_only: bool = False,
    columns: Sequence[Column] = CHECKPOINTS,
    name: str = "",
) -> dict[str, Cell]:
    """The cells of one checkpoint, by column id; the last good one also has a ``sign``.

    Args:
        row: The checkpoint.
        now: Seconds since the epoch, for its age.
        last_good: Path of the last good checkpoint, or None.
        ascii_only: Use the ASCII twins of all glyphs.
        columns: Which of them.
        name: The path as it is to be shown, where a part of it is said elsewhere; else empty.
    """
    moment = Moment(now, last_good, ascii_only, name)
    cells = {column.id: _CELLS[column.id](row, moment) for column in columns}
    if row.path == last_good:
        cells["sign"] = last_good_sign(ascii_only=ascii_only)
    return cells


def last_good_sign(*, ascii_only: bool = False) -> Cell:
    """The sign of the last good checkpoint, and of the closed group that it is in."""
    glyph = glyphs.LAST_GOOD
    return Cell(glyph.text(ascii_only=ascii_only), None, glyph.role)


def sort_key(row: Checkpoint, column: str) -> SortKey:
    """What a row is sorted by in a column; it does not change with the time of day.

    Raises:
        KeyError: There is no such column.
    """
    return _KEYS[column](row)


FORMAT_LABELS: Final[Mapping[str, str]] = {
    "torch-zip": "torch",
    "torch-legacy": "torch",
    "torch-tar": "torch",
    "torchscript": "script",
    "safetensors": "safet.",
    "pickle": "pickle",
    "hf-trainer": "hf",
    "accelerate": "accel.",
    "lightning": "light.",
    "deepspeed": "deeps.",
    "megatron": "megat.",
    "torchtitan": "titan",
    "sharded": "shards",
    "git-lfs": "lfs",
}
"""Formats and layouts as the narrow column shows them; the others show under their own name."""


def _kind(row: Checkpoint) -> str:
    kind = (row.layout or row.format or "").removeprefix("foreign:")
    return FORMAT_LABELS.get(kind, kind)


def _name(row: Checkpoint, at: Moment) -> Cell:
    sign = "" if not row.pointer else f" {glyphs.ARROW.text(ascii_only=at.ascii_only)} "
    name = fit((at.name or row.path) + sign + (row.pointer or ""), at.ascii_only)
    role = Role.SUCCESS if row.path == at.last_good else Role.NORMAL
    return Cell(name + ("/" if row.layout else ""), None, role)


def _words(text: str | None, at: Moment) -> Cell:
    return Cell(fit(text, at.ascii_only)) if text else none(at.ascii_only)


def _count(value: int | None, at: Moment) -> Cell:
    return none(at.ascii_only) if value is None else Cell(str(value))


_MARKER_ORDER: Final = (
    MarkerState.ORPHAN,
    MarkerState.OUTDATED,
    MarkerState.MISSING,
    MarkerState.PRESENT,
)


def _marker(row: Checkpoint, at: Moment) -> Cell:
    if row.marker is None:
        return Cell("", None, Role.MUTED)
    glyph = glyphs.MARKER[row.marker]
    return Cell(glyph.text(ascii_only=at.ascii_only), None, glyph.role)


def _level(row: Checkpoint, at: Moment) -> Cell:
    return Cell(glyphs.level_bar(row.level, row.checks, ascii_only=at.ascii_only))


def _age(seconds: float | None, at: Moment) -> Cell:
    return Cell(fit(units.age(None if seconds is None else at.now - seconds), at.ascii_only))


def _verdict(row: Checkpoint, at: Moment) -> Cell:
    if row.progress is not None:
        sign = glyphs.CATEGORY[Category.UNCHECKED].text(ascii_only=at.ascii_only)
        return Cell(f"{sign} checking {units.percent(row.progress)}", None, Role.ACCENT)
    glyph = glyphs.CATEGORY[row.category]
    return Cell(f"{glyph.text(ascii_only=at.ascii_only)} {row.category}", None, glyph.role)


def _reason(row: Checkpoint, at: Moment) -> Cell:
    if row.path == at.last_good:
        text = "last good" + (f"; {row.reason}" if row.reason else "")
        return Cell(fit(text, at.ascii_only), None, Role.STRONG)
    return Cell(fit(row.reason, at.ascii_only), None, Role.MUTED)


def _modified(row: Checkpoint, at: Moment) -> Cell:
    return none(at.ascii_only) if row.mtime is None else Cell(units.clock(row.mtime, now=at.now))


_CELLS: Final[Mapping[str, Callable[[Checkpoint, Moment], Cell]]] = {
    "name": _name,
    "step": lambda row, at: _count(row.step, at),
    "format": lambda row, at: _words(_kind(row), at),
    "version": lambda row, at: _words(row.version, at),
    "marker": _marker,
    "level": _level,
    "input": lambda row, at: input_cell(row.input_hash, at.ascii_only),
    "size": lambda row, at: Cell(fit(units.size(row.size), at.ascii_only)),
    "age": lambda row, at: _age(row.mtime, at),
    "verdict": _verdict,
    "reason": _reason,
    "epoch": lambda row, at: _count(row.epoch, at),
    "status": lambda row, at: _words((row.status or "").replace("_", " "), at),
    "fix": lambda row, at: _words((row.remedy or "").replace("-", " "), at),
    "role": lambda row, at: _words(row.role, at),
    "layout": lambda row, at: _words(row.layout, at),
    "modified": _modified,
    "checked": lambda row, at: _age(units.seconds_of(row.checked_at), at),
    "target": lambda row, at: _words(row.pointer, at),
}


def _back(seconds: float | None) -> SortKey:
    """An age grows all the time; what it is sorted by does not."""
    return by_number(None if seconds is None else -seconds)


_Key: TypeAlias = "Callable[[Checkpoint], SortKey]"
_KEYS: Final[Mapping[str, _Key]] = {
    "name": lambda row: by_text(row.path),
    "step": lambda row: by_number(row.step),
    "format": lambda row: by_text(_kind(row) or None),
    "version": lambda row: by_text(row.version or None),
    "marker": lambda row: (
        None if row.marker is None else by_number(_MARKER_ORDER.index(row.marker))
    ),
    "level": lambda row: by_number(row.level),
    "input": lambda row: by_input(row.input_hash),
    "size": lambda row: by_number(row.size),
    "age": lambda row: _back(row.mtime),
    "verdict": lambda row: by_number(PRECEDENCE.index(row.category)),
    "reason": lambda row: by_text(row.reason or None),
    "epoch": lambda row: by_number(row.epoch),
    "status": lambda row: by_text(row.status or None),
    "fix": lambda row: by_text(row.remedy),
    "role": lambda row: by_text(row.role or None),
    "layout": lambda row: by_text(row.layout),
    "modified": lambda row: by_number(row.mtime),
    "checked": lambda row: _back(units.seconds_of(row.checked_at)),
    "target": lambda row: by_text(row.pointer),
}

FILLS: Final[Mapping[str, Callable[[Checkpoint], object]]] = {
    "step": lambda row: row.step is not None,
    "version": lambda row: row.version,
    "marker": lambda row: row.marker is not None,
    "input": lambda row: row.input_hash.recorded,
    "epoch": lambda row: row.epoch is not None,
    "status": lambda row: row.status,
    "fix": lambda row: row.remedy,
    "role": lambda row: row.role,
    "layout": lambda row: row.layout,
    "target": lambda row: row.pointer,
}
"""Of the columns that may stand empty, whether a row has something there. Those in which no row
has give their room away."""
