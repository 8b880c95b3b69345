"""Bears whatever can happen to the verdict cache: damage, locks, permissions, full disks."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from ckptui.validation.cache_file import is_damage, is_full, open_file, replace_damaged
from ckptui.validation.cache_place import cache_directory
from ckptui.validation.cache_rows import Sighting
from ckptui.validation.cache_store import Store

_PAUSE: Final = 5.0
"""Seconds for which a cache that failed is left alone."""

_log = logging.getLogger("ckptui")
Work: TypeAlias = "Callable[[Store], None]"


class Keeper:
    """Has the cache's file open; used by one thread, and never raises.

    Args:
        directory: Where the file lies; None for where the environment says.
        rows: Files remembered at most.
    """

    def __init__(self, directory: str | None, rows: int) -> None:
        self._directory, self._rows = directory, rows
        self._store: Store | None = None
        self._paused_until = 0.0
        self._replaced = False

    def do(self, works: Sequence[Work], sightings: Sequence[Sighting]) -> None:
        """Do these, and keep those in one transaction."""
        for work in works:
            self._guarded(work)
        if sightings:
            self._guarded(lambda store: store.keep(sightings))

    def close(self) -> None:
        """Let go of the file."""
        store, self._store = self._store, None
        if store is not None:
            try:
                store.close()
            except sqlite3.Error as error:
                _log.debug("the verdict cache: %s", error)

    def _guarded(self, work: Work) -> None:
        if time.monotonic() < self._paused_until:
            return
        try:
            self._attempt(work)
        except Exception as error:  # noqa: BLE001  (a cache costs time, never a result)
            _log.debug("the verdict cache is left alone for a while: %s", error)
            self._paused_until = time.monotonic() + _PAUSE
            self.close()

    def _attempt(self, work: Work) -> None:
        try:
            work(self._opened())
        except (sqlite3.Error, OSError) as error:
            if is_full(error):
                self._opened().make_room()
            elif is_damage(error) and not self._replaced:
                self._replaced = True
                self.close()
                replace_damaged(self._place())
            else:
                raise
            work(self._opened())

    def _opened(self) -> Store:
        if self._store is None:
            self._store = Store(open_file(self._place()), self._rows)
        return self._store

    def _place(self) -> str:
        if self._directory is None:
            self._directory = cache_directory()
        return self._directory
