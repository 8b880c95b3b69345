"""Keeps the hints alive: starts them where they may be used, counts, restarts."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from ckptui.watch.pace import WatchState
from ckptui.watch.tree import Tree

if TYPE_CHECKING:
    from ckptui.watch.hints import Hints

_NETWORK_DIRECTORIES: Final = 200
"""Adding a watch looks a directory up: on a network filesystem only a second's worth of it."""
_RETRY: Final = 30.0
_COUNT_EVERY: Final = 2.0
_COUNTS: Final = 2
"""So many counts in a row must find directories without a watch before anything is done."""


class Watches:
    """The events of one run directory, over all the lives of its observer.

    Args:
        root: Absolute.
        network: True where events are only part of the truth.
        mode: ``auto``, ``events`` or ``sweep``; the environment's ``CKPTUI_WATCH`` wins.
    """

    def __init__(self, root: str, network: bool, mode: str) -> None:
        self._root, self._network = root, network
        self._mode = os.environ.get("CKPTUI_WATCH") or mode
        self.wake_fd, self._wake_write = os.pipe()
        os.set_blocking(self.wake_fd, False)
        os.set_blocking(self._wake_write, False)
        self._hints: Hints | None = None
        self._retry_at = 0.0
        self._counted_at = 0.0
        self._incomplete = 0
        self._state = WatchState(counted=self._mode == "sweep")
        self._ready = False

    @property
    def complete(self) -> bool:
        """True where every known directory is watched."""
        return self._state.complete

    def drain(self) -> None:
        """Empty the wake-up pipe."""
        try:
            while os.read(self.wake_fd, 4096):
                pass
        except BlockingIOError:
            pass

    def _wake(self) -> None:
        try:
            os.write(self._wake_write, b"!")
        except BlockingIOError:  # full: it wakes all the same
            pass

    def take(self) -> tuple[set[str], bool]:
        """The directories to look at, and whether everything must be looked at."""
        return self._hints.take() if self._hints is not None else (set(), False)

    def restart(self) -> None:
        """The directory under the watches is another one now."""
        if self._hints is not None:
            self._hints.stop()
        self._hints, self._ready, self._retry_at = None, False, 0.0

    def keep_up(self, tree: Tree, *, may_start: bool) -> bool:
        """Start, restart and count; True where what is said about watching has changed."""
        now = time.monotonic()
        if self._hints is None:
            if may_start and self.may_begin(tree):
                self._begin()
            return False
        if not self._hints.alive():
            return self._lost(now)
        if self._hints.ready and (not self._ready or now - self._counted_at >= _COUNT_EVERY):
            self._ready, self._counted_at = True, now
            return self._count(tree)
        return False

    def may_begin(self, tree: Tree) -> bool:
        """True where there are no events and it is time to ask for them."""
        return self._hints is None and time.monotonic() >= self._retry_at and self._wanted(tree)

    def _wanted(self, tree: Tree) -> bool:
        if self._mode == "sweep":
            return False
        return (
            not self._network
            or self._mode == "events"
            or len(tree.listings) <= _NETWORK_DIRECTORIES
        )

    def _begin(self) -> None:
        from ckptui.watch.hints import Hints  # costs 60 ms, which --once does not need

        self._hints = Hints(self._root, self._wake)
        self._ready = False

    def _lost(self, now: float) -> bool:
        before = self._state
        self._state = WatchState(problem=self._hints.problem if self._hints else "", counted=True)
        self.restart()
        # A root that was replaced is watched again at once; a limit does not go away so soon.
        self._retry_at = now + (_RETRY if self._state.problem else 1.0)
        return self._state != before

    def _count(self, tree: Tree) -> bool:
        from ckptui.watch.hints import watched_inodes

        inodes = watched_inodes()
        listings = tree.listings.values()
        known = [listing.identity[1] for listing in listings if not listing.linked]
        by_inode = sum(1 for inode in known if inode in inodes)
        # Overlay and btrfs number their inodes differently inside; there the count must do.
        watched = max(by_inode, min(len(inodes), len(known)) if by_inode == 0 else by_inode)
        before = self._state
        now = WatchState(
            on=True,
            watched=watched,
            directories=len(known),
            counted=True,
            linked=any(listing.linked for listing in listings),
        )
        self._incomplete = 0 if now.complete else self._incomplete + 1
        if 0 < self._incomplete < _COUNTS:
            return False  # perhaps a directory that is just being made
        if self._incomplete == _COUNTS and before.complete:
            # Once all were watched: watchdog 6 forgets directories that are moved in. Begin anew.
            self.restart()
            return False
        self._state = now
        return _said(before) != _said(now)

    def state(self, tree: Tree) -> WatchState:
        """How the events stand now."""
        return self._state


def _said(state: WatchState) -> tuple[bool, bool, bool]:
    return state.on, state.complete, state.linked
