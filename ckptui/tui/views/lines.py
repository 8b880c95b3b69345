"""The order of the checkpoints' rows, kept as they change: a change costs what changed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ckptui.present.checkpoints import sort_key
from ckptui.present.columns import SortKey
from ckptui.present.filter import Filter
from ckptui.tui.folding import group_sort_key
from ckptui.tui.listing import Rows
from ckptui.tui.views.entries import Backwards, Entries, Entry
from ckptui.tui.views.groups import UNITS, Group, Grouping, GroupTally, in_trouble
from ckptui.watch.model import Checkpoint

NEWEST: Final = ""
"""In the place of a column: by step where there is one, else by time, the newest first."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How rows are arranged.

    Attributes:
        sort: (column id, turned round), or NEWEST in the place of a column.
        grouping: What puts rows together.
        filter: Which are shown.
    """

    sort: tuple[str, bool] = (NEWEST, False)
    grouping: Grouping = UNITS
    filter: Filter = field(default_factory=Filter)

    @property
    def down(self) -> bool:
        """True where entries are read from the greatest on."""
        return self.sort[0] != NEWEST and self.sort[1]

    def entry(self, row: Checkpoint) -> Entry:
        """Where a row stands."""
        column = self.sort[0]
        key = (0.0, "") if column == NEWEST else sort_key(row, column)
        # Turned round by a column, entries are read backwards; what is equal shall not be.
        sign = 1 if self.sort[1] else -1
        step = float("-inf") if row.step is None else float(row.step)
        return self._entry(key, sign * step, sign * (row.mtime or 0.0), row.path)

    def group_entry(self, group: Group) -> Entry:
        """Where a group stands: by what its row shows, else where the first of its rows would."""
        first, column = group.members[0], self.sort[0]
        key = (0.0, "") if group.tally is None else group_sort_key(group.key, group.tally, column)
        return self._entry(key, first[3], first[4], group.key)

    def _entry(self, key: SortKey, step: float, mtime: float, name: str) -> Entry:
        known = key is not None
        number, text = key or (0.0, "")
        tie = Backwards(name) if self.down else ""
        return int(known == self.down), number, text, step, mtime, tie, name


class Moves:
    """Entries that leave a list and entries that join it; those that do both stay."""

    def __init__(self) -> None:
        self.gone: set[Entry] = set()
        self.come: set[Entry] = set()

    def leave(self, entry: Entry) -> None:
        """It is there and shall not be."""
        self.gone.add(entry)

    def join(self, entry: Entry) -> None:
        """It shall be there."""
        if entry in self.gone:
            self.gone.discard(entry)
        else:
            self.come.add(entry)

    def carry_out(self, entries: Entries) -> None:
        """Do it."""
        if self.gone or self.come:
            entries.change(self.gone, self.come)


class Lines(Rows):
    """Keys of the checkpoints' rows and of their groups, in order.

    Args:
        arrangement: How; another one needs other lines.
        opened: Keys of the groups that are open; shared, see :meth:`turned`.
    """

    def __init__(self, arrangement: Arrangement, opened: Collection[str]) -> None:
        self.arrangement = arrangement
        self.opened = opened
        self.rows: dict[str, Checkpoint] = {}
        self.groups: dict[str, Group] = {}
        self._top = Entries(down=arrangement.down)
        self._wide: set[str] = set()
        self._spread: Spread | None = None

    # Changes in

    def apply(self, paths: Iterable[str], rows: Mapping[str, Checkpoint], now: float) -> None:
        """Take rows as they are now.

        Args:
            paths: Those that may be new, different or gone; saying one too often does no harm.
            rows: All there are.
            now: Seconds since the epoch, for filters about time.
        """
        top, inside = Moves(), dict[str, tuple[Moves, Moves]]()
        asked = self.arrangement.filter
        for path in paths:
            old, row = self.rows.get(path), rows.get(path)
            if row is old:
                continue
            if row is not None and asked and not asked.matches(row, now):
                row = None
            if old is not None and row is not None and self._stays(old, row):
                self.rows[path] = row
                continue
            if old is not None:
                self._leave(old, top, inside)
            if row is not None:
                self._join(row, top, inside)
        for key, (members, bad) in inside.items():
            self._settle(key, members, bad, top)
        self.departures += bool(top.gone)
        top.carry_out(self._top)
        self._spread = None

    def _stays(self, old: Checkpoint, row: Checkpoint) -> bool:
        """True where a row stands alone and stays in its place: most verdicts change no more."""
        key = self.arrangement.grouping.key
        if key(old) is not None or key(row) is not None:
            return False
        if (old.step, old.mtime) != (row.step, row.mtime):
            return False
        column = self.arrangement.sort[0]
        return column == NEWEST or sort_key(old, column) == sort_key(row, column)

    def _leave(self, old: Checkpoint, top: Moves, inside: dict[str, tuple[Moves, Moves]]) -> None:
        del self.rows[old.path]
        entry, key = self.arrangement.entry(old), self.arrangement.grouping.key(old)
        if key is None:
            top.leave(entry)
            return
        self.groups[key].count(old, -1)
        members, bad = inside.setdefault(key, (Moves(), Moves()))
        members.leave(entry)
        if self._apart and in_trouble(old):
            bad.leave(entry)

    def _join(self, row: Checkpoint, top: Moves, inside: dict[str, tuple[Moves, Moves]]) -> None:
        self.rows[row.path] = row
        entry, key = self.arrangement.entry(row), self.arrangement.grouping.key(row)
        if key is None:
            top.join(entry)
            return
        if key not in self.groups:
            self.groups[key] = Group(key, down=self.arrangement.down)
        self.groups[key].count(row, 1)
        members, bad = inside.setdefault(key, (Moves(), Moves()))
        members.join(entry)
        if self._apart and in_trouble(row):
            bad.join(entry)

    def _settle(self, key: str, members: Moves, bad: Moves, top: Moves) -> None:
        """Bring a group's rows in order, and what stands for it in the list."""
        group = self.groups[key]
        self.departures += bool(members.gone)
        members.carry_out(group.members)
        if bad.come and group.bad is None:
            group.bad = Entries(down=self.arrangement.down)
        if group.bad is not None:
            bad.carry_out(group.bad)
        before = group.shown
        if len(group.members) < self.arrangement.grouping.fold_from:
            group.place, group.tally, group.shown = None, None, frozenset(group.members)
        else:
            self._count(group)
            group.place = self.arrangement.group_entry(group)
            group.shown = frozenset((group.place,))
        for entry in before - group.shown:
            top.leave(entry)
        for entry in group.shown - before:
            top.join(entry)
        self._widen(key)
        if not group.members:
            del self.groups[key]

    def _count(self, group: Group) -> None:
        if group.tally is None:
            group.tally = GroupTally()
            for path in group.paths():
                group.tally.count(self.rows[path], 1)

    @property
    def _apart(self) -> int:
        return self.arrangement.grouping.apart

    def turned(self, key: str) -> None:
        """A group was opened or closed."""
        self._widen(key)
        self.departures += 1
        self._spread = None

    def _widen(self, key: str) -> None:
        group = self.groups.get(key)
        if group is not None and group.place is not None and len(self._below(group)):
            self._wide.add(key)
        else:
            self._wide.discard(key)

    def _below(self, group: Group) -> Entries:
        """The rows under a group's own."""
        if group.key in self.opened:
            return group.members
        if group.bad is None or len(group.bad) > self._apart:
            return _NO_ENTRIES
        return group.bad

    # Lines out

    def __len__(self) -> int:
        return len(self._top) + self._placed.extra

    def __iter__(self) -> Iterator[str]:
        for entry in self._top:
            yield entry[-1]
            if entry[-1] in self._wide:
                yield from (each[-1] for each in self._below(self.groups[entry[-1]]))

    def at(self, line: int) -> str:
        """The key on a line that is there."""
        number, below = self._placed.find(line)
        if below is None:
            return self._top[number][-1]
        return below[number][-1]

    def line_of(self, key: str) -> int | None:
        """Index of a row or a group, None where it is not shown."""
        group = self.groups.get(key)
        if group is not None:
            return self._line_of_top(group.place)
        row = self.rows.get(key)
        if row is None:
            return None
        entry, home = self.arrangement.entry(row), self.arrangement.grouping.key(row)
        group = None if home is None else self.groups[home]
        if group is None or group.place is None:
            return self._line_of_top(entry)
        above, below = self._line_of_top(group.place), self._below(group).line_of(entry)
        return None if above is None or below is None else above + 1 + below

    def _line_of_top(self, entry: Entry | None) -> int | None:
        line = None if entry is None else self._top.line_of(entry)
        return None if line is None else self._placed.pushed(line)

    @property
    def _placed(self) -> Spread:
        if self._spread is None:
            wide = ((self._line_in_top(key), self._below(self.groups[key])) for key in self._wide)
            self._spread = Spread(sorted(wide, key=lambda each: each[0]))
        return self._spread

    def _line_in_top(self, key: str) -> int:
        place = self.groups[key].place
        line = None if place is None else self._top.line_of(place)
        assert line is not None  # noqa: S101  (whatever is wide has its place)
        return line


class Spread:
    """Where lines stand though groups have others below them.

    Args:
        wide: (line of a group among the groups, what stands below it), by line.
    """

    def __init__(self, wide: list[tuple[int, Entries]]) -> None:
        self._wide = wide
        self._lines = [line for line, _ in wide]
        self._sums = [0]
        for _, below in wide:
            self._sums.append(self._sums[-1] + len(below))
        self._starts = [line + self._sums[at] for at, line in enumerate(self._lines)]

    @property
    def extra(self) -> int:
        """Lines below groups, all together."""
        return self._sums[-1]

    def pushed(self, line: int) -> int:
        """Where a line stands that was this one before anything stood below a group."""
        return line + self._sums[bisect_left(self._lines, line)]

    def find(self, line: int) -> tuple[int, Entries | None]:
        """What stands on a line: a number among the groups, or one among those below a group."""
        at = bisect_right(self._starts, line) - 1
        if at < 0:
            return line, None
        offset, below = line - self._starts[at], self._wide[at][1]
        if 0 < offset <= len(below):
            return offset - 1, below
        return line - self._sums[at + 1 if offset else at], None


_NO_ENTRIES: Final = Entries()
