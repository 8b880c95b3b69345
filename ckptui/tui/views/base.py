"""What every view is: rows by key, in an order, with the columns that were chosen."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence

from ckptui.present import columns, glyphs
from ckptui.present.columns import Cell, Column, SortKey
from ckptui.present.filter import Filter
from ckptui.present.filter_fields import CHECKPOINTS, Language
from ckptui.tui.keys import cap
from ckptui.tui.listing import Listed, Rows
from ckptui.tui.views.remembering import flag, names
from ckptui.watch.model import Snapshot


class View(ABC):
    """One tab.

    Attributes:
        id: ``checkpoints`` …
        title: As the tab says it.
        columns: All that there are, in their first order; the first one always stays in front.
        chosen: Ids of those that are shown, in order.
        usual: Ids of those that are shown until somebody chooses.
        sort: (column id, down), or None for the order that comes first to mind.
        filter: What is shown.
        language: What its filter may ask.
        total: Number of rows without the filter.
        lines: The keys of the rows to show.
        rows: By their keys, without the filter.
    """

    id: str
    title: str
    columns: Sequence[Column]
    rows: Mapping[str, object]
    language: Language = CHECKPOINTS

    def __init__(self, *, ascii_only: bool) -> None:
        self.ascii_only = ascii_only
        self.sort: tuple[str, bool] | None = None
        self.filter = Filter()
        self.total = 0
        self.lines: Rows = Listed()
        self._shown_of: object = None
        self.usual = tuple(column.id for column in self.columns if not column.optional)
        self.chosen = self.usual
        self._missing = set(self._ids[1:])
        self._looked_at: object = None

    @abstractmethod
    def update(
        self, snapshot: Snapshot, changed: Collection[str] | None, removed: Collection[str]
    ) -> Rows:
        """Take a new snapshot, or another sort, filter or grouping.

        Args:
            snapshot: The newest.
            changed: Paths of the checkpoints that differ; None: any may.
            removed: Paths of those that are gone.

        Returns:
            The keys of the rows to show, in order.
        """

    def work(self, seconds: float) -> bool:
        """Go on with what an update has begun, for about so long; True where more is left."""
        del seconds
        return False

    @abstractmethod
    def cells(self, key: str) -> Mapping[str, Cell]:
        """A row's cells by column id, as of now."""

    @abstractmethod
    def empty(self, snapshot: Snapshot) -> tuple[str, ...]:
        """What to say where there is no row."""

    # Columns

    def set_usual(self, wanted: Sequence[str]) -> None:
        """Show these columns until somebody chooses others; none for those that come first."""
        if wanted:
            self.choose(wanted)
            self.usual = self.chosen

    @property
    def shown(self) -> tuple[Column, ...]:
        """The columns to show, in order."""
        known, empty = {column.id: column for column in self.columns}, self.empty_columns
        return tuple(known[each] for each in self.chosen if each not in empty)

    @property
    def empty_columns(self) -> frozenset[str]:
        """Ids of the columns that are not shown, even if chosen, as no row has anything there.

        One in which a row had something stays: columns shall not come and go.
        """
        if self._looked_at is not self.rows:
            self._looked_at = self.rows
            for key in self.rows:
                if not self._missing:
                    break
                cells = self.cells(key)
                self._missing -= {each for each in self._missing if _says(cells.get(each))}
        return frozenset(self._missing) if self.rows else frozenset()

    def choose(self, wanted: Sequence[str]) -> None:
        """Show these columns, in this order; the first of all stays in front, come what may."""
        first, *others = self._ids
        self.chosen = (first, *dict.fromkeys(each for each in wanted if each in others))

    @property
    def _ids(self) -> tuple[str, ...]:
        return tuple(column.id for column in self.columns)

    # Order

    def ordered(self, keys: Sequence[str]) -> Rows:
        """Sort keys by the chosen column; without one, leave them as they are."""
        if self.sort is None:
            return Listed(keys)
        column, down = self.sort
        if not column:
            return Listed(keys[::-1] if down else keys)
        values: dict[str, SortKey] = {key: self.sort_key(key, column) for key in keys}
        return Listed(columns.sorted_rows(values, reverse=down))

    def _is_shown(self, *facts: object) -> bool:
        """True where what the lines were made of is the same as now."""
        made_of = (facts, self.sort, self.filter)
        if made_of == self._shown_of and not self.filter.timed:
            return True
        self._shown_of = made_of
        return False

    def sort_key(self, key: str, column: str) -> SortKey:
        """A row's sort key in one column."""
        cell = self.cells(key).get(column)
        return None if cell is None else cell.sort_key

    def _no_match(self) -> tuple[str, ...]:
        return (
            (f"nothing matches the filter; {cap('stop-check')} clears it",) if self.filter else ()
        )

    # From one session to the next

    def remembered(self) -> dict[str, object]:
        """What the user has chosen here, as plain values."""
        return {
            "sort": None if self.sort is None else list(self.sort),
            "columns": None if self.chosen == self.usual else list(self.chosen),
            "filter": self.filter.typed,
        }

    def recall(self, known: Mapping[str, object]) -> None:
        """Choose what was chosen before; what makes no sense here is left out."""
        sort = known.get("sort")
        if isinstance(sort, list) and len(sort) == 2:
            column = next((each for each in ("", *self._ids) if each == sort[0]), None)
            self.sort = None if column is None else (column, flag(sort[1]))
        chosen = names(known.get("columns"))
        if chosen:
            self.choose(chosen)
        typed = known.get("filter")
        if isinstance(typed, str) and typed:
            self.filter = Filter.parse(typed, self.language)


def _says(cell: Cell | None) -> bool:
    return cell is not None and cell.text not in ("", glyphs.NONE.unicode, glyphs.NONE.ascii)
