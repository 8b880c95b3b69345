"""From the watcher's thread to the screen: what changed, at most four times a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Final, TypeAlias

from textual.timer import Timer
from textual.widget import Widget

from ckptui import turns
from ckptui.tui.messages import SnapshotChanged
from ckptui.tui.pauses import rows_made
from ckptui.watch.model import Change, Snapshot
from ckptui.watch.monitor import Monitor

PAINT_SECONDS: Final = 0.25
"""Least time between two paints that nobody asked for by a key."""
_LATEST_SECONDS: Final = 0.6
"""Most time between two paints while keys are answered: they go first, but not for ever."""
_BREATH_SECONDS: Final = 0.05
_USED_SECONDS: Final = 1.0
"""Least time between two words to the watcher about keys that were pressed."""
_LOOK_SECONDS: Final = 0.2
"""How long after a key the rows on screen are told to be checked first."""


Show: TypeAlias = "Callable[[Snapshot, Collection[str], Collection[str]], None]"
"""Called with the newest snapshot, the changed and the removed paths since the call before."""


class Gathered:
    """Changes put together: what differs between the first and the last of their snapshots.

    Every method may be called from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: Snapshot | None = None
        self._changed: set[str] = set()
        self._removed: set[str] = set()

    def add(self, change: Change) -> None:
        """Take one more change; what it says of a path is what holds."""
        with self._lock:
            self._latest = change.snapshot
            self._changed -= change.removed
            self._changed |= change.changed
            self._removed -= change.changed
            self._removed |= change.removed

    def take(self) -> tuple[Snapshot, set[str], set[str]] | None:
        """Everything since the last call: snapshot, changed, removed; None where nothing came."""
        with self._lock:
            if self._latest is None:
                return None
            taken = self._latest, self._changed, self._removed
            self._latest, self._changed, self._removed = None, set(), set()
            return taken


class Feed:
    """Holds the monitor, and turns its changes into calls on the UI's own thread.

    It may watch before the screen is open, and while another one is: then it gathers, and shows
    all of it once the screen is.

    Args:
        screen: Gets ``SnapshotChanged``; it must call ``arrived`` then.
        monitor: Not started yet.
        show: Called on the UI's thread.

    Attributes:
        watching: True once it has begun to watch.
        on_show: False while another run directory is; then nothing is painted.
    """

    def __init__(self, screen: Widget, monitor: Monitor, show: Show) -> None:
        self._screen = screen
        self._looking: Timer | None = None
        self._monitor = monitor
        self._show = show
        self._gathered = Gathered()
        self._shown_at = 0.0
        self._timer: Timer | None = None
        self._used_at = 0.0
        self._ready = False
        self.on_show = True
        self.watching = False

    @property
    def is_open(self) -> bool:
        """True while what comes is shown: the screen takes messages, and is the one on show."""
        return self._ready and self.on_show

    def watch(self) -> None:
        """Begin to watch, if that is not so yet."""
        if not self.watching:
            self.watching = True
            self._monitor.subscribe(self._changed)
            self._monitor.start()

    def open(self) -> None:
        """Show what comes, and what came already; called once the screen can take messages."""
        self._ready = True
        self.watch()
        self.arrived()

    def _changed(self, change: Change) -> None:
        # On the monitor's thread: nothing but the post, which is thread-safe and coalesces.
        self._gathered.add(change)
        rows_made.add(len(change.changed))
        if self.is_open:
            try:
                self._screen.post_message(SnapshotChanged())
            except RuntimeError:  # the app is ending: no app, or no loop, takes messages any more
                return

    def arrived(self) -> None:
        """Show what came now, or once the last has been seen for a quarter of a second."""
        if self._timer is None and self.is_open:
            wait = max(self._shown_at + PAINT_SECONDS - time.monotonic(), 0.0)
            if wait:
                self._timer = self._screen.set_timer(wait, self._flush)
            else:
                self._flush()

    def _flush(self) -> None:
        self._timer = None
        if turns.waiting() and time.monotonic() - self._shown_at < _LATEST_SECONDS:
            self._timer = self._screen.set_timer(_BREATH_SECONDS, self._flush)
            return
        taken = self._gathered.take() if self.is_open else None
        if taken is not None:
            self._show(*taken)
            # From its end on: what takes long must leave time for the keys before the next.
            self._shown_at = time.monotonic()

    def used(self, visible: Callable[[], Sequence[str]]) -> None:
        """A key was pressed: keep the pace up, and check what is on screen first.

        Args:
            visible: Tells the paths of the checkpoints on screen.
        """
        now = time.monotonic()
        if now - self._used_at >= _USED_SECONDS:
            self._used_at = now
            self._monitor.touched()
        if self._looking is None:  # once the key has moved what it moves
            self._looking = self._screen.set_timer(_LOOK_SECONDS, partial(self._look, visible))

    def _look(self, visible: Callable[[], Sequence[str]]) -> None:
        self._looking = None
        self._monitor.prioritise(visible())

    def close(self) -> None:
        """Stop watching, without waiting for anything that may hang."""
        self._monitor.close()
