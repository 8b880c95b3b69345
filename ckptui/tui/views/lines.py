"""The order of the checkpoints' rows, kept as they change: a change costs what changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from ckptui.present.checkpoints import sort_key
from ckptui.tui.listing import Rows
from ckptui.tui.views.arrangement import NEWEST, Arrangement
from ckptui.tui.views.entries import Entries, Entry
from ckptui.tui.views.groups import Group, GroupTally, in_trouble
from ckptui.tui.views.moves import Moves
from ckptui.tui.views.spread import Spread
from ckptui.watch.model import Checkpoint


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

    def shed(self, count: int) -> bool:
        """Let go of some of what is here, which is of no use afterwards; True while more is."""
        for _ in range(min(count, len(self.rows))):
            self.rows.popitem()
        if self.groups:
            self.groups.popitem()
        return self._top.shed() or bool(self.rows) or bool(self.groups)

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


_NO_ENTRIES: Final = Entries()
