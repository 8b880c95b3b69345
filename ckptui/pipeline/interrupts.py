"""Stopping on request: the first signal asks, the second insists."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class RunInterrupted(KeyboardInterrupt):
    """The run was asked to stop; its text names the signal."""


class Interrupt:
    """Remembers that a stop was asked for until the run comes to a place where it can stop.

    Between two units nothing is half-done, so a first signal waits until then. A second one is
    raised at once: saving is atomic, so even that leaves nothing half-written.
    """

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._name = ""

    def check(self) -> None:
        """Raise where a stop was asked for.

        Raises:
            RunInterrupted: A stop was asked for.
        """
        if self._asked.is_set():
            raise RunInterrupted(self._name)

    def wait(self, seconds: float) -> None:
        """Sleep, but wake and raise as soon as a stop is asked for."""
        if seconds > 0:
            self._asked.wait(seconds)
        self.check()

    def on_signal(self, number: int, _frame: FrameType | None) -> None:
        """The signal handler."""
        again, self._name = self._asked.is_set(), signal.Signals(number).name
        self._asked.set()
        if again:
            raise RunInterrupted(self._name)


@contextmanager
def listening() -> Iterator[Interrupt]:
    """Take SIGINT and SIGTERM for the time of a run; outside the main thread there are none."""
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    before = {number: signal.signal(number, interrupt.on_signal) for number in _SIGNALS}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
