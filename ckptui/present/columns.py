"""Columns and cells of the tables, and how columns share a line."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from ckptui.launch.model import RunRecord
from ckptui.light import dataclass
from ckptui.present import glyphs, units
from ckptui.present.glyphs import Role
from ckptui.present.logline import shown
from ckptui.present.safe import plain
from ckptui.terms import InputState
from ckptui.watch.model import FailureRow, InputHash, StageRow

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
        optional: True where it is shown only once somebody has asked for it.
        label: What it is called where the heading is left empty.
        about: What it shows, in a few words.
    """

    id: str
    title: str
    width: int
    right: bool = False
    keep: int = 100
    stretch: bool = False
    middle: bool = False
    wish: int = 0
    optional: bool = False
    label: str = ""
    about: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.label or self.title


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: plain text (never markup, never escapes), its sort key and its role."""

    text: str
    sort_key: SortKey = None
    role: Role = Role.NORMAL


GAP: Final = 2
"""Blank cells between two columns."""
SIGN_CELLS: Final = 2
"""Cells of a column in which only the sign in front of a text is left."""
_LEAST: Final = (8, SIGN_CELLS)
"""Cells of the two columns that always stay: enough of a name, and the sign of the verdict."""

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
    Column("started", "Since", 6, right=True, keep=66),
    Column("elapsed", "Took", 9, right=True, keep=45),
    Column("host", "Where", 14, keep=30, middle=True),
    Column("progress", "Progress", 12, keep=40),
    Column("note", "Outcome", 28, keep=70, stretch=True),
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
        Column id → width, in order. Those that give way first are gone first, of equals the last;
        two stay, and shrink where even they are too wide. The room that is left goes to wishes
        first, then to the columns that stretch, a cell at a time.
    """
    kept = list(columns)
    while len(kept) > len(_LEAST) and _taken(kept) > width:
        kept.remove(min(reversed(kept), key=lambda column: column.keep))
    widths = {column.id: column.width for column in kept}
    over = max(_taken(kept) - width, 0)
    for column, least in reversed(list(zip(kept, _LEAST, strict=False))):
        less = min(over, max(column.width - least, 0))
        widths[column.id] -= less
        over -= less
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


def fit(text: str, ascii_only: bool) -> str:
    """Text from disk as a cell may show it."""
    safe = plain(text)
    return glyphs.to_ascii(safe) if ascii_only else safe


def none(ascii_only: bool) -> Cell:
    """The cell of what is not there."""
    return Cell(glyphs.NONE.text(ascii_only=ascii_only), None, Role.MUTED)


def text_cell(text: str | None, ascii_only: bool) -> Cell:
    """A cell of text, or of nothing."""
    return Cell(fit(text, ascii_only), by_text(text)) if text else none(ascii_only)


_INPUT_ORDER: Final = {InputState.STALE: 0.0, InputState.UNKNOWN: 1.0, InputState.FRESH: 2.0}


def by_input(hashes: InputHash) -> SortKey:
    """Sort key of an input hash: the stale ones first."""
    return (_INPUT_ORDER[hashes.state], hashes.recorded) if hashes.recorded else None


def input_cell(hashes: InputHash, ascii_only: bool) -> Cell:
    """A recorded hash, with the sign for how it stands to the current one."""
    if not hashes.recorded:
        return none(ascii_only)
    glyph = glyphs.INPUT[hashes.state]
    text = f"{short_hash(hashes.recorded)} {glyph.text(ascii_only=ascii_only)}".rstrip()
    return Cell(fit(text, ascii_only), by_input(hashes), glyph.role)


def short_hash(recorded: str) -> str:
    """First six characters of a hash, without the prefix that names how it was made."""
    return plain(recorded.rpartition(":")[2][:6])


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
    duration = fit(units.duration(row.duration_seconds), ascii_only)
    return {
        "stage": Cell(fit(row.stage, ascii_only), by_text(row.stage)),
        "status": Cell(fit(row.status.replace("_", " "), ascii_only), by_text(row.status), role),
        "recorded": input_cell(row.input_hash, ascii_only),
        "current": text_cell(short_hash(current) if current else None, ascii_only),
        "duration": Cell(duration, by_number(row.duration_seconds)),
        "outputs": _outputs(row.outputs, ascii_only),
        "state": text_cell(row.state, ascii_only),
        "note": Cell(
            fit(note, ascii_only),
            by_text(note or None),
            Role.ERROR if row.error else Role.MUTED,
        ),
    }


def _outputs(outputs: tuple[str, ...], ascii_only: bool) -> Cell:
    if not outputs:
        return none(ascii_only)
    text = outputs[0] if len(outputs) == 1 else units.counted(len(outputs), "file")
    return Cell(fit(text, ascii_only), (float(len(outputs)), outputs[0]))


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
    # How it ended or how far it is, and what it said last: why it failed is often there.
    outcome = (row.note or row.progress_text, shown(row.last_line).strip())
    return {
        "run": Cell(fit(row.id, ascii_only), by_text(row.id)),
        "state": Cell(fit(row.state, ascii_only), by_text(row.state), _run_role(row)),
        "started": Cell(fit(units.age(since), ascii_only), by_number(since)),
        "elapsed": Cell(fit(units.duration(took), ascii_only), by_number(took)),
        "host": text_cell(where, ascii_only),
        "progress": _progress(row, ascii_only),
        "note": text_cell(" · ".join(filter(None, outcome)), ascii_only),
    }


def _run_role(row: RunRecord) -> Role:
    if row.state == "ended":
        return Role.SUCCESS if row.exit_code == 0 else Role.ERROR
    return RUN_STATE_ROLES.get(row.state, Role.NORMAL)


def _progress(row: RunRecord, ascii_only: bool) -> Cell:
    if row.progress is None:
        return none(ascii_only)
    bar = glyphs.progress_bar(row.progress, 6, ascii_only=ascii_only)
    text = f"{bar} {units.percent(row.progress)}"
    return Cell(fit(text, ascii_only), by_number(row.progress), Role.ACCENT)


def failure_cells(row: FailureRow, *, now: float, ascii_only: bool = False) -> dict[str, Cell]:
    """The cells of one line of a failure log, by column id."""
    moment = units.seconds_of(row.timestamp)
    when = units.age(now - moment) if moment is not None else row.timestamp
    return {
        "when": Cell(fit(when, ascii_only), by_number(None if moment is None else now - moment)),
        "path": Cell(fit(row.path, ascii_only), by_text(os.path.basename(row.path))),
        "reason": Cell(fit(row.reason, ascii_only), by_text(row.reason or None), Role.ERROR),
    }
