"""Keys that jump: to the last good checkpoint, to the next one in trouble and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ckptui.present.filter import Filter
from ckptui.terms import TROUBLE
from ckptui.tui.folding import folder_of
from ckptui.tui.screens.base import RunScreen

_FEW: Final = 2_000
"""Checkpoints in trouble that are looked up one by one; among more of them, one is near."""


class JumpActions(RunScreen):
    """Jumps open what hides the row that they go to."""

    def action_last_good(self) -> None:
        """Jump to the last good checkpoint."""
        good = self.snapshot.last_good
        if good is None:
            self.say("there is no last good checkpoint")
        else:
            self.jump(good.path)

    def jump(self, path: str) -> None:
        """Open the checkpoints and put the cursor on one of them."""
        self.show_view("checkpoints")
        if path not in self.table.keys:
            if not self.checkpoints.reveal(path):
                self.view.filter = Filter()
                self.refresh_view()
                self.checkpoints.reveal(path)
            self.refresh_view()
        self.table.move_to(path)

    def action_next_bad(self) -> None:
        """Jump to the next checkpoint in trouble, from the cursor on and round."""
        self._go_to_bad(1)

    def action_previous_bad(self) -> None:
        """Jump to the one in trouble above the cursor, and round."""
        self._go_to_bad(-1)

    def _go_to_bad(self, step: int) -> None:
        self.show_view("checkpoints")
        rows = self.snapshot.checkpoints
        bad = [path for path, row in rows.items() if row.category in TROUBLE]
        found = self._nearest(bad, step) if len(bad) <= _FEW else self._walked(step)
        if found is None:
            some = "none that is shown" if bad else "no checkpoint here"
            self.say(f"{some} is in trouble")
            return
        home = self.checkpoints.home_of(found)
        if home is not None and found not in self.table.keys:
            # The first of its group on the way down, the last on the way up.
            inside = [path for path in self.checkpoints.members(home) if path in set(bad)]
            found = inside[0 if step > 0 else -1]
        self.jump(found)

    def _nearest(self, bad: Iterable[str], step: int) -> str | None:
        """The one whose line comes next; what is folded away stands on its group's line."""
        keys, here = self.table.keys, self.table.cursor_line
        on_group = self.table.cursor is not None and folder_of(self.table.cursor) is not None
        best: tuple[tuple[int, int], str] | None = None
        for path in bad:
            line = keys.line_of(path)
            hidden = line is None
            if line is None:
                home = self.checkpoints.home_of(path)
                line = None if home is None else keys.line_of(home)
            if line is None:
                continue
            away = (line - here) * step
            if away == 0 and hidden and on_group and step > 0:
                place = (0, 0)  # just below the cursor
            else:
                place = (int(away <= 0), away)
            if best is None or place < best[0]:
                best = place, path
        return None if best is None else best[1]

    def _walked(self, step: int) -> str | None:
        keys, here = self.table.keys, self.table.cursor_line
        rows, count = self.snapshot.checkpoints, len(self.table.keys)
        for away in range(1, count + 1):
            key = keys[(here + step * away) % count]
            if folder_of(key) is None and rows[key].category in TROUBLE:
                return key
        return None
