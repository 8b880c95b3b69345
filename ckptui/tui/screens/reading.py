"""Opening a text file: one that belongs to the row under the cursor, or any by its path."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import Final

from ckptui.present import units
from ckptui.present.reading import number, records, text
from ckptui.present.safe import plain
from ckptui.present.spans import line
from ckptui.tui.folding import directory_of, folder_of
from ckptui.tui.screens.choose import Choice, Choose
from ckptui.tui.screens.reasons import Reasons
from ckptui.tui.widgets.log import LogView, whole_path

_CHOICES: Final = "123456789bcde"
_TYPED: Final = "p"
_GROWING: Final = (".log", ".out", ".err", ".jsonl", "/log.txt")
"""Ends of names of files that are read at their end."""


class ReadActions(Reasons):
    """Opens texts."""

    def action_open_text(self) -> None:
        """Choose among the texts of this row and of this run directory, or type a path."""
        self.run_worker(self._open_text(), group="texts", exclusive=True)

    async def _open_text(self) -> None:
        path = self._row_path()
        if path is not None and self.view is self.runs:
            path = os.path.dirname(path)  # what else is known of the run stands beside its log
        of = () if path is None else ("--of", path)
        self.say("looking for texts…")
        answer = await self.services.verbs.ask("text-files", self.services.root, *of)
        if self.interrupted():
            return
        self.hush()
        found = records(answer.document or {}, "files")[: len(_CHOICES)]
        choices = [*_choices(found), Choice(_TYPED, "another file", "by its path")]
        ask = Choose("Open a text", choices, ascii_only=self.services.ascii_only)
        key = await self.app.push_screen_wait(ask)
        if key == _TYPED:
            await self._typed()
        elif key:
            self.open_text(text(found[_CHOICES.index(key)], "path"))

    async def _typed(self) -> None:
        from ckptui.tui.screens.ask import AskLine

        lines = [line("What is no whole path begins at the run directory; ~ is your home.")]
        ask = AskLine("Open a text", lines, "", "open it", ascii_only=self.services.ascii_only)
        typed = (await self.app.push_screen_wait(ask)).strip()
        if typed:
            home = self.services.environment.get("HOME", "/")
            self.open_text(whole_path(typed, home, self.services.root))

    def open_text(self, path: str) -> None:
        """Open a text file: a log at its end, all else at its beginning."""
        self.show_text(path, path, follow=path.endswith(_GROWING))

    def show_text(self, title: str, path: str, *, follow: bool) -> LogView:
        """Open a text file on a screen of its own."""
        from ckptui.tui.screens.text_screen import TextScreen

        view = LogView(self.services, self.why_read_only, view_id="log")
        self.app.push_screen(TextScreen(title, view, ascii_only=self.services.ascii_only))
        self.call_after_refresh(view.open, path, follow=follow)
        return view

    def _row_path(self) -> str | None:
        """What the row under the cursor is about, relative to the run directory."""
        key = self.table.cursor
        if key is None:
            return None
        if self.view is self.checkpoints:
            return directory_of(key) if folder_of(key) is not None else key
        if self.view is self.stages:
            return self.stages.rows[key].state
        if self.view is self.runs:
            return self.runs.rows[key].log
        return self.failures.path_of(key)


def _choices(found: Sequence[Mapping[str, object]]) -> list[Choice]:
    now = time.time()
    choices: list[Choice] = []
    for key, each in zip(_CHOICES, found, strict=False):
        folder, name = os.path.split(text(each, "path"))
        age = units.age(now - number(each, "modified"))
        where = f", in {plain(folder)}/" if folder else ""
        choices.append(
            Choice(key, plain(name), f"{units.size(number(each, 'size'))}, {age}{where}")
        )
    return choices
