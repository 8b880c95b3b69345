"""Cells of a screen in lines, and writing terminal sequences into them."""

from __future__ import annotations

import re
from typing import Final, TypeVar

from rich.cells import cell_len, split_graphemes

from ckptui.tui.line.style import PLAIN, Look, look_of

_T = TypeVar("_T")
UNKNOWN: Final = "\0"
"""A cell of which nobody said what it shows."""
_TOKENS: Final = re.compile(
    r"\x1b\[(?P<y>\d+);(?P<x>\d+)H"
    r"|\x1b\[(?P<sgr>[\d;]*)m"
    r"|(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|(?P<own>\x1b\[\?2026[hl]|\x1b\]8;[^\x1b\a]*(?:\x1b\\|\a)|\n)"
    r"|(?P<other>\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P_^X][^\x1b\a]*(?:\x1b\\|\a)|\x1b[ -/]*.|.)",
    re.DOTALL,
)
_single: set[str] = set(map(chr, (*range(0x20, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x300))))
"""Characters that are known to take one cell."""


def is_plain(text: str) -> bool:
    """True where each character takes exactly one cell."""
    if text.isascii():
        return True
    unsure = set(text) - _single
    if not unsure:
        return True
    _single.update(each for each in unsure if each >= " " and cell_len(each) == 1)
    return unsure <= _single


class Grid:
    """A screen of cells.

    Attributes:
        width: Columns.
        height: Lines.
        text: Of each line, what each cell shows; "" is the right half of a wide character.
        looks: Of each line, how each cell looks.
        cursor: Column and line, from 0.
        synchronised: Whether the last frame asked to be shown at once.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.text = [[UNKNOWN] * width for _ in range(height)]
        self.looks = [[PLAIN] * width for _ in range(height)]
        self.cursor = (0, 0)
        self.synchronised = False

    def draw(self, data: str) -> str:
        """Write what a program sends into the cells.

        Returns:
            What is not drawing (modes, bells, the clipboard), for the terminal itself.
        """
        rest: list[str] = []
        look = PLAIN
        x, y = self.cursor
        for token in _TOKENS.finditer(data):
            kind, text = token.lastgroup, token.group()
            if kind == "text":
                x = self._put(x, y, text, look)
            elif kind == "sgr":
                look = look_of(token["sgr"])
            elif kind == "x":
                x, y = int(token["x"]) - 1, int(token["y"]) - 1
            elif kind == "other":
                rest.append(text)
            elif text == "\x1b[?2026h":
                self.synchronised = True
        self.cursor = (x, y)
        return "".join(rest)

    def _put(self, x: int, y: int, text: str, look: Look) -> int:
        if not 0 <= y < self.height or x >= self.width:
            return x
        cells = list(text) if is_plain(text) else _cells(text)
        count = min(len(cells), self.width - x)
        self.text[y][x : x + count] = cells[:count]
        self.looks[y][x : x + count] = [look] * count
        return x + count

    def scroll(self, top: int, bottom: int, lines: int) -> None:
        """Move the lines from ``top`` to ``bottom`` up by ``lines``, down where it is below 0."""
        self.text[top : bottom + 1] = _moved(self.text[top : bottom + 1], lines, UNKNOWN)
        self.looks[top : bottom + 1] = _moved(self.looks[top : bottom + 1], lines, PLAIN)


def _moved(rows: list[list[_T]], lines: int, new: _T) -> list[list[_T]]:
    fresh = [[new] * len(rows[0]) for _ in range(abs(lines))]
    return rows[lines:] + fresh if lines > 0 else fresh + rows[:lines]


def _cells(text: str) -> list[str]:
    """Cells of a text with wide, or with combining characters."""
    cells: list[str] = []
    for start, end, width in split_graphemes(text)[0]:
        cells += [text[start:end], *[""] * (width - 1)] if width else []
    return cells


def sound(cells: list[str]) -> list[str]:
    """The cells of a line, halves of cut wide characters made blanks."""
    out = list(cells)
    for at, cell in enumerate(cells):
        before = cells[at - 1] if at else ""
        after = cells[at + 1] if at + 1 < len(cells) else " "
        if (_is_wide(cell) and after != "") or (cell == "" and not _is_wide(before)):
            out[at] = " "
    return out


def _is_wide(cell: str) -> bool:
    return cell not in ("", UNKNOWN) and cell_len(cell) == 2
