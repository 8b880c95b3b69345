"""Checkpoints whose headers are to be read: what is on screen first, then the newest."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable


class HeaderQueue:
    """Paths in the order in which they are to be asked.

    Example:
        >>> queue = HeaderQueue()
        >>> queue.put("a.pt", 1.0)
        >>> queue.put("b.pt", 2.0)
        >>> queue.take()
        'b.pt'
    """

    def __init__(self) -> None:
        self._heap: list[tuple[bool, float, int, str]] = []
        self._known: dict[str, tuple[float, int]] = {}  # when it was saved, which item of the heap
        self._visible: frozenset[str] = frozenset()
        self._counter = itertools.count()

    def __contains__(self, path: str) -> bool:
        return path in self._known

    def __len__(self) -> int:
        return len(self._known)

    def put(self, path: str, mtime: float) -> None:
        """Add one.

        Args:
            path: Which.
            mtime: When it was saved, in seconds.
        """
        number = next(self._counter)
        self._known[path] = mtime, number
        heapq.heappush(self._heap, (path not in self._visible, -mtime, number, path))

    def prioritise(self, paths: Iterable[str]) -> None:
        """What is on screen now comes first."""
        self._visible = frozenset(paths)
        for path in self._visible & self._known.keys():
            self.put(path, self._known[path][0])

    def drop(self, path: str) -> None:
        """Forget one, if it is here."""
        if self._known.pop(path, None) is not None:
            self._tidy()

    def take(self) -> str:
        """Take the next one out.

        Raises:
            IndexError: There is none.
        """
        while True:
            _, _, number, path = heapq.heappop(self._heap)
            if path in self._known and self._known[path][1] == number:
                del self._known[path]
                self._tidy()
                return path

    def _tidy(self) -> None:
        if not self._known:  # they keep the room of the most they ever held
            self._known, self._heap = {}, []
