"""Which keys the footer shows: what helps for the row under the cursor, six at most."""

from __future__ import annotations

from typing import Final

from ckptui.tui.folding import folder_of
from ckptui.tui.screens.reasons import Reasons
from ckptui.tui.widgets.footer import Footer

VIEWS: Final = {
    "stages": ("open-row", "resume", "filter", "sort", "rescan", "help"),
    "runs": ("open-row", "cancel-run", "resume", "filter", "rescan", "help"),
    "failures": ("open-row", "undo", "copy", "filter", "sort", "help"),
}
"""Keys of the views that are not about checkpoints."""
MARKED: Final = ("validate", "fix", "marker", "quarantine", "stop-check", "help")
FOLDER: Final = ("open-row", "validate", "marker", "mark-row", "filter", "help")
BROKEN: Final = ("validate", "fix", "marker", "open-row", "filter", "help")
LAST_GOOD: Final = ("validate", "resume", "marker", "open-row", "filter", "help")
SOUND: Final = ("validate", "next-bad", "marker", "open-row", "filter", "help")
TYPING: Final = ("line-complete", "line-older", "line-newer", "line-leave")
EMPTY: Final = ("rescan", "filter", "view-runs", "palette", "help")


class Footers(Reasons):
    """Keeps the footer true."""

    def show_footer(self) -> None:
        """Show the keys that help now, those that do nothing dimmed."""
        ids = self.footer_ids()
        dimmed = [each for each in ids if self.why_not_id(each)]
        self.query_one(Footer).tell(ids=ids, words=self._footer_words(), dimmed=dimmed)

    def footer_ids(self) -> tuple[str, ...]:
        """Ids of the keys for the row under the cursor, or for the line that is open."""
        if self.typing:
            return TYPING
        if self.view is not self.checkpoints:
            return VIEWS[self.view.id]
        cursor, row = self.table.cursor, self.current
        if self.table.marks:
            return MARKED
        if cursor is not None and folder_of(cursor) is not None:
            return FOLDER
        if row is None:
            return EMPTY
        if row.remedy is not None:
            return BROKEN
        good = self.snapshot.last_good
        return LAST_GOOD if good is not None and good.path == row.path else SOUND

    def _footer_words(self) -> dict[str, str]:
        """What a key does here, where its label says something else."""
        if self.view is self.runs:
            return {"open-row": "log"}
        folder = self.table.cursor is not None and folder_of(self.table.cursor) is not None
        words = {"open-row": "open it" if folder else "detail", "stop-check": "clear marks"}
        return words | self.costs() if self.view is self.checkpoints else words
