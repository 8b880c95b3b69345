"""The status table as plain text, for pipes, logs and places without a terminal."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ckptui.launch.model import RunRecord
from ckptui.present import columns as tables
from ckptui.present import strip
from ckptui.present.checkpoints import CHECKPOINTS, checkpoint_cells
from ckptui.present.columns import GAP, Cell, Column
from ckptui.present.safe import cells, clip, pad
from ckptui.present.saving import rhythm_line
from ckptui.present.spans import Line, text_of
from ckptui.watch.model import Snapshot

_MOST_PASSED_OVER: Final = 20


def status_table(
    snapshot: Snapshot,
    runs: Sequence[RunRecord] = (),
    *,
    chosen: Collection[str] | None = None,
    now: float | None = None,
    width: int | None = None,
    ascii_only: bool = False,
) -> list[str]:
    """What ``ckptui status`` prints: the strip, the checkpoints, stages, runs and failures.

    Args:
        snapshot: The live model.
        runs: Resumed runs.
        chosen: Paths of the checkpoints to show, and nothing but these below the strip; None for
            everything.
        now: Seconds since the epoch for ages; None asks the clock.
        width: Cells a line may take; None cuts nothing, as suits ``grep``.
        ascii_only: ASCII twins of all glyphs.

    Returns:
        Lines without line ends, harmless to a terminal.
    """
    moment = time.time() if now is None else now
    good = snapshot.last_good
    last = good.path if good else None
    checkpoints = [
        checkpoint_cells(
            snapshot.checkpoints[path], now=moment, last_good=last, ascii_only=ascii_only
        )
        for path in newest_first(snapshot)
        if chosen is None or path in chosen
    ]
    stages = [tables.stage_cells(row, ascii_only=ascii_only) for row in snapshot.stages]
    ran = [tables.run_cells(row, now=moment, ascii_only=ascii_only) for row in runs]
    failed = [
        tables.failure_cells(row, now=moment, ascii_only=ascii_only) for row in snapshot.failures
    ]
    parts = [
        [text_of(each, ascii_only=ascii_only) for each in _heading(snapshot, moment)],
        text_table(CHECKPOINTS, checkpoints, width, ascii_only=ascii_only),
    ]
    if chosen is None:
        parts += [
            text_table(tables.STAGES, stages, width, ascii_only=ascii_only),
            text_table(tables.RUNS, ran, width, ascii_only=ascii_only),
            text_table(tables.FAILURES, failed, width, ascii_only=ascii_only),
        ]
    lines: list[str] = []
    for part in parts:
        lines += ["", *part] if part and lines else part
    if width is None:
        return lines
    return [clip(line, width, middle=False, ascii_only=ascii_only) for line in lines]


def newest_first(snapshot: Snapshot) -> list[str]:
    """Paths of the checkpoints, by step where they have one, else by time, the newest first."""
    rows = snapshot.checkpoints

    def key(path: str) -> tuple[float, float, str]:
        row = rows[path]
        step = float("-inf") if row.step is None else float(row.step)
        return -step, -(row.mtime or 0.0), path

    return sorted(rows, key=key)


def _heading(snapshot: Snapshot, now: float) -> list[Line]:
    good = snapshot.last_good
    passed = good.passed_over if good else snapshot.last_good_none
    lines = [
        strip.last_good_line(snapshot, now=now),
        *strip.passed_over_lines(passed[:_MOST_PASSED_OVER]),
        strip.totals_line(snapshot),
        strip.disk_line(snapshot, now=now),
        rhythm_line(snapshot, now=now),
        strip.left_out_line(snapshot),
        strip.watching_line(snapshot, now=now),
    ]
    return [each for each in lines if each]


def text_table(
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Cell]],
    width: int | None = None,
    *,
    ascii_only: bool = False,
) -> list[str]:
    """A table with its heading as lines; none where there are no rows.

    Args:
        columns: The columns, in order.
        rows: Column id → cell.
        width: Cells a line may take, None for as many as it needs.
        ascii_only: How cut text is marked.
    """
    if not rows:
        return []
    widths = _natural(columns, rows)
    if width and sum(widths.values()) + GAP * (len(widths) - 1) > width:
        widths = _within(columns, widths, width)
    shown = [column for column in columns if column.id in widths]
    heading = {column.id: Cell(column.title) for column in shown}
    return [
        (" " * GAP)
        .join(
            _padded(column, row[column.id].text, widths[column.id], ascii_only) for column in shown
        )
        .rstrip()
        for row in [heading, *rows]
    ]


def _natural(columns: Sequence[Column], rows: Sequence[Mapping[str, Cell]]) -> dict[str, int]:
    return {
        column.id: max(cells(column.title), *(cells(row[column.id].text) for row in rows))
        for column in columns
    }


def _within(columns: Sequence[Column], natural: Mapping[str, int], width: int) -> dict[str, int]:
    """Widths for a terminal: none is wider than what stands there, what is over goes to others."""
    modest = [
        replace(
            each, width=min(each.width, natural[each.id]), wish=min(each.wish, natural[each.id])
        )
        for each in columns
    ]
    widths = tables.fitting(modest, width)
    spare = sum(max(given - natural[each], 0) for each, given in widths.items())
    for each, given in widths.items():
        more = min(max(natural[each] - given, 0), spare)
        widths[each] = min(given, natural[each]) + more
        spare -= more
    return widths


def _padded(column: Column, text: str, width: int, ascii_only: bool) -> str:
    cut = clip(text, width, middle=column.middle, ascii_only=ascii_only)
    return pad(cut, width, right=column.right)
