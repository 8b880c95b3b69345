"""The last good checkpoint. Pure: rows in, answer out (SPEC: "Last good")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ckptui.formats.naming import series_key
from ckptui.globs import matches_anywhere
from ckptui.terms import Category, InputState, Level, MarkerState
from ckptui.watch.model import Checkpoint, LastGood, PassedOver

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
    ordered = [row for row in rows if row.step is not None or row.epoch is not None]
    if ordered and series is None:
        rows = _newest_series(ordered)
    elif ordered:
        rows = ordered
    rows.sort(key=_order, reverse=True)
    best = _choose(rows, level)
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
    for row in checkpoints.values():
        if row.unit or (row.pointer and row.signature in own):
            continue
        if series is None or matches_anywhere(row.path, series):
            yield row


def _newest_series(rows: Sequence[Checkpoint]) -> list[Checkpoint]:
    groups: dict[str, list[Checkpoint]] = {}
    for row in rows:
        groups.setdefault(series_key(row.path), []).append(row)
    # A series of orphans has no times at all; the key keeps the choice the same each time.
    return max(groups.items(), key=lambda item: (max(map(_time, item[1])), item[0]))[1]


def _time(row: Checkpoint) -> float:
    return _NEVER if row.mtime is None else row.mtime


def _order(row: Checkpoint) -> tuple[float, float, float]:
    step = _NEVER if row.step is None else row.step
    epoch = _NEVER if row.epoch is None else row.epoch
    return step, epoch, _time(row)


def _newer(row: Checkpoint, best: Checkpoint) -> bool:
    """By the strongest thing that both know."""
    if row.step is not None and best.step is not None and row.step != best.step:
        return row.step > best.step
    if row.epoch is not None and best.epoch is not None and row.epoch != best.epoch:
        return row.epoch > best.epoch
    return _time(row) > _time(best)


def _choose(rows: Sequence[Checkpoint], level: int) -> Checkpoint | None:
    good = [row for row in rows if not _why_not(row, level)]
    if level >= Level.VALUES:
        clean = [row for row in good if not _why_not_clean(row)]
        good = clean or good
    return good[0] if good else None


def _why_not(row: Checkpoint, level: int) -> str:
    """Why a row cannot be the last good one; "" where it can."""
    if row.layout is not None:
        return "directory layout not judged yet"
    if row.status == "in_progress":
        return row.reason or "its status says in_progress"
    if row.category not in (Category.VALID, Category.UNCHECKED):
        return f"{row.category}: {row.reason}" if row.reason else str(row.category)
    if row.checked_at is None:
        return "not looked at yet"
    if level > Level.KEYS and not _reached(row, level):
        return f"not checked to level {level}"
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
