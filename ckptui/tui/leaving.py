"""Leaving in order, however it comes: a key, a signal, a failure of our own.

Textual would print a failure with every local variable: hundreds of lines, and bytes from disk
among them. Here it is kept, without variables, for the file that ``crash.report`` writes.
"""

from __future__ import annotations

import asyncio
import signal
import threading
import traceback
from types import FrameType
from typing import Final

from rich.console import RenderableType
from textual.app import App

from ckptui.terms import EXIT_FAILURE
from ckptui.tui.crash import Terminal, end_now

_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
_GRACE: Final = 3.0
"""Seconds that ending in order may take after a signal: a terminal that is stopped holds it up."""


class Leaving(App[int], inherit_bindings=False):
    """The part of the app that ends it.

    Attributes:
        crashes: What failed, as tracebacks without variables; the first is the cause.
    """

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self.crashes: list[str] = []

    def heed_signals(self, terminal: Terminal) -> None:
        """From now on a signal ends the app in order, and at all events soon.

        Args:
            terminal: As it was before the app.
        """
        loop = asyncio.get_running_loop()

        def end(number: int, _: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.exit, 128 + number)
            late = threading.Timer(_GRACE, end_now, (terminal, 128 + number))
            late.daemon = True
            late.start()

        for number in _SIGNALS:
            signal.signal(number, end)

    def note_crash(self, error: BaseException) -> None:
        """Keep what failed."""
        self.crashes.append("".join(traceback.format_exception(error)))

    # How Textual ends when something fails; each of these would print what is kept here.

    def _handle_exception(self, error: Exception) -> None:
        self.note_crash(error)
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        """A thread of Textual's own failed: most likely the terminal cannot be read any more."""
        if not self.crashes:
            self.crashes.append("OSError: the terminal could not be read any more\n")
        self._return_code = EXIT_FAILURE
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        self._exit_renderables.clear()
