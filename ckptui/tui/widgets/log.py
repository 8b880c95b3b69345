"""The log of a resumed run, or any text file: read here, saved, or opened in another program."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events

from ckptui.present import units
from ckptui.present.reading import number, text, texts
from ckptui.present.spans import line
from ckptui.tui import outside
from ckptui.tui.services import Services
from ckptui.tui.widgets.textfind import FindableText

if TYPE_CHECKING:
    from ckptui.tui.app import CkptuiApp

_DOUBTS = {
    "exists": "A file stands there already; it is written over, and gone then.",
    "inside": "That is inside the run directory; the copy will stand beside what the job writes.",
}


class LogView(FindableText):
    """Shows one text file; another one may be opened at any time.

    Args:
        services: Where the run is, and what acts.
        why_not: Says why nothing may be changed, empty where it may.
        view_id: Widget id.
    """

    app: CkptuiApp

    def __init__(
        self, services: Services, why_not: Callable[[], str], *, view_id: str | None = None
    ) -> None:
        super().__init__(services.environment, ascii_only=services.ascii_only, view_id=view_id)
        self.services = services
        self.why_not = why_not

    def open(self, path: str | None, *, follow: bool = True) -> None:
        """Show a file.

        Args:
            path: Absolute, or relative to the run directory; None shows nothing.
            follow: Begin at its end and stay there; else at its beginning.
        """
        full = None if path is None else os.path.join(self.services.root, path)
        if full != self.path:
            ended = self.state.ended
            self.open_file(full, follow=follow)
            self.tell_end(ended)

    def tell_end(self, words: str) -> None:
        """Say how the run ended that writes this file."""
        self.state.ended = words
        self._paint_status()

    # Save

    def action_text_save(self) -> None:
        """Ask where, and save a copy."""
        if self.path is not None:
            self.run_worker(self._save(self.path), group="save", exclusive=True)

    async def _save(self, path: str) -> None:
        from ckptui.tui.screens.ask import AskLine
        from ckptui.tui.screens.dialog import Confirm

        lines = [
            line("A copy of the file as it is now, escapes and all. ~ is your home."),
            line("What is no whole path begins where ckptui was started."),
        ]
        ask = AskLine("Save a copy", lines, f"~/{_name(path)}", "save", ascii_only=self.ascii_only)
        typed = (await self.app.push_screen_wait(ask)).strip()
        if not typed:
            self.say("nothing was saved")
            return
        target = whole_path(typed, self.services.environment.get("HOME", "/"))
        question = ("save-text", path, target, "--root", self.services.root)
        answer = await self.services.verbs.ask(*question)
        doubts = texts(answer.document or {}, "doubts")
        why = self.why_not()
        if why and "inside" in doubts:
            self.say(f"not saved in the run directory: {why}", alarm=True)
            return
        if doubts:
            words = [line(target), (), *(line(_DOUBTS.get(each, each)) for each in doubts)]
            sure = Confirm("Save it there?", words, ascii_only=self.ascii_only)
            if await self.app.push_screen_wait(sure) != "yes":
                self.say("nothing was saved")
                return
        if answer.ok:
            self.say("saving…")
            agreed = [word for each in doubts for word in ("--agree", each)]
            answer = await self.services.verbs.ask(*question, "--yes", *agreed)
        document = answer.document or {}
        if not answer.ok or texts(document, "doubts"):
            self.say(f"not saved: {answer.sentence}", alarm=True)
        else:
            size = units.size(number(document, "bytes"))
            self.say(f"saved {size} as {text(document, 'target')}")

    # Other programs

    def action_text_pager(self) -> None:
        """Open the file in the pager at the place that is shown."""
        if self.path is not None:
            path, at = self.path, self.top_offset
            # less could open an editor itself, and write what it shows.
            safe = {"LESSSECURE": "1"} if self.why_not() else {}
            self._lend(lambda: outside.page(self.app, path, at, {**self.environment, **safe}))

    def action_text_editor(self) -> None:
        """Open the file in the editor."""
        if self.path is not None:
            path, at = self.path, self.state.number
            self._lend(lambda: outside.edit(self.app, path, at, self.environment))

    def _lend(self, run: Callable[[], str]) -> None:
        try:
            problem = run()
        except ValueError as error:  # an environment variable that is no command line
            problem = f"no command line in $PAGER or $EDITOR: {error}"
        self.rested()
        self.say(problem, alarm=bool(problem))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey the editor where nothing may be changed."""
        if action == "text_editor" and self.why_not():
            return None
        return super().check_action(action, parameters)

    def on_key(self, event: events.Key) -> None:
        """Say why the editor does not open."""
        bound = self._bindings.key_to_bindings.get(event.key, [])
        if any(each.action == "text_editor" for each in bound) and self.why_not():
            self.say(self.why_not(), alarm=True)


def _name(path: str) -> str:
    """A name for a copy that tells which run it is of."""
    folder, name = os.path.split(path)
    return f"{os.path.basename(folder)}-{name}" if name == "log.txt" else name


def whole_path(typed: str, home: str, base: str = "") -> str:
    """A path as it was typed, made whole without a look at the disk.

    Args:
        typed: As a person writes it.
        home: What ``~`` stands for.
        base: Where it begins if it is no whole path; where ckptui was started by default.
    """
    expanded = home + typed[1:] if typed == "~" or typed.startswith("~/") else typed
    return os.path.abspath(os.path.join(base, expanded))
