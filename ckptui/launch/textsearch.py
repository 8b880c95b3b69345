"""Finding words in a text of any size, piece by piece, in bounded memory."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final, TypeAlias

from ckptui.errors import CkptuiError
from ckptui.launch.rows import LONGEST, Read
from ckptui.light import dataclass

PIECE: Final = 1 << 20
MOST_FOUND: Final = 1_000_000
"""Lines with a match that are remembered; eight bytes each."""
_SHORTEST_REGEX: Final = 3

Looked: TypeAlias = "tuple[int, int | None]"
"""Bytes looked through, and where a match is."""


class Words:
    """What is looked for: plain words, or ``/a regular expression/``.

    Case is ignored unless a capital stands in it.

    Args:
        typed: As it was typed.

    Raises:
        CkptuiError: It is no regular expression.
    """

    def __init__(self, typed: str) -> None:
        regex = len(typed) >= _SHORTEST_REGEX and typed.startswith("/") and typed.endswith("/")
        body = typed[1:-1] if regex else typed
        letters = re.sub(r"\\.", "", body) if regex else body
        fold = not any(char.isupper() for char in letters)
        source = body if regex else re.escape(body)
        flags = re.MULTILINE | (re.IGNORECASE if fold else re.NOFLAG)
        raw = source.encode("utf-8", "surrogateescape")
        if fold and not regex:
            raw = b"".join(_either(char) for char in body)
        # Plain words are found a hundred times faster by find than by a pattern.
        self._plain = body.encode() if not regex and (body.isascii() or not fold) else b""
        self._fold = fold
        try:
            self._bytes = re.compile(raw, flags)
            self._text = re.compile(source, flags)
        except re.error as error:
            raise CkptuiError(f"no regular expression: {error}") from error

    def first(self, data: bytes, start: int = 0) -> int:
        """Where the first match from ``start`` on begins, or -1. ``data`` as made by prepared."""
        if self._plain:
            return data.find(self._plain, start)
        found = self._bytes.search(data, start)
        return found.start() if found and found.end() > found.start() else -1

    def last(self, data: bytes, end: int) -> int:
        """Where the last match begins that begins before ``end``, or -1."""
        if self._plain:
            return data.rfind(self._plain, 0, end + len(self._plain) - 1)
        best, at = -1, self.first(data)
        while 0 <= at < end:
            best, at = at, self.first(data, at + 1)
        return best

    def prepared(self, data: bytes) -> bytes:
        """A piece of the text as :meth:`first` and :meth:`last` want it."""
        return data.lower() if self._plain and self._fold else data

    def hits(self, text: str, most: int = 8) -> list[str]:
        """The different words that match in a row, as they stand there."""
        found: dict[str, None] = {}
        for match in self._text.finditer(text):
            if match.group():
                found[match.group()] = None
            if len(found) == most:
                break
        return list(found)


def _either(char: str) -> bytes:
    """A pattern for a letter of either case; bytes know no letters beyond ASCII."""
    if char.isascii():
        return re.escape(char).encode()
    forms = {char.lower(), char.upper()}
    each = sorted(form.encode("utf-8", "surrogateescape") for form in forms)
    return b"(?:" + b"|".join(re.escape(form) for form in each) + b")"


@dataclass(slots=True)
class Finding:
    """A search on its way.

    Attributes:
        done: Bytes looked through.
        at: Offset of the match, None while there is none.
        wrapped: True once it went on from the other end.
    """

    done: int = 0
    at: int | None = None
    wrapped: bool = False


def find(read: Read, words: Words, at: int, size: int, *, back: bool) -> Iterator[Finding]:
    """Look for the next match from an offset on, then from the other end; yields how far it is."""
    finding = Finding()
    at = min(at, size)
    ways = _backward(read, words, at, size) if back else _forward(read, words, at, size)
    for lap in (0, 1):
        finding.wrapped = bool(lap)
        for looked, found in ways:
            finding.done += looked
            finding.at = found
            yield finding
            if found is not None:
                return
        # Once more over the part that is left, with a row of overlap at the seam.
        over = min(size, at + LONGEST)
        ways = _backward(read, words, size, size, until=at) if back else _forward(
            read, words, 0, over)  # fmt: skip


def _forward(read: Read, words: Words, at: int, size: int) -> Iterator[Looked]:
    while at < size:
        data = read(at, min(PIECE + LONGEST, size - at))
        if not data:
            return
        found = words.first(words.prepared(data))
        # What begins in the overlap is found by the next piece, which has all of it.
        last = at + len(data) >= size
        step = len(data) if last else max(_line_end(data, PIECE), 1)
        if 0 <= found < step:
            yield found, at + found
            return
        at += step
        yield step, None


def _backward(read: Read, words: Words, at: int, size: int, until: int = 0) -> Iterator[Looked]:
    while at > until:
        start = max(at - PIECE, 0)
        data = read(start, min(at + LONGEST, size) - start)
        if start > 0:  # a match of a pattern may need the beginning of its line
            skip = data.find(b"\n", 0, at - start) + 1
            start, data = start + skip, data[skip:]
        found = words.last(words.prepared(data), at - start)
        if found >= 0:
            yield at - start, start + found
            return
        yield at - start, None
        if start >= at:
            return
        at = start


def _line_end(data: bytes, near: int) -> int:
    """The last line end before ``near``, so that no line is looked at in two parts."""
    return data.rfind(b"\n", 0, near) + 1 or near


class Matches:
    """All lines that match, counted in the background.

    Attributes:
        done: Bytes counted.
        full: True where there are more than are remembered.
    """

    def __init__(self, read: Read, words: Words) -> None:
        self._read, self._words = read, words
        self._at = array("Q")
        self.done = 0
        self.full = False

    def __len__(self) -> int:
        return len(self._at)

    def number_of(self, at: int) -> int:
        """How many lines with a match begin theirs at or before an offset."""
        return bisect_right(self._at, at)

    def count(self, size: int) -> Iterator[int]:
        """Count on to the end; yields how far it is."""
        while self.done < size and not self.full:
            data = self._read(self.done, min(PIECE + LONGEST, size - self.done))
            if not data:
                return
            last = self.done + len(data) >= size
            step = len(data) if last else max(_line_end(data, PIECE), 1)
            self._note(self._words.prepared(data), step)
            self.done += step
            yield self.done

    def _note(self, data: bytes, step: int) -> None:
        at = self._words.first(data)
        while 0 <= at < step:
            self._at.append(self.done + at)
            if len(self._at) >= MOST_FOUND:
                self.full = True
                return
            line_end = data.find(b"\n", at)
            if line_end < 0:
                return
            at = self._words.first(data, line_end + 1)
