"""Which rows are the successive saves of the job that saved last. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias

from ckptui.formats.naming import counts_progress, is_best, suggests_checkpoint
from ckptui.formats.role import Role
from ckptui.watch.model import Checkpoint

_NEVER: Final = float("-inf")
_LAST: Final = float("inf")
_CONTENT_NOT_READ: Final = frozenset({"npz", "hdf5", "gguf", "pickle", "safetensors"})
SAME_MOMENT: Final = 2.0
"""Seconds. Saves of one moment; also the coarsest times that filesystems keep."""
_RANKS: Final = {Role.TRAINING: 2, Role.WEIGHTS: 1}

Rank: TypeAlias = tuple[float, float, float, str]
"""Less step, epoch and time: what is furthest sorts first. The path breaks the ties."""


class Extent(NamedTuple):
    """How far a series has come.

    Attributes:
        newest: When it was saved to last, in seconds.
        furthest: The row with the highest step.
    """

    newest: float
    furthest: Checkpoint


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


def rank_of(row: Checkpoint) -> Rank:
    """Where a row stands among those of its series."""
    # None is one object for all: there are two ranks for each of a hundred thousand rows.
    return (
        _LAST if row.step is None else -row.step,
        _LAST if row.epoch is None else -row.epoch,
        _LAST if row.mtime is None else -row.mtime,
        row.path,
    )


def counts(row: Checkpoint) -> bool:
    """True where a row can stand in for one of a series: it says how far it had come."""
    return row.step is not None or row.epoch is not None


def extent_of(rows: Iterable[Checkpoint]) -> Extent:
    """How far these rows, at least one, have come."""
    known = list(rows)
    return Extent(max(map(time_of, known)), min(known, key=rank_of))


def newest_series(extents: Mapping[str, Extent]) -> str:
    """The series whose steps changed last.

    Beside it in its folder there may be one that is as far and better to go on from: a copy of
    the best save yields to the latest, weights alone yield to the whole training state. Times do
    not tell these apart: they are written within one save, and a copy of the run reorders them.

    Args:
        extents: Of rows with a step or an epoch, by series; at least one.
    """
    # A series of orphans has no times at all; the key keeps the choice the same each time.
    key = max(extents, key=lambda each: (extents[each].newest, each))
    return better_beside(extents, furthest_at_once(extents, key))


def furthest_at_once(extents: Mapping[str, Extent], key: str) -> str:
    """Of the series that changed with it at the same moment, as in a copy, the furthest."""
    moment = extents[key].newest
    for other in sorted(extents):
        newest, mine = extents[other].furthest, extents[key].furthest
        if moment - extents[other].newest > SAME_MOMENT or not _as_far(newest, mine):
            continue
        key = key if _as_far(mine, newest) else other
    return key


def better_beside(extents: Mapping[str, Extent], key: str) -> str:
    """The series beside it that is better to go on from, else itself."""
    for other in sorted(extents):
        near = other != key and near_of(key, other)
        if near and _better(extents[other].furthest, extents[key].furthest):
            key = other
    return key


def near_of(key: str, other: str) -> bool:
    """True for series of one folder, and for those beside a folder called ``best``."""
    folder, beside = key.rpartition("/")[0], other.rpartition("/")[0]
    if folder == beside:
        return True
    if not is_best(folder.rpartition("/")[2]):
        return False
    home = folder.rpartition("/")[0]
    return beside == home or beside.rpartition("/")[0] == home


def _better(newest: Checkpoint, mine: Checkpoint) -> bool:
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


def _rank(row: Checkpoint) -> int:
    return _RANKS.get(Role(row.role), 0)


def time_of(row: Checkpoint) -> float:
    """When a row was saved, in seconds; before all others where nobody knows."""
    return _NEVER if row.mtime is None else row.mtime
