"""Looks of cells, as the numbers of one SGR sequence, and the shortest way between two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_DRAWN: Final = frozenset({"4", "7", "9", "21", "53"})
"""Attributes that show on a blank too: lines, and reverse."""
_LONG: Final = {"5": 2, "2": 4}


@dataclass(frozen=True, slots=True)
class Look:
    """How a cell looks.

    Attributes:
        attributes: Numbers of bold, reverse …
        front: Number of the foreground, empty for the terminal's own.
        ground: Likewise the background.
    """

    attributes: frozenset[str] = frozenset()
    front: str = ""
    ground: str = ""

    @property
    def draws(self) -> bool:
        """True where even a blank shows more than its background."""
        return bool(self.attributes & _DRAWN)


PLAIN: Final = Look()


@lru_cache(maxsize=4096)
def look_of(numbers: str) -> Look:
    """The look that one SGR sequence sets on a plain terminal."""
    attributes: set[str] = set()
    front = ground = ""
    for number in _numbers(numbers):
        head = int(number.partition(";")[0] or 0)
        if head == 0:
            attributes, front, ground = set(), "", ""
        elif 30 <= head <= 38 or 90 <= head <= 97:
            front = number
        elif 40 <= head <= 48 or 100 <= head <= 107:
            ground = number
        elif head == 39:
            front = ""
        elif head == 49:
            ground = ""
        else:
            attributes.add(number)
    return Look(frozenset(attributes), front, ground)


def _numbers(text: str) -> Iterator[str]:
    """The numbers one by one, but a colour with all of its own."""
    parts = text.split(";")
    at = 0
    while at < len(parts):
        long = parts[at] in ("38", "48") and at + 1 < len(parts)
        length = 1 + _LONG.get(parts[at + 1], 0) if long else 1
        yield ";".join(parts[at : at + length])
        at += length


@lru_cache(maxsize=4096)
def blank(look: Look) -> Look:
    """What is seen of a look on a blank."""
    return look if look.draws else Look(ground=look.ground)


@lru_cache(maxsize=4096)
def way(before: Look, after: Look) -> str:
    """The shortest sequence that turns one look into the other."""
    if before == after:
        return ""
    if after == PLAIN:
        return "\x1b[m"
    anew = [*sorted(after.attributes), after.front, after.ground]
    whole = "\x1b[0;" + ";".join(filter(None, anew)) + "m"
    if not before.attributes <= after.attributes:
        return whole
    steps = sorted(after.attributes - before.attributes)
    if before.front != after.front:
        steps.append(after.front or "39")
    if before.ground != after.ground:
        steps.append(after.ground or "49")
    return min("\x1b[" + ";".join(steps) + "m", whole, key=len)
