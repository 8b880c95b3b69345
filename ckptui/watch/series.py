"""Which rows are the successive saves of the job that saved last. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ckptui.formats.naming import counts_progress, is_best, series_key, suggests_checkpoint
from ckptui.formats.role import Role
from ckptui.watch.model import Checkpoint

_NEVER: Final = float("-inf")
_CONTENT_NOT_READ: Final = frozenset({"npz", "hdf5", "gguf", "pickle", "safetensors"})
_SAME_MOMENT: Final = 2.0
"""Seconds. Saves of one moment; also the coarsest times that filesystems keep."""
_RANKS: Final = {Role.TRAINING: 2, Role.WEIGHTS: 1}


def is_data(row: Checkpoint) -> bool:
    """True for what a job reads and does not go on from: a cached tensor, a vocabulary.

    A name that counts steps or epochs outweighs the content; a number alone does not. Where the
    content is not read, the name decides. The state of an optimizer alone is known by its keys,
    whatever it is called: nothing goes on from ``step_200_optim_rank1.pt``.
    """
    name = row.path.rpartition("/")[2]
    if row.role == Role.PART:
        return True
    if row.role == Role.DATA:
        return not counts_progress(name)
    if row.role == Role.UNKNOWN and row.format in _CONTENT_NOT_READ:
        return not suggests_checkpoint(name)
    return False


def newest_series(rows: Sequence[Checkpoint]) -> list[Checkpoint]:
    """The series whose steps changed last.

    Beside it in its folder there may be one that is as far and better to go on from: a copy of
    the best save yields to the latest, weights alone yield to the whole training state. Times do
    not tell these apart: they are written within one save, and a copy of the run reorders them.

    Args:
        rows: Rows with a step or an epoch, at least one.
    """
    groups: dict[str, list[Checkpoint]] = {}
    for row in rows:
        groups.setdefault(series_key(row.path), []).append(row)
    # A series of orphans has no times at all; the key keeps the choice the same each time.
    key = max(groups, key=lambda each: (max(map(time_of, groups[each])), each))
    key = _furthest_at_once(groups, key)
    for other in sorted(groups):
        if other != key and _near(key, other) and _better(groups[other], groups[key]):
            key = other
    return groups[key]


def _furthest_at_once(groups: dict[str, list[Checkpoint]], key: str) -> str:
    """Of the series that changed with it at the same moment, as in a copy, the furthest."""
    moment = max(map(time_of, groups[key]))
    for other in sorted(groups):
        newest, mine = _furthest(groups[other]), _furthest(groups[key])
        if moment - max(map(time_of, groups[other])) > _SAME_MOMENT or not _as_far(newest, mine):
            continue
        key = key if _as_far(mine, newest) else other
    return key


def _near(key: str, other: str) -> bool:
    """True for series of one folder, and for those beside a folder called ``best``."""
    folder, beside = key.rpartition("/")[0], other.rpartition("/")[0]
    if folder == beside:
        return True
    if not is_best(folder.rpartition("/")[2]):
        return False
    home = folder.rpartition("/")[0]
    return beside == home or beside.rpartition("/")[0] == home


def _better(other: Sequence[Checkpoint], chosen: Sequence[Checkpoint]) -> bool:
    newest, mine = _furthest(other), _furthest(chosen)
    if not _as_far(newest, mine):
        return False
    if is_best(mine.path) != is_best(newest.path):
        return is_best(mine.path)
    return _rank(newest) > _rank(mine) > 0


def _as_far(row: Checkpoint, than: Checkpoint) -> bool:
    """True where a row is at the same step or a later one, by what both know."""
    if row.step is not None and than.step is not None:
        return row.step >= than.step
    if row.epoch is not None and than.epoch is not None:
        return row.epoch >= than.epoch
    return False


def _furthest(rows: Sequence[Checkpoint]) -> Checkpoint:
    return max(rows, key=lambda row: (_number(row.step), _number(row.epoch), time_of(row)))


def _number(value: int | None) -> float:
    return _NEVER if value is None else value


def _rank(row: Checkpoint) -> int:
    return _RANKS.get(Role(row.role), 0)


def time_of(row: Checkpoint) -> float:
    """When a row was saved, in seconds; before all others where nobody knows."""
    return _NEVER if row.mtime is None else row.mtime
