"""Entries that come and go together, and those that stay though their row is another."""

from __future__ import annotations

from ckptui.tui.views.entries import Entries, Entry


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
