"""Whatever is painted, and whatever of it is left out, the terminal ends up showing the same."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pyte
import pytest
from rich.cells import cell_len

from ckptui.tui.line.grid import sound
from ckptui.tui.line.image import Image

_WIDTH, _HEIGHT = 40, 12
_LOOKS = ["", "1", "7", "4;32", "38;2;1;2;3;48;2;9;9;9", "38;5;7;44", "2;3;91;49", "9;102"]
_WORDS = ["ckpt_", "step", "   ", "▰▰▱", "─│", "            ", "x", "字", "ééa"]


def _frame(at: random.Random, moved: list[str]) -> str:
    """A frame as Textual would send it: lines, from some column, in some looks."""
    if at.random() < 0.4:  # a page that scrolls
        way = at.choice([1, -1, 2])
        moved[:] = moved[way:] + [_line(at) for _ in moved[:way]] if way > 0 else [
            _line(at), *moved[:-1]]  # fmt: skip
        return "".join(f"\x1b[{y + 1};1H{line}\n" for y, line in enumerate(moved))
    out = []
    for _ in range(at.randint(1, 6)):
        words = [at.choice(_WORDS) for _ in range(at.randint(1, 3))]
        room = _WIDTH - cell_len("".join(words))
        out.append(f"\x1b[{at.randint(1, _HEIGHT)};{at.randint(1, room + 1)}H")
        out += [_piece(at, word) for word in words]
    return "".join(out)


def _piece(at: random.Random, text: str) -> str:
    look = at.choice(_LOOKS)
    return f"\x1b[{look}m{text}\x1b[0m" if look else text


def _line(at: random.Random) -> str:
    text = f"{at.randint(0, 10**9):_<{_WIDTH}}"
    return f"\x1b[{at.choice(_LOOKS) or '0'}m{text[:30]}\x1b[0m{text[30:]}"


class _Terminal:
    def __init__(self) -> None:
        self.screen = pyte.Screen(_WIDTH, _HEIGHT)
        self.screen.reset_mode(7, private=True)  # as the driver does: no wrapping
        self.stream = pyte.Stream(self.screen)

    def cells(self) -> Iterator[tuple[object, ...]]:
        for y in range(_HEIGHT):
            row = [self.screen.buffer[y][x] for x in range(_WIDTH)]
            # Terminals differ in what they leave of a wide character that is half overwritten.
            texts = sound([cell.data for cell in row])
            for x, (cell, text) in enumerate(zip(row, texts, strict=True)):
                drawn = cell.reverse or cell.underscore or cell.strikethrough
                blank = text == " " and not drawn
                yield (x, y, text, cell.bg, drawn, *(() if blank else (cell.fg, cell.bold)))


@pytest.mark.parametrize("seed", range(24))
@pytest.mark.parametrize("erases", [True, False])
def test_it_shows_what_was_painted(seed: int, *, erases: bool) -> None:
    at = random.Random(seed)
    image = Image(_WIDTH, _HEIGHT, erases=erases, scrolls=seed % 3 > 0)
    straight, ours = _Terminal(), _Terminal()
    moved = [_line(at) for _ in range(_HEIGHT)]
    first = "".join(f"\x1b[{y + 1};1H{line}" for y, line in enumerate(moved))
    for frame in (first, *(_frame(at, moved) for _ in range(40))):
        straight.stream.feed(frame.replace("\n", ""))
        assert image.draw(frame) == ""
        if at.random() < 0.7:  # else the line was busy, and the frame was never sent
            ours.stream.feed(image.update(at.choice([30, 200, 10_000])))
        if not image.waits:
            assert list(ours.cells()) == list(straight.cells())
    while image.waits:
        ours.stream.feed(image.update(10_000))
    assert list(ours.cells()) == list(straight.cells())
