"""Textual's driver, with our own writer between it and the terminal."""

from __future__ import annotations

import curses
import os
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

from textual import events
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from ckptui import turns
from ckptui.tui.line.image import Image
from ckptui.tui.line.shown import Shown
from ckptui.tui.line.writer import Writer
from ckptui.tui.patience import in_time

_SCROLLS: Final = "\x1b[%i%p1%d;%p2%dr"


class LineChanged(Message):
    """The line turned out to be slow, or fast.

    Attributes:
        slow: Which.
    """

    def __init__(self, *, slow: bool) -> None:
        super().__init__()
        self.slow = slow


class LineDriver(LinuxDriver):
    """Sends only what differs, and no more than the line can take."""

    _writer: Writer | None = None
    _slow = False

    def start_application_mode(self) -> None:
        """Enter full-screen mode; nobody knows what the terminal shows."""
        start: Callable[[], None] = super().start_application_mode
        start()
        if self._writer_thread is None or self._file is None:  # in the background; it comes back
            return
        self._writer_thread.stop()
        self._writer = Writer(
            self._file, Image(*self._get_terminal_size(), **_abilities(self._file.fileno()))
        )
        self._writer.start()
        self._writer_thread = self._writer
        self._watch_size()

    def _watch_size(self) -> None:
        """Begin anew when the terminal changes its size: it moves its lines as it likes."""
        told = signal.getsignal(signal.SIGWINCH)

        def resized(number: int, frame: FrameType | None) -> None:
            # No lock here: the thread that holds it may be the one that is interrupted.
            if self._writer is not None:
                self._writer.resized = True
            if callable(told):
                told(number, frame)

        signal.signal(signal.SIGWINCH, resized)

    def forget(self) -> None:
        """Send everything again: the terminal shows something else than was sent."""
        if self._writer is not None:
            self._writer.forget()

    def coming(self) -> Shown:
        """Tells when what is painted next is on the screen."""
        writer = self._writer
        return Shown(0.0, 0.0) if writer is None else writer.coming()

    def process_message(self, message: Message) -> None:
        """Take the terminal's answers to ourselves; a key goes before all that is being done."""
        if isinstance(message, events.Key):
            turns.wanted()
        writer = self._writer
        if writer is None or not isinstance(message, events.CursorPosition):
            super().process_message(message)
            return
        if not writer.answered():
            super().process_message(message)
        if writer.slow != self._slow:
            self._slow = writer.slow
            super().process_message(LineChanged(slow=self._slow))

    def stop_application_mode(self) -> None:
        """Leave full-screen mode once every answer is there."""
        if self._writer is not None:
            self._writer.settle()
        super().stop_application_mode()


def coming_on(app: App[int]) -> Shown:
    """Tells when what an app paints next is on the screen."""
    driver, now = app._driver, time.monotonic()  # noqa: SLF001  (Textual hides it)
    return driver.coming() if isinstance(driver, LineDriver) else Shown(now, now)


def _abilities(fd: int) -> dict[str, bool]:
    """What the terminal can do, by terminfo; of a home that hangs its ~/.terminfo is left out."""
    if in_time(lambda: os.path.isdir(os.path.expanduser("~"))) is None:
        return {
            "erases": False,
            "scrolls": False,
        }  # curses would wait for it, and all of us with it
    try:
        curses.setupterm(fd=fd)  # coming back from a suspension, stdout is not the terminal
        scrolls = curses.tigetstr("csr") == _SCROLLS.encode()
        return {"erases": curses.tigetflag("bce") > 0, "scrolls": scrolls}
    except curses.error:
        return {"erases": False, "scrolls": False}
