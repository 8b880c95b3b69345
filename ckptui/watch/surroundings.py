"""What else the strip shows: free space, who is writing, whose directory it is."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Final

from ckptui.watch.entries import FILE, TEMPORARY, Entry
from ckptui.watch.protocol import Message
from ckptui.watch.tree import Tree

_QUIET: Final = 10.0
_BUSY: Final = 2.0
_YOUNG: Final = 15.0
_COST_FACTOR: Final = 50


class Surroundings:
    """Looks now and then, and sends what is different.

    Args:
        root: Absolute run directory.
        tree: Its listings.
        send: Where messages go.
    """

    def __init__(self, root: str, tree: Tree, send: Callable[[Message], None]) -> None:
        self._root, self._tree, self._send = root, tree, send
        self._next = 0.0
        self._changed = 0.0
        self._sent: dict[str, Message] = {}

    @property
    def due(self) -> float:
        """Monotonic time of the next look."""
        return self._next

    def note_changes(self, entries: Sequence[Entry]) -> None:
        """Something was written: look for the writer soon."""
        if any(entry.kind in (FILE, TEMPORARY) for entry in entries):
            self._changed = time.monotonic()
            self._next = min(self._next, self._changed + 0.3)

    def look(self, *, force: bool = False) -> None:
        """Look where it is time to, or at once."""
        started = time.monotonic()
        if started < self._next and not force:
            return
        self._disk()
        self._writers()
        cost = time.monotonic() - started
        quiet = started - self._changed > _YOUNG
        self._next = time.monotonic() + max(_QUIET if quiet else _BUSY, _COST_FACTOR * cost)

    def _tell(self, message: Message) -> None:
        kind = str(message["is"])
        if self._sent.get(kind) != message:
            self._sent[kind] = message
            self._send(message)

    def _disk(self) -> None:
        try:
            space = os.statvfs(self._root)
            owner = os.stat(self._root).st_uid
        except OSError:
            return
        free, total = space.f_bavail * space.f_frsize, space.f_blocks * space.f_frsize
        self._tell({"is": "disk", "free": free, "total": total})
        writable = os.access(self._root, os.W_OK | os.X_OK)
        self._tell({"is": "owner", "other": owner != os.geteuid(), "writable": writable})

    def _writers(self) -> None:
        from ckptui.watch.writers import find_writers, sentences  # psutil: not before it is needed

        newest: float | None = None
        temporaries: dict[str, str] = {}
        for listing in self._tree.listings.values():
            for path, entry in listing.entries.items():
                if entry.kind == FILE and not entry.note:
                    newest = max(newest or 0.0, entry.mtime)
                elif entry.kind == TEMPORARY:
                    temporaries[path] = os.path.basename(path)
        found = find_writers(self._root, temporaries)
        self._tell(
            {
                "is": "writers",
                "sentences": list(sentences(found, newest)),
                "open": dict(found.open_files),
                "alive": bool(found.processes),
            }
        )
