"""The last good checkpoint. Pure: rows in, answer out (SPEC: "Last good")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from posixpath import basename

from ckptui.formats.naming import series_key
from ckptui.globs import matches_anywhere
from ckptui.terms import Category, InputState, Level, MarkerState
from ckptui.watch.model import Checkpoint, LastGood, PassedOver
from ckptui.watch.series import (
    counts,
    extent_of,
    is_data,
    newest_series,
    rank_of,
    time_of,
)


def find_last_good(
    checkpoints: Mapping[str, Checkpoint], *, series: str | None = None, level: int = 4
) -> tuple[LastGood | None, tuple[PassedOver, ...]]:
    """Find the newest checkpoint that passes, and name the newer ones that do not.

    Args:
        checkpoints: The rows of a run directory.
        series: A glob that chooses the checkpoints to take from; by default the series (names of
            one folder that differ only in digits) whose steps changed last.
        level: To 4, a header that shows nothing wrong is enough; above, the bytes must have been
            checked to that level.

    Returns:
        The last good one or None, and the newer ones (all of them, where there is none).
    """
    rows = list(_eligible(checkpoints, series))
    ordered = list(filter(counts, rows))
    beside: list[Checkpoint] = []
    if ordered and series is None:
        chosen = _newest(ordered)
        beside = _fixed_names(chosen, rows)
        rows = chosen
    elif ordered:
        rows = ordered
    rows.sort(key=rank_of)
    beside.sort(key=rank_of)
    best = _choose(rows, level) or _choose(list(filter(counts, beside)), level)
    rows += [row for row in beside if row is best or why_not(row, level)]
    if best is not None:
        rows = [row for row in rows if row is not best and is_newer(row, best)]
    return verdict_on(best, rows, level)


def verdict_on(
    best: Checkpoint | None, over: Iterable[Checkpoint], level: int = Level.KEYS
) -> tuple[LastGood | None, tuple[PassedOver, ...]]:
    """Say it: the last good one, and each newer one with what stands against it."""
    passed = tuple(PassedOver(row.path, why_not(row, level) or _why_not_clean(row)) for row in over)
    if best is None:
        return None, passed
    return LastGood(best.path, best.step, best.level, passed, tuple(_notes(best, level))), passed


def _newest(rows: Iterable[Checkpoint]) -> list[Checkpoint]:
    groups: dict[str, list[Checkpoint]] = {}
    for row in rows:
        groups.setdefault(series_key(row.path), []).append(row)
    return groups[newest_series({key: extent_of(group) for key, group in groups.items()})]


def _eligible(checkpoints: Mapping[str, Checkpoint], series: str | None) -> Iterable[Checkpoint]:
    """Rows that are checkpoints in their own right: no units, no second names of another row."""
    own = {row.signature for row in checkpoints.values() if not row.pointer and row.signature}
    rows = [
        row
        for row in checkpoints.values()
        if not row.unit and not (row.pointer and row.signature in own)
    ]
    if series is not None:
        return (row for row in rows if matches_anywhere(row.path, series))
    # A data set's tensors are not what a job goes on from, even where nothing else is good.
    return [row for row in rows if not is_data(row)] or rows


def _fixed_names(chosen: Sequence[Checkpoint], rows: Sequence[Checkpoint]) -> list[Checkpoint]:
    """What is saved under one name over and over, beside a series: ``last.pt``, ``best.pt``.

    Where ``last.pt`` was cut short, the copies beside it are saves of the same job. Two numbered
    series of one folder (``G_100.pt``, ``D_100.pt``) never stand in for each other.
    """
    key = series_key(chosen[0].path)
    return [row for row in rows if stands_in(series_key(row.path), key)]


def stands_in(other: str, key: str) -> bool:
    """True where the rows of one series may be saves of the job that another is of."""
    return (
        other != key
        and other.rpartition("/")[0] == key.rpartition("/")[0]
        and ("#" not in basename(key) or "#" not in basename(other))
    )


def is_newer(row: Checkpoint, best: Checkpoint) -> bool:
    """By the strongest thing that both know."""
    if row.step is not None and best.step is not None and row.step != best.step:
        return row.step > best.step
    if row.epoch is not None and best.epoch is not None and row.epoch != best.epoch:
        return row.epoch > best.epoch
    return time_of(row) > time_of(best)


def _choose(rows: Sequence[Checkpoint], level: int) -> Checkpoint | None:
    good = [row for row in rows if not why_not(row, level)]
    if level >= Level.VALUES:
        clean = [row for row in good if not _why_not_clean(row)]
        good = clean or good
    return good[0] if good else None


def why_not(row: Checkpoint, level: int = Level.KEYS) -> str:
    """Why a row cannot be the last good one; "" where it can."""
    if row.status == "in_progress":
        return row.reason or "its status says in_progress"
    if row.category not in (Category.VALID, Category.UNCHECKED):
        return f"{row.category}: {row.reason}" if row.reason else str(row.category)
    if row.checked_at is None:
        return "not looked at yet"
    if level > Level.KEYS and not _reached(row, level):
        why = f": {row.reason}" if row.category is Category.UNCHECKED and row.reason else ""
        return f"not checked to level {level}{why}"
    return ""


def _reached(row: Checkpoint, level: int) -> bool:
    """True where the level was asked for, also where the format has nothing to say at it."""
    if row.category is not Category.VALID:
        return False
    said = row.checks.get(Level(level).label)
    return row.level >= level or (said is not None and not said.startswith("skipped"))


def _why_not_clean(row: Checkpoint) -> str:
    said = row.checks.get(Level.VALUES.label) or ""
    return f"values: {said.removeprefix('warn: ')}" if said.startswith("warn") else ""


def _notes(row: Checkpoint, level: int) -> Iterable[str]:
    """What to say beside it."""
    if row.input_hash.state is InputState.STALE:
        why = f": {row.input_hash.why}" if row.input_hash.why else ""
        yield f"stale: its inputs have changed{why}"
    if row.marker is MarkerState.MISSING:
        yield "without a marker, in a folder that uses them"
    elif row.marker is MarkerState.OUTDATED:
        yield "its marker is older than it"
    if row.category is Category.UNCHECKED:
        yield f"header only, level {row.level}: its bytes were not read"
    if level >= Level.VALUES and (why := _why_not_clean(row)):
        yield f"no clean one among the older; {why}"
