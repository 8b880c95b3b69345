"""From the watcher's thread to the screen: the newest snapshot, at most four times a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from textual.timer import Timer
from textual.widget import Widget

from ckptui.tui.messages import SnapshotChanged
from ckptui.watch.model import Change, Snapshot
from ckptui.watch.monitor import Monitor

PAINT_SECONDS: Final = 0.25
"""Least time between two paints that nobody asked for by a key."""
_USED_SECONDS: Final = 1.0
"""Least time between two words to the watcher about keys that were pressed."""


class Feed:
    """Holds the monitor, and turns its changes into calls on the UI's own thread.

    Args:
        screen: Gets ``SnapshotChanged``; it must pass them to ``arrived``.
        monitor: Not started yet.
        show: Called with the newest snapshot.
    """

    def __init__(self, screen: Widget, monitor: Monitor, show: Callable[[Snapshot], None]) -> None:
        self._screen = screen
        self._monitor = monitor
        self._show = show
        self._latest: Snapshot | None = None
        self._shown_at = 0.0
        self._timer: Timer | None = None
        self._used_at = 0.0

    def start(self) -> None:
        """Begin to watch; called once the screen can take messages."""
        self._monitor.subscribe(self._changed)
        self._monitor.start()

    def _changed(self, change: Change) -> None:
        # On the monitor's thread: nothing but the post, which is thread-safe and coalesces.
        self._screen.post_message(SnapshotChanged(change.snapshot))

    def arrived(self, message: SnapshotChanged) -> None:
        """Show a snapshot now, or once the last one has been seen for a quarter of a second."""
        self._latest = message.snapshot
        if self._timer is None:
            wait = max(self._shown_at + PAINT_SECONDS - time.monotonic(), 0.0)
            if wait:
                self._timer = self._screen.set_timer(wait, self._flush)
            else:
                self._flush()

    def _flush(self) -> None:
        self._timer = None
        self._shown_at = time.monotonic()
        if self._latest is not None:
            self._show(self._latest)

    def used(self, visible: list[str]) -> None:
        """A key was pressed: keep the pace up, and check what is on screen first.

        Args:
            visible: Paths of the checkpoints on screen.
        """
        now = time.monotonic()
        if now - self._used_at >= _USED_SECONDS:
            self._used_at = now
            self._monitor.touched()
            self._monitor.prioritise(visible)

    def close(self) -> None:
        """Stop watching, without waiting for anything that may hang."""
        self._monitor.close()
