"""The bytes that a diagnosis looks at: bounded reads of one open file, each made once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from ckptui.formats.limits import KIB, Limits
from ckptui.formats.model import Header
from ckptui.formats.window import Window
from ckptui.terms import Level
from ckptui.validation.finding import Finding
from ckptui.validation.reading import Content
from ckptui.validation.source import Source

SIDE: Final = 64 * KIB
"""Bytes read of either end."""
_MIDDLES: Final = 4
"""Pieces of the same size read from between."""
BOUNDS: Final = Limits(opcodes=400_000, records=5_000, pickle=16 << 20, directory=8 << 20)
"""A diagnosis reads no further than this: it runs over a file that is bad already."""


class Evidence:
    """One open file that a level has something against.

    Attributes:
        source: The open file.
        content: What the levels have read of it.
        findings: What they said.
        finding: The one that decides.
        level: The level that said it.
    """

    def __init__(
        self,
        source: Source,
        content: Content,
        findings: Mapping[Level, Finding],
        level: Level,
    ) -> None:
        self.source = source
        self.content = content
        self.findings = findings
        self.level = level
        self.finding = findings[level]
        self._head: bytes | None = None
        self._tail: bytes | None = None
        self._sample: bytes | None = None

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.source.size

    @property
    def header(self) -> Header:
        """What the header reader made of it."""
        return self.content.header

    @property
    def name(self) -> str:
        """The file's name without its directory."""
        return os.path.basename(self.source.path)

    @property
    def head(self) -> bytes:
        """The first bytes."""
        if self._head is None:
            self._head = self.source.pread(SIDE, 0)
        return self._head

    @property
    def tail(self) -> bytes:
        """The last bytes."""
        if self._tail is None:
            start = max(0, self.size - SIDE)
            self._tail = self.source.pread(self.size - start, start)
        return self._tail

    @property
    def sample(self) -> bytes:
        """Both ends and pieces from between, one after the other; small files whole."""
        if self._sample is None:
            self._sample = self._read_sample()
        return self._sample

    def _read_sample(self) -> bytes:
        if self.size <= (_MIDDLES + 2) * SIDE:
            return self.source.pread(self.size, 0)
        step = self.size // (_MIDDLES + 1)
        middles = [self.source.pread(SIDE, step * n) for n in range(1, _MIDDLES + 1)]
        return b"".join((self.head, *middles, self.tail))

    def codes(self) -> set[str]:
        """The codes of everything that contradicts the format."""
        return {problem.code for problem in self.content.problems}

    def window(self, size: int | None = None) -> Window:
        """The file, or only its first ``size`` bytes, for a reader of the formats room."""
        return Window(self.source, self.size if size is None else size)


def one_line(text: str, longest: int = 80) -> str:
    """Text from a file, on one line and cut."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
