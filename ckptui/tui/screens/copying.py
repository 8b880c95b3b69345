"""Keys that copy: a path at once, or one of the things that a row tells."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from ckptui.present import units
from ckptui.tui.folding import directory_of, folder_of
from ckptui.tui.keys import cap
from ckptui.tui.screens.base import RunScreen
from ckptui.tui.screens.choose import Choice, Choose

if TYPE_CHECKING:
    from ckptui.present.copying import Copy
    from ckptui.tui.clipboard import Way

_SHOW = "s"


class CopyActions(RunScreen):
    """Copy, and what cannot be copied is shown, to be selected or saved."""

    def action_copy(self) -> None:
        """Copy the path under the cursor, or those of the marked ones."""
        found = self._copies()
        if found:
            many = len(self._several())
            self.take(found[0], units.counted(many, "path") if many else "")
        else:
            self.say("there is nothing under the cursor to copy")

    def action_copy_what(self) -> None:
        """Choose what to copy."""
        found = self._copies()
        if not found:
            self.say("there is nothing under the cursor to copy")
            return
        choices = [Choice(each.key, each.what, _glimpse(each.text)) for each in found]
        choices.append(Choice(_SHOW, "show all of these", "to select, or to save to a file"))
        ask = Choose("Copy", choices, chosen=found[0].key, ascii_only=self.services.ascii_only)
        by_key = {each.key: each for each in found}

        def go(key: str | None) -> None:
            if key == _SHOW:
                self._show(found, "")
            elif key:
                self.take(by_key[key])

        self.app.push_screen(ask, go)

    def take(self, copy: Copy, what: str = "") -> None:
        """Copy one thing; where that cannot work, show it instead."""
        from ckptui.tui.clipboard import way_for

        way = way_for(copy.text, self.services.environment)
        if way.problem:
            self._show([copy], way.problem)
        else:
            self.run_worker(self._send(copy, what or f"the {copy.what}", way), group="copy")

    async def _send(self, copy: Copy, what: str, way: Way) -> None:
        from ckptui.tui.clipboard import into_tmux, said

        taken = way.tmux and await into_tmux(copy.text, self.services.environment)
        driver = self.app._driver  # noqa: SLF001  (Textual's own copy knows no tmux and no limit)
        if not taken and (not way.sequence or driver is None):
            self._show([copy], "tmux did not take it, and it is too long for a terminal")
            return
        if not taken and driver is not None:
            driver.write(way.sequence)
        self.say(f"{said(what, tmux=taken)}; {cap('copy-what')} shows it")

    def _show(self, copies: list[Copy], why: str) -> None:
        from ckptui.tui.screens.taking import TakeScreen

        environment = self.services.environment
        here = environment.get("PWD") or os.path.expanduser("~")
        spared = self.services.root if self.why_read_only() else ""
        screen = TakeScreen(copies, why, here, spared=spared, ascii_only=self.services.ascii_only)
        self.app.push_screen(screen)

    # What there is to copy

    def _copies(self) -> list[Copy]:
        from ckptui.present.copying import failure_copies, run_copies, stage_copies

        key, root = self.table.cursor, self.services.root
        if self.view is self.checkpoints:
            return self._of_checkpoints(key)
        if key is None:
            return []
        if self.view is self.stages:
            return stage_copies(self.stages.rows[key], root)
        if self.view is self.runs:
            return run_copies(self.runs.rows[key], root)
        return failure_copies(self.failures.rows[key], self.failures.path_of(key), root)

    def _of_checkpoints(self, key: str | None) -> list[Copy]:
        from ckptui.present.copying import Copy, checkpoint_copies, paths_copy

        root, row, several = self.services.root, self.current, self._several()
        if several:
            return paths_copy(several, root)
        if row is not None:
            return checkpoint_copies(row, root, now=time.time())
        folder = None if key is None or folder_of(key) is None else directory_of(key)
        return [] if folder is None else [Copy("p", "path", os.path.join(root, folder))]

    def _several(self) -> list[str]:
        """Paths of the marked checkpoints."""
        marked = self.view is self.checkpoints and self.table.marks and self.open_detail is None
        return [row.path for row in self.chosen()] if marked else []


def _glimpse(text: str) -> str:
    first, *more = text.split("\n", 1)
    return f"{units.counted(text.count(chr(10)) + 1, 'line')}" if more else first
