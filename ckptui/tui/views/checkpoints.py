"""Checkpoints, newest first unless sorted; what is many of a kind is one row until opened."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from ckptui.present import units
from ckptui.present.checkpoints import EVERY, checkpoint_cells, last_good_sign
from ckptui.present.columns import Cell, Column, fit
from ckptui.tui.folding import PREFIX, directory_of, group_cells
from ckptui.tui.listing import Rows
from ckptui.tui.views.arrangement import NEWEST, Arrangement
from ckptui.tui.views.arranging import Arranging
from ckptui.tui.views.base import View
from ckptui.tui.views.groups import GROUPINGS, NOTHING, UNITS, Grouping, GroupTally
from ckptui.tui.views.lines import Lines
from ckptui.tui.views.remembering import names
from ckptui.watch.model import Checkpoint, Snapshot

PIECE_SECONDS: Final = 0.008
"""About how long an update or a piece of work keeps the keys waiting."""
_TIMED_SECONDS: Final = 5.0
"""How often a filter about ages looks at everything again."""
_MOST_CELLS: Final = 2_000


class CheckpointsView(View):
    """The table of checkpoints.

    Attributes:
        grouping: What puts rows together.
        opened: Keys of the groups whose rows are shown.
        last_good: Path of the last good one.
    """

    id = "checkpoints"
    title = "Checkpoints"
    columns = EVERY

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self.grouping: Grouping = UNITS
        self.opened: set[str] = set()
        self.rows: Mapping[str, Checkpoint] = {}
        self.last_good: str | None = None
        self._arranging = Arranging(self.opened)
        self._arranged_at = 0.0
        self._settled = False
        self._shown_for: object = None
        self._shown: tuple[Column, ...] = ()
        self._known: dict[str, tuple[Checkpoint, object, float, dict[str, Cell]]] = {}

    # Rows

    def update(
        self, snapshot: Snapshot, changed: Collection[str] | None, removed: Collection[str]
    ) -> Rows:
        """Sort, filter and fold the checkpoints: what changed at once, all of them in pieces."""
        self.rows = snapshot.checkpoints
        self.total = len(self.rows)
        self.last_good = snapshot.last_good.path if snapshot.last_good else None
        self._settled = self._settled or snapshot.settled
        paths = None if changed is None else (*changed, *removed)
        self._arranging.change(self.rows, paths)
        wanted = self._arrangement()
        if wanted != self._arranging.wanted or self._is_old():
            self._arranging.arrange(wanted)
            self._arranged_at = time.time()
        self.work(PIECE_SECONDS)
        return self.lines

    def _arrangement(self) -> Arrangement:
        folds = self.grouping.filtered or not self.filter
        return Arrangement(
            self.sort or (NEWEST, False), self.grouping if folds else NOTHING, self.filter
        )

    def _is_old(self) -> bool:
        return self.filter.timed and time.time() - self._arranged_at > _TIMED_SECONDS

    def work(self, seconds: float) -> bool:
        """Go on with what an update has begun."""
        self._arranging.work(seconds)
        self.lines = self._arranging.lines
        return self._arranging.busy

    @property
    def busy(self) -> bool:
        """True while some rows have still to find their place."""
        return self._arranging.busy

    @property
    def _lines(self) -> Lines:
        return self._arranging.lines

    # Groups

    def members(self, key: str) -> Iterator[str]:
        """Paths of the rows in a group that the filter lets through, in order."""
        group = self._lines.groups.get(key)
        return iter(()) if group is None else iter(group.paths())

    def count(self, key: str) -> int:
        """Number of the rows in a group."""
        group = self._lines.groups.get(key)
        return 0 if group is None else len(group.members)

    def tally(self, key: str) -> GroupTally | None:
        """What there is in a group, None where it is none."""
        group = self._lines.groups.get(key)
        return None if group is None else group.tally

    def paths(self, keys: Sequence[str], *, most: int | None = None) -> list[str]:
        """Checkpoints behind rows: a group's row stands for all of its rows.

        Args:
            keys: Of rows.
            most: Of each group, no more than so many.
        """
        found: dict[str, None] = {}
        for key in keys:
            if key.startswith(PREFIX):
                found.update(dict.fromkeys(islice(self.members(key), most)))
            else:
                found[key] = None
        return [path for path in found if path in self.rows]

    def exists(self, key: str) -> bool:
        """True for a row that is there, though a filter or a closed group may hide it."""
        return key in self.rows or (key.startswith(PREFIX) and bool(self.filter))

    def toggle(self, key: str) -> None:
        """Open or close a group."""
        self.opened ^= {key}
        self._lines.turned(key)

    def home_of(self, key: str) -> str | None:
        """The key of the group's row that a row stands below, None where it is below none."""
        row = self._lines.rows.get(key)
        home = None if row is None else self._lines.arrangement.grouping.key(row)
        return home if home is not None and self._lines.line_of(home) is not None else None

    def reveal(self, path: str) -> bool:
        """Open the group that hides a row; False where something else does, such as a filter."""
        home = self.home_of(path)
        if home is not None and self._lines.line_of(path) is None:
            self.toggle(home)
        return self._lines.line_of(path) is not None

    # Columns

    @property
    def shown(self) -> tuple[Column, ...]:
        """The columns that were chosen, without those in which no row has anything."""
        empty, folder = self.empty_columns, self._folder
        made_of = (self.chosen, empty, folder)
        if made_of != self._shown_for:
            self._shown_for = made_of
            name, *others = super().shown
            title = f"{name.title} in {fit(folder, self.ascii_only)}" if folder else name.title
            self._shown = (replace(name, title=title), *others)
        return self._shown

    @property
    def _folder(self) -> str:
        """The folder that is said once in the heading instead of on each row."""
        return self._arranging.shared.folder if self._settled and self.total > 1 else ""

    @property
    def empty_columns(self) -> frozenset[str]:
        """Those without anything, once all has been looked at; one that fills up comes back."""
        return frozenset(self._arranging.filled.missing) if self._settled else frozenset()

    # Cells

    def cells(self, key: str) -> Mapping[str, Cell]:
        """Cells of a checkpoint or of a group's row."""
        now = time.time()
        group = self._lines.groups.get(key)
        if group is not None and group.tally is not None:
            opened, ascii_only = key in self.opened, self.ascii_only
            folded = group_cells(key, group.tally, now=now, opened=opened, ascii_only=ascii_only)
            good = self._lines.rows.get(self.last_good or "")
            if (
                good is not None
                and not opened
                and self._lines.arrangement.grouping.key(good) == key
            ):
                folded["sign"] = last_good_sign(ascii_only=ascii_only)
            return folded
        row = self.rows.get(key) or self._lines.rows.get(key)
        if row is None:  # gone, though not yet from what is shown
            return {}
        name = self._name(key)
        beside = (self.shown, key == self.last_good, name)
        known = self._known.get(key)
        if known is not None and known[0] is row and known[1] == beside and now < known[2]:
            return known[3]
        if len(self._known) > _MOST_CELLS:
            self._known.clear()
        cells = checkpoint_cells(
            row,
            now=now,
            last_good=self.last_good,
            ascii_only=self.ascii_only,
            columns=self.shown,
            name=name,
        )
        times = (row.mtime, units.seconds_of(row.checked_at))
        until = min((units.reads_until(now - at) for at in times if at is not None), default=60.0)
        self._known[key] = (row, beside, now + until, cells)
        return cells

    def _name(self, path: str) -> str:
        """A path without what its group or the heading says; set in below its group."""
        home = self.home_of(path)
        if home is None:
            return path.removeprefix(self._folder)
        folder = directory_of(home)
        return "  " + path.removeprefix(self._folder if folder is None else f"{folder}/")

    def empty(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Why there is nothing, and what counts as something."""
        if not snapshot.settled:
            return ("looking…",)
        if self.filter:
            return self._no_match()
        return (
            "no checkpoints here yet: .pt .pth .ckpt .bin .safetensors .npz .gguf …, at any depth",
            "this view is live; what a job writes here appears by itself",
        )

    # From one session to the next

    def remembered(self) -> dict[str, object]:
        """Also how rows are put together, and which groups are open."""
        return {
            **super().remembered(),
            "grouping": self.grouping.id,
            "opened": sorted(self.opened),
        }

    def recall(self, known: Mapping[str, object]) -> None:
        """Choose what was chosen before."""
        super().recall(known)
        grouping = known.get("grouping")
        if isinstance(grouping, str):
            self.grouping = GROUPINGS.get(grouping, UNITS)
        self.opened.update(key for key in names(known.get("opened")) if key.startswith(PREFIX))
