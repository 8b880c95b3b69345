"""The tables: their columns, and each row's cells with text, sort key and role."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from ckptui.launch.model import RunRecord
from ckptui.light import dataclass
from ckptui.present import glyphs, units
from ckptui.present.glyphs import Role
from ckptui.present.safe import plain
from ckptui.terms import PRECEDENCE, Category, InputState, MarkerState
from ckptui.watch.model import Checkpoint, FailureRow, InputHash, StageRow

SortKey: TypeAlias = "tuple[float, str] | None"
"""What a column is sorted by: a number first, then text; None sorts last in both directions."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        id: Stable name, for sorting and remapping.
        title: Heading.
        width: Cells it takes, at least.
        right: True where its text stands on the right.
        keep: The higher, the longer it stays when the terminal is narrow.
        stretch: True for the columns that take what room is left.
        middle: True where a text too long is cut in its middle (names and paths).
        wish: Cells it would like before others stretch.
    """

    id: str
    title: str
    width: int
    right: bool = False
    keep: int = 100
    stretch: bool = False
    middle: bool = False
    wish: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: plain text (never markup, never escapes), its sort key and its role."""

    text: str
    sort_key: SortKey = None
    role: Role = Role.NORMAL


GAP: Final = 2
"""Blank cells between two columns."""

CHECKPOINTS: Final[tuple[Column, ...]] = (
    Column("name", "Checkpoint", 18, stretch=True, middle=True, wish=32),
    Column("step", "Step", 6, right=True, keep=60),
    Column("format", "Format", 6, keep=10),
    Column("version", "Ver", 4, keep=45),
    Column("marker", "Marker", 8, keep=50),
    Column("level", "Level", 8, keep=55),
    Column("input", "Input", 8, keep=20),
    Column("size", "Size", 5, right=True, keep=40),
    Column("age", "Age", 5, right=True, keep=30),
    Column("verdict", "Verdict", 16),
    Column("reason", "", 16, keep=5, stretch=True),
)
STAGES: Final[tuple[Column, ...]] = (
    Column("stage", "Stage", 14, stretch=True, middle=True),
    Column("status", "Status", 12),
    Column("recorded", "Recorded", 8, keep=50),
    Column("current", "Current", 8, keep=40),
    Column("duration", "Took", 12, right=True, keep=60),
    Column("outputs", "Outputs", 12, keep=30, stretch=True, middle=True),
    Column("state", "State file", 14, keep=20, stretch=True, middle=True),
    Column("note", "", 16, keep=10, stretch=True),
)
RUNS: Final[tuple[Column, ...]] = (
    Column("run", "Run", 20, middle=True),
    Column("state", "State", 12),
    Column("started", "Since", 6, right=True, keep=50),
    Column("elapsed", "Took", 9, right=True, keep=60),
    Column("host", "Where", 14, keep=30, middle=True),
    Column("progress", "Progress", 12, keep=40, stretch=True),
    Column("note", "Outcome", 16, keep=70, stretch=True),
)
FAILURES: Final[tuple[Column, ...]] = (
    Column("when", "When", 6, right=True, keep=50),
    Column("path", "Checkpoint", 20, stretch=True, middle=True),
    Column("reason", "Reason", 20, stretch=True),
)


def fitting(columns: Sequence[Column], width: int) -> dict[str, int]:
    """Choose the columns for a terminal and their widths.

    Args:
        columns: All columns, in order.
        width: Cells that the table may take.

    Returns:
        Column id → width, in order. Those that give way first are gone first; the room that is
        left goes to wishes first, then to the columns that stretch, a cell at a time.
    """
    kept = list(columns)
    while len(kept) > 1 and _taken(kept) > width:
        kept.remove(min(kept, key=lambda column: column.keep))
    widths = {column.id: column.width for column in kept}
    growing = [column.id for column in kept if column.stretch] or [kept[0].id]
    spare = max(width - _taken(kept), 0)
    for column in kept:
        more = min(max(column.wish - column.width, 0), spare)
        widths[column.id] += more
        spare -= more
    for index, column_id in enumerate(growing):
        widths[column_id] += spare // len(growing) + (index < spare % len(growing))
    return widths


def _taken(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + GAP * (len(columns) - 1)


def sorted_rows(keys: Mapping[str, SortKey], *, reverse: bool = False) -> list[str]:
    """Row names ordered by their sort keys; equal ones keep their order, None stays last."""
    known = {name: key for name, key in keys.items() if key is not None}
    ordered = sorted(known, key=lambda name: known[name], reverse=reverse)
    return ordered + [name for name in keys if name not in known]


def by_text(text: str | None) -> SortKey:
    """Sort key of a text; digits count as numbers, so that ``ckpt_500`` is before ``ckpt_4500``."""
    if text is None:
        return None
    return 0.0, re.sub(r"[0-9]+", lambda digits: f"{len(digits[0]):04d}{digits[0]}", text)


def by_number(value: float | None) -> SortKey:
    """Sort key of a number."""
    return None if value is None else (float(value), "")


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


def checkpoint_cells(
    row: Checkpoint, *, now: float, last_good: str | None = None, ascii_only: bool = False
) -> dict[str, Cell]:
    """The cells of one checkpoint, by column id.

    Args:
        row: The checkpoint.
        now: Seconds since the epoch, for its age.
        last_good: Path of the last good checkpoint, or None.
        ascii_only: Use the ASCII twins of all glyphs.
    """
    seconds = None if row.mtime is None else now - row.mtime
    sign = "" if not row.pointer else f" {glyphs.ARROW.text(ascii_only=ascii_only)} "
    name = _fit(row.path + sign + (row.pointer or ""), ascii_only)
    kind = (row.layout or row.format or "").removeprefix("foreign:")
    bar = glyphs.level_bar(row.level, row.checks, ascii_only=ascii_only)
    return {
        "name": Cell(name + ("/" if row.layout else ""), by_text(row.path)),
        "step": _number(row.step, ascii_only),
        "format": _text(FORMAT_LABELS.get(kind, kind) if kind else None, ascii_only),
        "version": _text(row.version, ascii_only),
        "marker": _marker(row.marker, ascii_only),
        "level": Cell(bar, by_number(row.level)),
        "input": _input(row.input_hash, ascii_only),
        "size": Cell(_fit(units.size(row.size), ascii_only), by_number(row.size)),
        "age": Cell(_fit(units.age(seconds), ascii_only), by_number(seconds)),
        "verdict": _verdict(row, ascii_only),
        "reason": _reason(row, last_good, ascii_only),
    }


def _fit(text: str, ascii_only: bool) -> str:
    safe = plain(text)
    return glyphs.to_ascii(safe) if ascii_only else safe


def _none(ascii_only: bool) -> Cell:
    return Cell(glyphs.NONE.text(ascii_only=ascii_only), None, Role.MUTED)


def _text(text: str | None, ascii_only: bool) -> Cell:
    return Cell(_fit(text, ascii_only), by_text(text)) if text else _none(ascii_only)


def _number(value: int | None, ascii_only: bool) -> Cell:
    return _none(ascii_only) if value is None else Cell(str(value), by_number(value))


_MARKER_ORDER: Final = (
    MarkerState.ORPHAN,
    MarkerState.OUTDATED,
    MarkerState.MISSING,
    MarkerState.PRESENT,
)


def _marker(state: MarkerState | None, ascii_only: bool) -> Cell:
    if state is None:
        return Cell("", None, Role.MUTED)
    glyph = glyphs.MARKER[state]
    return Cell(
        glyph.text(ascii_only=ascii_only), by_number(_MARKER_ORDER.index(state)), glyph.role
    )


def _input(hashes: InputHash, ascii_only: bool) -> Cell:
    if not hashes.recorded:
        return _none(ascii_only)
    glyph = glyphs.INPUT[hashes.state]
    text = f"{short_hash(hashes.recorded)} {glyph.text(ascii_only=ascii_only)}".rstrip()
    order = {InputState.STALE: 0.0, InputState.UNKNOWN: 1.0, InputState.FRESH: 2.0}
    return Cell(_fit(text, ascii_only), (order[hashes.state], hashes.recorded), glyph.role)


def short_hash(recorded: str) -> str:
    """First six characters of a hash, without the prefix that names how it was made."""
    return plain(recorded.rpartition(":")[2][:6])


def _verdict(row: Checkpoint, ascii_only: bool) -> Cell:
    key = by_number(PRECEDENCE.index(row.category))
    if row.progress is not None:
        sign = glyphs.CATEGORY[Category.UNCHECKED].text(ascii_only=ascii_only)
        return Cell(f"{sign} checking {units.percent(row.progress)}", key, Role.ACCENT)
    glyph = glyphs.CATEGORY[row.category]
    return Cell(f"{glyph.text(ascii_only=ascii_only)} {row.category}", key, glyph.role)


def _reason(row: Checkpoint, last_good: str | None, ascii_only: bool) -> Cell:
    if row.path == last_good:
        text = "last good" + (f"; {row.reason}" if row.reason else "")
        return Cell(_fit(text, ascii_only), by_text(text), Role.STRONG)
    return Cell(_fit(row.reason, ascii_only), by_text(row.reason or None), Role.MUTED)


STAGE_STATUS_ROLES: Final[Mapping[str, Role]] = {
    "completed": Role.SUCCESS,
    "in_progress": Role.ACCENT,
    "failed": Role.ERROR,
    "not_started": Role.MUTED,
}


def stage_cells(row: StageRow, *, ascii_only: bool = False) -> dict[str, Cell]:
    """The cells of one stage, by column id."""
    role = STAGE_STATUS_ROLES.get(row.status, Role.NORMAL)
    current = row.input_hash.current
    note = row.error or row.input_hash.why
    duration = _fit(units.duration(row.duration_seconds), ascii_only)
    return {
        "stage": Cell(_fit(row.stage, ascii_only), by_text(row.stage)),
        "status": Cell(_fit(row.status.replace("_", " "), ascii_only), by_text(row.status), role),
        "recorded": _input(row.input_hash, ascii_only),
        "current": _text(short_hash(current) if current else None, ascii_only),
        "duration": Cell(duration, by_number(row.duration_seconds)),
        "outputs": _outputs(row.outputs, ascii_only),
        "state": _text(row.state, ascii_only),
        "note": Cell(
            _fit(note, ascii_only), by_text(note or None), Role.ERROR if row.error else Role.MUTED
        ),
    }


def _outputs(outputs: tuple[str, ...], ascii_only: bool) -> Cell:
    if not outputs:
        return _none(ascii_only)
    text = outputs[0] if len(outputs) == 1 else units.counted(len(outputs), "file")
    return Cell(_fit(text, ascii_only), (float(len(outputs)), outputs[0]))


RUN_STATE_ROLES: Final[Mapping[str, Role]] = {
    "starting": Role.ACCENT,
    "running": Role.ACCENT,
    "unsupervised": Role.WARNING,
    "cancelled": Role.MUTED,
    "lost": Role.ERROR,
    "elsewhere": Role.MUTED,
}


def run_cells(row: RunRecord, *, now: float, ascii_only: bool = False) -> dict[str, Cell]:
    """The cells of one resumed run, by column id. ``now`` is in seconds since the epoch."""
    started = units.seconds_of(row.started_at)
    ended = units.seconds_of(row.ended_at)
    since = None if started is None else now - started
    took = None if started is None else (ended or now) - started
    where = f"{row.host} {row.pid}" if row.pid else row.host
    return {
        "run": Cell(_fit(row.id, ascii_only), by_text(row.id)),
        "state": Cell(_fit(row.state, ascii_only), by_text(row.state), _run_role(row)),
        "started": Cell(_fit(units.age(since), ascii_only), by_number(since)),
        "elapsed": Cell(_fit(units.duration(took), ascii_only), by_number(took)),
        "host": _text(where, ascii_only),
        "progress": _progress(row, ascii_only),
        "note": _text(row.note or row.progress_text, ascii_only),
    }


def _run_role(row: RunRecord) -> Role:
    if row.state == "ended":
        return Role.SUCCESS if row.exit_code == 0 else Role.ERROR
    return RUN_STATE_ROLES.get(row.state, Role.NORMAL)


def _progress(row: RunRecord, ascii_only: bool) -> Cell:
    if row.progress is None:
        return _none(ascii_only)
    bar = glyphs.progress_bar(row.progress, 6, ascii_only=ascii_only)
    text = f"{bar} {units.percent(row.progress)}"
    return Cell(_fit(text, ascii_only), by_number(row.progress), Role.ACCENT)


def failure_cells(row: FailureRow, *, now: float, ascii_only: bool = False) -> dict[str, Cell]:
    """The cells of one line of a failure log, by column id."""
    moment = units.seconds_of(row.timestamp)
    when = units.age(now - moment) if moment is not None else row.timestamp
    return {
        "when": Cell(_fit(when, ascii_only), by_number(None if moment is None else now - moment)),
        "path": Cell(_fit(row.path, ascii_only), by_text(os.path.basename(row.path))),
        "reason": Cell(_fit(row.reason, ascii_only), by_text(row.reason or None), Role.ERROR),
    }
