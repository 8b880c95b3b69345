"""Line numbers of a text of any size: counted once, in pieces, and only as far as somebody asks."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from ckptui.launch.rows import Read

PIECE: Final = 1 << 20


class LineIndex:
    """How many line ends stand before each piece of a file.

    Attributes:
        done: Bytes counted.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._ends = array("Q", [0])
        self._asked = (0, 1)  # an offset and its line: who looks at one place asks for it again
        self.done = 0

    def count(self, size: int) -> Iterator[int]:
        """Count on to the last whole piece before ``size``; yields how far it is."""
        while self.done + PIECE <= size:
            data = self._read(self.done, PIECE)
            if len(data) < PIECE:
                return
            self._ends.append(self._ends[-1] + data.count(b"\n"))
            self.done += PIECE
            yield self.done

    def number_of(self, at: int) -> int | None:
        """Number of the line that holds an offset, from 1; None where it was not counted so far."""
        if self._asked[0] != at:
            piece = at // PIECE
            if piece >= len(self._ends):
                return None
            start = piece * PIECE
            number = self._ends[piece] + self._read(start, at - start).count(b"\n") + 1
            self._asked = (at, number)
        return self._asked[1]

    def reaches(self, number: int) -> bool:
        """True where a line begins within what was counted."""
        return self._ends[-1] >= number - 1

    def start_of(self, number: int, size: int) -> int | None:
        """Where a line begins; None where the file has not so many, as far as was counted."""
        if number <= 1:
            return 0
        wanted = number - 1  # so many line ends stand before it
        piece = max(bisect_left(self._ends, wanted) - 1, 0)
        start, left = piece * PIECE, wanted - self._ends[piece]
        while start < size:
            data = self._read(start, PIECE)
            if not data:
                return None
            here = data.count(b"\n")
            if here >= left:
                return start + _nth(data, left) + 1
            start, left = start + len(data), left - here
            if start >= self.done + PIECE:
                return None
        return None


def _nth(data: bytes, count: int) -> int:
    at = -1
    for _ in range(count):
        at = data.find(b"\n", at + 1)
    return at
