"""Why a key does nothing now: one answer for footer, help, palette and the key itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ckptui.terms import TROUBLE
from ckptui.tui.folding import folder_of
from ckptui.tui.history import JOURNAL, standing
from ckptui.tui.keys import MAIN, by_id, cap
from ckptui.tui.screens.base import RunScreen

_CHANGES: Final = frozenset(key.action for key in MAIN if key.changes)


class Reasons(RunScreen):
    """Knows which actions can do something."""

    def why_not(self, action: str) -> str:
        """Why an action would do nothing now.

        Args:
            action: As the table of keys has it.

        Returns:
            A sentence without its full stop; empty where the action does something.
        """
        why = self.why_read_only() if action in _CHANGES else ""
        reason = _REASONS.get(action)
        return why or (reason(self) if reason is not None else "")

    def why_not_id(self, key_id: str) -> str:
        """The same for a key by its id."""
        return self.why_not(by_id(key_id).action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what would do nothing."""
        return None if self.why_not(action) else True

    async def act(self, action: str) -> None:
        """Do what a key does, or say why not."""
        if not self.refused(action):
            await self.app.run_action(action, self)

    def refused(self, action: str) -> bool:
        """Say why an action does nothing, if so."""
        why = self.why_not(action)
        if why:
            self.say(why, alarm=why == self.why_read_only())
        return bool(why)

    def refuse_key(self, name: str) -> None:
        """Say why the key that was pressed does nothing, if so.

        Args:
            name: The terminal's name of the key.
        """
        for key in MAIN:
            if name in key.names:
                self.refused(key.action)

    @property
    def several(self) -> bool:
        """True where marks or a folder stand for checkpoints whose number is not known here."""
        table = self.tables["checkpoints"]
        if self.view is not self.checkpoints:
            return False
        marked = bool(table.marks) and self.open_detail is None
        return marked or (table.cursor is not None and folder_of(table.cursor) is not None)

    def _no_checkpoint(self) -> str:
        nothing = self.current is None and not self.several
        return "there is no checkpoint under the cursor" if nothing else ""

    def _nothing_to_read(self) -> str:
        gone = self.current is not None and self.current.size is None and not self.several
        return self._no_checkpoint() or (
            "there is no file to read, only its marker" if gone else ""
        )

    def _no_remedy(self) -> str:
        healthy = self.current is not None and self.current.remedy is None and not self.several
        why = "nothing to mend here: no remedy is recommended" if healthy else ""
        return self._no_checkpoint() or why

    def _nothing_to_undo(self) -> str:
        known = standing(self.snapshot.run_files.get(JOURNAL, ""))
        return "" if known or self.mended else "there is no repair to take back"

    def _no_log(self) -> str:
        why = f"no run was resumed from here yet, so no log; {cap('resume')} resumes"
        return "" if self.runs.rows else why

    def _no_run(self) -> str:
        return "" if self.runs.working else "no resumed run is working"

    def _no_last_good(self) -> str:
        return "" if self.snapshot.last_good else "there is no last good checkpoint"

    def _no_trouble(self) -> str:
        counts = self.snapshot.tally.categories
        return "" if any(counts.get(each) for each in TROUBLE) else "no checkpoint is in trouble"

    def _no_row(self) -> str:
        return "" if self.table.cursor is not None else "there is nothing under the cursor"


_REASONS: Final[Mapping[str, Callable[[Reasons], str]]] = {
    "validate": Reasons._nothing_to_read,  # noqa: SLF001  (this class's own)
    "fix": Reasons._no_remedy,  # noqa: SLF001
    "marker": Reasons._no_checkpoint,  # noqa: SLF001
    "quarantine": Reasons._no_checkpoint,  # noqa: SLF001
    "undo": Reasons._nothing_to_undo,  # noqa: SLF001
    "log": Reasons._no_log,  # noqa: SLF001
    "cancel_run": Reasons._no_run,  # noqa: SLF001
    "last_good": Reasons._no_last_good,  # noqa: SLF001
    "next_bad": Reasons._no_trouble,  # noqa: SLF001
    "previous_bad": Reasons._no_trouble,  # noqa: SLF001
    "copy": Reasons._no_row,  # noqa: SLF001
}
