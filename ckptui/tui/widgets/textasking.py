"""A text file that is read by another process: opened, asked for rows, and looked at now and then.

What the reader says comes as a message, so that it is heard in the app's own time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from textual.message import Message
from textual.timer import Timer

from ckptui.tui.reading import Reading
from ckptui.tui.rows import Place
from ckptui.tui.textstate import Search, TextState
from ckptui.tui.widgets.textlines import TextLines
from ckptui.watch.protocol import Message as Said

_TICK: Final = 0.25
_CALM_TICKS: Final = 4
"""Where the end is not followed, only every so many ticks asks whether the file changed."""


class TextAsking(TextLines):
    """Asks the reader of one file at a time."""

    class Heard(Message):
        """The reader said something, or ended."""

        def __init__(self, reading: Reading, said: Said | None) -> None:
            self.reading, self.said = reading, said
            super().__init__()

    def __init__(
        self, environment: Mapping[str, str], *, ascii_only: bool, view_id: str | None = None
    ) -> None:
        super().__init__(environment, ascii_only=ascii_only, view_id=view_id)
        self._debt = 0  # lines still to go, once there are rows for them
        self._stopped_at: int | None = None
        self._rows_asked = 0
        self._where = ""
        self._third = False
        self._ticks = 0
        self._timer: Timer | None = None

    def open_file(self, path: str | None, *, follow: bool) -> None:
        """Show another file, from its end where it is followed; None shows nothing."""
        self.close_file()
        self.path = path
        self.state = TextState(following=follow, followed=follow)
        self.search = Search()
        self.window.replace([])
        self._top, self._left, self._debt, self._stopped_at = Place(0, 0), 0, 0, None
        if path is not None:
            self._reading = Reading(path, self._hear, self.environment)
            self._begin()
            self._timer = self.set_interval(_TICK, self._tick)
        self.repaint()

    def close_file(self) -> None:
        """Read no more; waits for nothing."""
        if self._timer is not None:
            self._timer.stop()
        if self._reading is not None:
            self._reading.close()
        self._timer, self._reading, self.path = None, None, None

    def on_unmount(self) -> None:
        """The reader goes with its view."""
        self.close_file()

    @property
    def reader_pid(self) -> int | None:
        """Process id of the reader, None where none works."""
        return None if self._reading is None else self._reading.pid

    def _begin(self) -> None:
        if self.state.following:
            self._ask_end()
        else:
            self._ask_around(self.top_offset)

    def rested(self) -> None:
        """The app slept: nobody was there to hear an answer."""
        if self._reading is not None:
            self._reading.rested()

    def _hear(self, reading: Reading, said: Said | None) -> None:
        self.post_message(self.Heard(reading, said))  # from the link's thread: only a post

    def ask(self, what: str, at: int = 0, **question: object) -> int:
        """Ask the reader; 0 where there is none."""
        return self._reading.ask(what, at, **question) if self._reading is not None else 0

    def _ask_rows(self, where: str, at: int = 0) -> None:
        # Only the answer to the last question counts: the eye is elsewhere by now.
        self._rows_asked = self.ask("rows", at, where=where, count=self.page * 2 + 10)
        self._where = where

    def _ask_end(self) -> None:
        self._ask_rows("end")

    def _ask_around(self, at: int, *, third: bool = False) -> None:
        self._third = third
        self._ask_rows("around", at)

    def _tick(self) -> None:
        reading = self._reading
        if reading is None:
            return
        self._ticks += 1
        silent = reading.silence()
        if int(silent) != int(self.state.silent):
            self.state.silent = silent
            self._paint_status()
        if reading.waits_for("look") or (
            not self.state.following and self._ticks % _CALM_TICKS and self._stopped_at is None
        ):
            return
        if self._stopped_at is None:
            reading.ask("look", top=self.top_offset)
        else:
            reading.ask("look", top=self.top_offset, below=self._stopped_at)
