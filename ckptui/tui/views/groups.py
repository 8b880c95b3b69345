"""Groups of rows: what puts rows into one, and what holds for all of its rows, kept by counting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from posixpath import dirname
from typing import Final, TypeVar

from ckptui.terms import PRECEDENCE, TROUBLE, Category, InputState, MarkerState
from ckptui.tui.folding import PREFIX, STEP
from ckptui.tui.views.entries import Entries, Entry
from ckptui.watch.model import Checkpoint

_Thing = TypeVar("_Thing")


@dataclass(frozen=True, slots=True)
class Grouping:
    """A way to put rows together.

    Attributes:
        id: As it is remembered.
        title: As it is said.
        about: What that means.
        key: The key of a row's group, None where it stands alone.
        fold_from: Rows from which on a group is one row.
        apart: At most so many of its rows in trouble stand below it while it is closed.
        filtered: True where rows are also put together while a filter is set.
    """

    id: str
    title: str
    about: str
    key: Callable[[Checkpoint], str | None]
    fold_from: int = 2
    apart: int = 0
    filtered: bool = True


UNITS: Final = Grouping(
    "units",
    "many files of a stage",
    "the folders of its units",
    lambda row: PREFIX + dirname(row.path) if row.unit else None,
    fold_from=8,
    apart=20,
    filtered=False,
)
DIRECTORIES: Final = Grouping(
    "directory", "each directory", "what lies together", lambda row: PREFIX + dirname(row.path)
)
STEPS: Final = Grouping(
    "step",
    "each step",
    "what was saved together",
    lambda row: None if row.step is None else f"{STEP}{row.step}",
)
NOTHING: Final = Grouping("none", "each file", "nothing is put together", lambda _: None)
GROUPINGS: Final[Mapping[str, Grouping]] = {
    each.id: each for each in (UNITS, DIRECTORIES, STEPS, NOTHING)
}


def in_trouble(row: Checkpoint) -> bool:
    """True for a row that should not disappear among others."""
    return row.category in TROUBLE or row.remedy is not None


@dataclass(slots=True)
class GroupTally:
    """What there is in a group, counted as rows come and go."""

    rows: int = 0
    size: int = 0
    stale: int = 0
    checking: int = 0
    categories: Counter[Category] = field(default_factory=Counter)
    markers: Counter[MarkerState] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    steps: Counter[int] = field(default_factory=Counter)
    levels: Counter[int] = field(default_factory=Counter)
    times: Counter[float] = field(default_factory=Counter)
    _newest: float | None = None
    _newest_known: bool = True

    def count(self, row: Checkpoint, by: int) -> None:
        """Take a row in (``by`` 1) or out (-1)."""
        self.rows += by
        self.size += by * (row.size or 0)
        self.stale += by * (row.input_hash.state is InputState.STALE)
        self.checking += by * (row.progress is not None)
        _count(self.categories, row.category, by)
        _count(self.levels, row.level, by)
        if row.marker is not None:
            _count(self.markers, row.marker, by)
        if row.layout or row.format:
            _count(self.formats, row.layout or row.format or "", by)
        if row.version:
            _count(self.versions, row.version, by)
        if row.step is not None:
            _count(self.steps, row.step, by)
        if row.mtime is not None:
            self._count_time(row.mtime, by)

    def _count_time(self, mtime: float, by: int) -> None:
        _count(self.times, mtime, by)
        if by < 0:
            self._newest_known = self._newest_known and mtime != self._newest
        elif self._newest_known and (self._newest is None or mtime > self._newest):
            self._newest = mtime

    @property
    def newest(self) -> float | None:
        """When the youngest of them was written, in seconds since the epoch."""
        if not self._newest_known:
            self._newest, self._newest_known = max(self.times, default=None), True
        return self._newest

    @property
    def worst(self) -> Category | None:
        """The strongest category in it, None where it is empty."""
        return next((each for each in PRECEDENCE if self.categories[each]), None)


def _count(counter: Counter[_Thing], value: _Thing, by: int) -> None:
    counter[value] += by
    if not counter[value]:
        del counter[value]


class Group:
    """Rows of one key. There may be as many groups as rows: what is empty is not made.

    Attributes:
        members: All of them, in order.
        bad: Those in trouble, as far as the grouping wants them apart.
        tally: What there is in it, while it is one row.
        place: Its own entry while it is one row, else None.
        shown: What stands in the list of rows for it.
    """

    __slots__ = ("bad", "key", "members", "place", "shown", "tally")

    def __init__(self, key: str, *, down: bool) -> None:
        self.key = key
        self.members = Entries(down=down)
        self.bad: Entries | None = None
        self.tally: GroupTally | None = None
        self.place: Entry | None = None
        self.shown: frozenset[Entry] = frozenset()

    def paths(self) -> Iterable[str]:
        """Paths of its rows, in order."""
        return (entry[-1] for entry in self.members)

    def count(self, row: Checkpoint, by: int) -> None:
        """Take a row in (1) or out (-1), where it is counted at all."""
        if self.tally is not None:
            self.tally.count(row, by)
