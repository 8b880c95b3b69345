"""The last good checkpoint. Pure: rows in, answer out (SPEC: "Last good")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from posixpath import basename

from ckptui.formats.naming import series_key
from ckptui.globs import matches_anywhere
from ckptui.terms import Category, InputState, Level, MarkerState
from ckptui.watch.model import Checkpoint, LastGood, PassedOver
from ckptui.watch.series import is_data, newest_series, time_of

_NEVER = float("-inf")


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
    ordered = list(filter(_counts, rows))
    beside: list[Checkpoint] = []
    if ordered and series is None:
        chosen = newest_series(ordered)
        beside = _fixed_names(chosen, rows)
        rows = chosen
    elif ordered:
        rows = ordered
    rows.sort(key=_order, reverse=True)
    beside.sort(key=_order, reverse=True)
    best = _choose(rows, level) or _choose(list(filter(_counts, beside)), level)
    rows += [row for row in beside if row is best or _why_not(row, level)]
    if best is None:
        return None, tuple(PassedOver(row.path, _why_not(row, level)) for row in rows)
    over = tuple(
        PassedOver(row.path, _why_not(row, level) or _why_not_clean(row))
        for row in rows
        if row is not best and _newer(row, best)
    )
    return LastGood(best.path, best.step, best.level, over, tuple(_notes(best, level))), over


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
    folder = key.rpartition("/")[0]
    return [
        row
        for row in rows
        if (other := series_key(row.path)) != key
        and other.rpartition("/")[0] == folder
        and ("#" not in basename(key) or "#" not in basename(other))
    ]


def _counts(row: Checkpoint) -> bool:
    """True where a row can stand in for one of a series: it says how far it had come."""
    return row.step is not None or row.epoch is not None


def _order(row: Checkpoint) -> tuple[float, float, float]:
    step = _NEVER if row.step is None else row.step
    epoch = _NEVER if row.epoch is None else row.epoch
    return step, epoch, time_of(row)


def _newer(row: Checkpoint, best: Checkpoint) -> bool:
    """By the strongest thing that both know."""
    if row.step is not None and best.step is not None and row.step != best.step:
        return row.step > best.step
    if row.epoch is not None and best.epoch is not None and row.epoch != best.epoch:
        return row.epoch > best.epoch
    return time_of(row) > time_of(best)


def _choose(rows: Sequence[Checkpoint], level: int) -> Checkpoint | None:
    good = [row for row in rows if not _why_not(row, level)]
    if level >= Level.VALUES:
        clean = [row for row in good if not _why_not_clean(row)]
        good = clean or good
    return good[0] if good else None


def _why_not(row: Checkpoint, level: int) -> str:
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
