"""Paths to look at again, each at its own time: thousands of them while a run is being copied."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Final

_NEVER: Final = float("inf")


class Later:
    """Paths, when they are due (monotonic seconds), and how often they were looked at in vain."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, int]] = {}
        self._heap: list[tuple[float, str]] = []

    def put(self, path: str, due: float, tries: int) -> None:
        """Look at a path again at ``due``, and not at any time that was said before."""
        self._known[path] = (due, tries)
        heappush(self._heap, (due, path))

    def drop(self, path: str) -> None:
        """No more."""
        self._known.pop(path, None)

    def tries(self, path: str) -> int:
        """How often it was looked at in vain."""
        return self._known.get(path, (0.0, 0))[1]

    def _stands(self, due: float, path: str) -> bool:
        return path in self._known and self._known[path][0] == due

    def take(self, now: float) -> Iterator[str]:
        """Those that are due; each is told once, and its tries stay known."""
        while self._heap and self._heap[0][0] <= now:
            due, path = heappop(self._heap)
            if self._stands(due, path):
                self._known[path] = (_NEVER, self._known[path][1])
                yield path

    def next(self) -> float | None:
        """When the first one is due, None where there is none."""
        while self._heap and not self._stands(*self._heap[0]):
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None
