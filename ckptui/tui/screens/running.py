"""Keys about resumed runs: resume, log, cancel."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from ckptui.launch.model import LIVE, RunRecord
from ckptui.present.reading import text, texts
from ckptui.present.spans import line
from ckptui.tui.keys import cap
from ckptui.tui.screens.reading import ReadActions
from ckptui.tui.widgets.log import LogView

_NO_COMMAND = (
    "No command is known that carries this run on. Write it as you would type it, without pipes.",
    "It goes into ckptui.toml in the run directory, where you may change it at any time.",
)


class RunActions(ReadActions):
    """Resume, log, cancel."""

    log_pane: LogView
    _open_log: tuple[str, LogView] | None = None

    def action_resume(self) -> None:
        """Show how the run would be resumed."""
        if not self.asking:
            self.say("looking at how this run can be resumed…")
        self.begin(self._resume())

    async def _resume(self) -> None:
        while True:
            answer = await self.services.verbs.ask(
                "resume", self.services.root, "--dry-run", "--json"
            )
            if answer.document is None:
                self.say(answer.sentence, alarm=True)
                return
            if self.interrupted():
                return
            command = texts(answer.document, "command")
            choice = await self._shown(answer.document) if command else "edit"
            if choice == "yes":
                await self._start(text(answer.document, "plan"))
            if choice != "edit" or not await self._asked(command):
                return

    async def _shown(self, document: Mapping[str, object]) -> str:
        from ckptui.present.resuming import resume_lines
        from ckptui.tui.screens.dialog import BlockedResume, ResumeDialog, text_width

        ascii_only = self.services.ascii_only
        lines = resume_lines(document, width=text_width(self.app.size.width))
        self.hush()
        kind = BlockedResume if text(document, "blocked") else ResumeDialog
        name = self.services.root.rstrip("/").rpartition("/")[2]
        title = f"Resume {name}"
        return await self.app.push_screen_wait(kind(title, lines, ascii_only=ascii_only))

    async def _asked(self, command: Sequence[str]) -> bool:
        """Ask for the command and write it; False where the user left."""
        from ckptui.tui.screens.ask import AskCommand

        ask = AskCommand(
            [line(sentence) for sentence in _NO_COMMAND if not command] or [line(_NO_COMMAND[1])],
            command,
            ascii_only=self.services.ascii_only,
        )
        typed: str = await self.app.push_screen_wait(ask)
        words = shlex.split(typed)
        if not words:
            self.say("nothing was changed")
            return False
        answer = await self.services.verbs.ask("set-command", self.services.root, "--", *words)
        self.say(answer.sentence, alarm=answer.code != 0)
        return answer.code == 0

    async def _start(self, shown: str) -> None:
        self.say("starting…")
        how = ("--yes", "--json", "--plan", shown)
        answer = await self.services.verbs.ask("resume", self.services.root, *how)
        if not answer.ok or answer.document is None:
            self.say(answer.sentence, alarm=True)
            return
        self.services.monitor.rescan()
        self.show_view("runs")
        self.say(
            f"started run {text(answer.document, 'id')}; it goes on when you quit; "
            f"{cap('cancel-run')} cancels it"
        )

    def _run_id(self) -> str | None:
        if self.view is self.runs and self.table.cursor is not None:
            return self.table.cursor
        return next(iter(self.runs.rows), None)

    def action_log(self) -> None:
        """Show the log of the run under the cursor, else of the newest."""
        run_id = self._run_id()
        if run_id is None:
            self.refused("log")
            return
        view = self.show_text(f"Log of run {run_id}", self.runs.rows[run_id].log, follow=True)
        self._open_log = (run_id, view)
        view.tell_end(ended_words(self.runs.rows.get(run_id)))

    def tell_logs(self) -> None:
        """Say under a log how its run ended."""
        if self._open_log is not None:
            run_id, view = self._open_log
            view.tell_end(ended_words(self.runs.rows.get(run_id)))

    def show_log(self, *, follow: bool) -> None:
        """Show the log of the run under the cursor below the runs, and how that run ended."""
        run = self.runs.rows.get(self.tables["runs"].cursor or "") if follow else None
        self.log_pane.open(None if run is None else run.log)
        self.log_pane.tell_end(ended_words(run))
        self.tell_logs()

    def action_cancel_run(self) -> None:
        """Ask whether to stop the run under the cursor, else the newest that works."""
        run_id = self._run_id()
        working = [run.id for run in self.runs.working]
        if run_id not in working:
            run_id = working[0] if working else None
        if run_id is None:
            self.refused("cancel_run")
            return
        self.begin(self._cancel(run_id))

    async def _cancel(self, run_id: str) -> None:
        from ckptui.tui.screens.dialog import Confirm

        run = self.runs.rows[run_id]
        lines = [
            line(f"Stops run {run_id} on {run.host}: {' '.join(run.command)}"),
            line(
                "It gets INT, then TERM, then KILL. What it has saved stays; "
                f"{cap('resume')} resumes it."
            ),
        ]
        ask = Confirm("Cancel this run?", lines, ascii_only=self.services.ascii_only)
        if await self.app.push_screen_wait(ask) != "yes":
            self.say("the run goes on" if run.state in LIVE else "nothing was changed")
            return
        self.say(f"stopping run {run_id}…")
        root = self.services.root
        answer = await self.services.verbs.ask("cancel", root, run_id, "--yes", "--json")
        self.services.monitor.rescan()
        said = text(answer.document or {}, "note") or answer.sentence
        self.say(f"run {run_id}: {said}", alarm=not answer.ok)


_ENDED = {
    "ended": "the run has ended",
    "cancelled": "the run was cancelled",
    "lost": "the run is gone",
}


def ended_words(run: RunRecord | None) -> str:
    """How a run ended, in words; empty while it works, and where nothing is known of it."""
    said = _ENDED.get(run.state, "") if run is not None else ""
    return f"{said}: {run.note}" if said and run is not None and run.note else said
