"""What the terminal should show, and what it shows; and the fewest bytes between the two.

Textual repaints whole widgets and whole lines. Over a slow line each of those bytes is waited
for. Here the cells are compared with those that the terminal has: only cells that differ are
sent, lines that only moved are scrolled by the terminal itself, and a frame that was never sent
costs nothing, because the next one is compared with what is really there.
"""

from __future__ import annotations

from collections.abc import Iterable

from ckptui.tui.line.grid import UNKNOWN, Grid, is_plain, sound
from ckptui.tui.line.scroll import best_scroll
from ckptui.tui.line.style import PLAIN, Look, blank, way

_BRIDGE = 4
"""Cells that are sent again rather than jumped over: a jump costs as much."""
_TAIL = 6
"""Blanks at the end of a line from which on one erasure is shorter."""
_STALE = "\1"
"""A cell of the terminal of which nobody knows what it shows."""


class Image:
    """Both pictures of one terminal.

    Args:
        width: Columns.
        height: Lines.
        erases: Erasing fills with the background's colour (terminfo's ``bce``).
        scrolls: Lines can be scrolled in a part of the screen (terminfo's ``csr``).
    """

    def __init__(self, width: int, height: int, *, erases: bool, scrolls: bool) -> None:
        self._erases, self._scrolls = erases, scrolls
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        """Begin anew in another size; nothing is shown until something is drawn."""
        self.wanted, self._sent = Grid(width, height), Grid(width, height)
        self.forget()

    def forget(self) -> None:
        """Nobody knows any more what the terminal shows."""
        for row in self._sent.text:
            row[:] = [_STALE] * self._sent.width
        self._look: Look | None = None
        self._at: tuple[int, int] | None = None
        self.waits = True

    def draw(self, data: str) -> str:
        """Take what a program sends; give back what is not drawing."""
        rest = self.wanted.draw(data)
        self.waits = True
        return rest

    def update(self, room: int) -> str:
        """What to send now, from the top of the screen; ``waits`` says whether more is left.

        Args:
            room: Bytes after which no further line is begun.
        """
        out: list[str] = []
        rows = [y for y in range(self.wanted.height) if self._differs(y)]
        if self._scrolls and len(rows) > 3:
            rows = self._scroll(rows, out)
        length = sum(map(len, out))
        self.waits = False
        for y in rows:
            if length >= room:
                self.waits = True
                break
            before = len(out)
            self._line(y, out)
            length += sum(map(len, out[before:]))
        if out:
            self._finish(out)
        return "".join(out)

    def _differs(self, y: int) -> bool:
        wanted, sent = self.wanted, self._sent
        return wanted.text[y] != sent.text[y] or wanted.looks[y] != sent.looks[y]

    def _finish(self, out: list[str]) -> None:
        """Leave the cursor where the program left it: what is composed shows there."""
        if self.wanted.cursor != (0, 0) and not self.waits:
            self._move(*self.wanted.cursor, out)
        if self.wanted.synchronised and sum(map(len, out)) > 200:
            out.insert(0, "\x1b[?2026h")
            out.append("\x1b[?2026l")

    # Lines that only moved

    def _scroll(self, rows: list[int], out: list[str]) -> list[int]:
        found = best_scroll(self.wanted, self._sent, rows[0], rows[-1])
        if found is None:
            return rows
        top, bottom, lines = found
        self._style(PLAIN, out)
        out.append(f"\x1b[{top + 1};{bottom + 1}r")
        if lines > 0:
            out.append(f"\x1b[{bottom + 1};1H" + "\n" * lines)
        else:
            out.append(f"\x1b[{top + 1};1H" + "\x1bM" * -lines)
        out.append("\x1b[r")
        self._at = None
        self._sent.scroll(top, bottom, lines)
        return [y for y in range(self.wanted.height) if self._differs(y)]

    # One line

    def _line(self, y: int, out: list[str]) -> None:
        text, looks = self.wanted.text[y], self.wanted.looks[y]
        end = self._blank_from(y)
        for start, stop in self._spans(y, end):
            self._move(start, y, out)
            self._cells(zip(text[start:stop], looks[start:stop], strict=True), out)
            self._at = (stop, y) if stop < self.wanted.width else None
        if end < self.wanted.width:
            self._move(end, y, out)
            self._ground(looks[end], out)
            out.append("\x1b[K")
        self._sent.text[y], self._sent.looks[y] = list(text), list(looks)

    def _blank_from(self, y: int) -> int:
        """Where the blanks begin that one erasure makes; the width where none is worth it."""
        text, looks, width = self.wanted.text[y], self.wanted.looks[y], self.wanted.width
        look = blank(looks[-1])
        if look.draws or (look.ground and not self._erases):
            return width
        at = width
        while at and text[at - 1] == " " and blank(looks[at - 1]) == look:
            at -= 1
        changed = sum(self._changed(y, x) for x in range(at, width))
        return at if changed > _TAIL else width

    def _changed(self, y: int, x: int) -> bool:
        text, old = self.wanted.text[y][x], self._sent.text[y][x]
        if text != old:
            return text != UNKNOWN
        look, old_look = self.wanted.looks[y][x], self._sent.looks[y][x]
        return look != old_look and not (text == " " and blank(look) == blank(old_look))

    def _spans(self, y: int, end: int) -> list[tuple[int, int]]:
        """Where cells differ, from and to; a line of which cells are not sure is sent whole."""
        changed = [x for x in range(end) if self._changed(y, x)]
        if not changed:
            return []
        if self._is_unsure(y):
            self.wanted.text[y][:] = sound(self.wanted.text[y])
            return [(0, end)]
        spans = [(changed[0], changed[0] + 1)]
        for x in changed[1:]:
            start, stop = spans[-1]
            if x - stop <= _BRIDGE and self._bridges(y, stop, x):
                spans[-1] = (start, x + 1)
            else:
                spans.append((x, x + 1))
        return spans

    def _is_unsure(self, y: int) -> bool:
        """True for a line in which terminals may count some character's cells differently."""
        line = "".join(self.wanted.text[y])
        if UNKNOWN in line:
            return False
        before = "".join(self._sent.text[y]).replace(_STALE, "")
        return len(line) != self.wanted.width or not is_plain(line + before)

    def _bridges(self, y: int, start: int, stop: int) -> bool:
        looks = set(self.wanted.looks[y][start - 1 : stop + 1])
        return len(looks) == 1 and UNKNOWN not in self.wanted.text[y][start:stop]

    # Pieces

    def _move(self, x: int, y: int, out: list[str]) -> None:
        if self._at == (x, y):
            return
        if self._at is not None and self._at[1] == y and self._at[0] < x:
            out.append(f"\x1b[{x - self._at[0]}C")
        else:
            out.append(f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H")
        self._at = (x, y)

    def _cells(self, cells: Iterable[tuple[str, Look]], out: list[str]) -> None:
        for text, look in cells:
            if text == " ":
                self._ground(look, out)
            else:
                self._style(look, out)
            out.append(text)

    def _ground(self, look: Look, out: list[str]) -> None:
        """Change no more than a blank shows."""
        now = self._look
        if now is None or now.draws or look.draws:
            self._style(blank(look), out)
        elif now.ground != look.ground:
            self._style(Look(now.attributes, now.front, look.ground), out)

    def _style(self, look: Look, out: list[str]) -> None:
        now = self._look
        if now is None:
            out.append("\x1b[m")
            now = PLAIN
        if now != look:
            out.append(way(now, look))
        self._look = look
