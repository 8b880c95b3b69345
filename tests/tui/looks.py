"""The look of a screen as text that a person can read and compare: its letters, then its colours.

Each line of the screen stands as it is, and under the picture each line's styles as runs, for
example ``12a 3b``: twelve cells of style a, three of b. What differs from one day or machine to
the next (free space, clock times) is written as ``#``.
"""

from __future__ import annotations

import re
from itertools import groupby

from rich.segment import Segment
from rich.style import Style
from textual.app import App

_VOLATILE = (
    re.compile(r"(?<=free )[0-9.]+[KMGTP]"),
    re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?"),
    re.compile(r"\b\d\d:\d\d:\d\d\b"),
    re.compile(r"\b\d{8}-\d{6}\b"),
)
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def picture(app: App[int], *, styles: bool) -> str:
    """The screen on top, all of it.

    Args:
        app: A mounted app.
        styles: Also the runs of styles and what they are.
    """
    screen = app.screen
    strips = screen._compositor.render_strips(screen.size)
    text = "\n".join(f"|{_masked(strip.text)}|" for strip in strips)
    if not styles:
        return text + "\n"
    legend: dict[str, str] = {}
    lines = [_runs(list(strip), legend) for strip in strips]
    meaning = [f"{letter}: {words}" for words, letter in legend.items()]
    return "\n".join([text, "", *lines, "", *meaning]) + "\n"


def _masked(text: str) -> str:
    for pattern in _VOLATILE:
        text = pattern.sub(lambda found: re.sub(r"[0-9]", "#", found[0]), text)
    return re.sub(r"(?<=free )[#.]+[KMGTP] {0,2}", "###  ", text)


def _runs(segments: list[Segment], legend: dict[str, str]) -> str:
    cells = [(_words(each.style), each.cell_length) for each in segments]
    runs = [
        (words, sum(n for _, n in part)) for words, part in groupby(cells, lambda each: each[0])
    ]
    return " ".join(f"{length}{_letter(words, legend)}" for words, length in runs)


def _letter(words: str, legend: dict[str, str]) -> str:
    return legend.setdefault(words, _LETTERS[len(legend)])


def _words(style: Style | None) -> str:
    if style is None:
        return "none"
    drawn = [
        name for name in ("bold", "dim", "italic", "underline", "reverse") if getattr(style, name)
    ]
    return " ".join(
        [
            *drawn,
            style.color.name if style.color else "default",
            "on",
            style.bgcolor.name if style.bgcolor else "default",
        ]
    )
