"""The one sanitiser: text from disk made fit for a terminal, and cut to a width in cells.

Names, keys and log lines come from strangers. Raw ``ESC`` in a table cell reaches the terminal
(it can clear the screen or write the clipboard), bidi controls reorder what follows, and invisible
characters make two names look alike. Everything of that kind becomes visible text such as
``\\x1b``; all else, in any script, stays as it is. Markup is not this module's matter: callers
hand the result to widgets as text that is never parsed.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

ELLIPSIS: Final = "…"
ASCII_ELLIPSIS: Final = "..."

_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Cc: C0, DEL, C1. Cf: bidi and zero-width controls, soft hyphen, byte order mark, tags.
# Cs: surrogates (bytes that are not UTF-8). Co: private use, of no known look or width.
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# Default_Ignorable_Code_Point of Unicode 16 as far as its category alone does not tell:
# joiners, fillers, variation selectors and the reserved ranges, all drawn as nothing.
_HIDDEN_RANGES: Final = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2065, 0x2065),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0xE0000, 0xE0FFF),
)
_MARKS: Final = frozenset({"Mn", "Me"})
_MOST_MARKS: Final = 4
"""Marks on one base: no script needs more; towers of them spill into other rows."""


def plain(text: str) -> str:
    """Return text that cannot reach the terminal as anything but itself.

    Args:
        text: Any string, also surrogate-escaped.

    Returns:
        The same text with every control, invisible or lone combining character written out
        (``\\x1b``, ``\\u202e``, ``\\udcff``). ``plain(plain(x)) == plain(x)``.

    Example:
        >>> plain("a\\x1b[2Jb")
        'a\\\\x1b[2Jb'
    """
    if text.isascii() and text.isprintable():
        return text
    out: list[str] = []
    marks = _MOST_MARKS  # nothing to sit on yet
    for char in text:
        category = unicodedata.category(char)
        if _hidden(char, category) or (category in _MARKS and marks >= _MOST_MARKS):
            out.append(_written_out(char))
            marks = _MOST_MARKS  # a mark must not sit on an escape either
        else:
            out.append(char)
            marks = marks + 1 if category in _MARKS else 0
    return "".join(out)


def _hidden(char: str, category: str) -> bool:
    if category in _HIDDEN_CATEGORIES:
        return True
    point = ord(char)
    if point < 0x034F:
        return False
    return any(low <= point <= high for low, high in _HIDDEN_RANGES) or point & 0xFFFE == 0xFFFE


def _written_out(char: str) -> str:
    point = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def cells(text: str) -> int:
    """Width of already plain text in terminal cells."""
    if text.isascii():
        return len(text)
    return _counted(text)


@lru_cache(maxsize=1024)
def _counted(text: str) -> int:
    """Kept for a while: bars and signs are the same in a thousand rows."""
    return sum(_cell(char) for char in text)


def _cell(char: str) -> int:
    if unicodedata.category(char) in _MARKS:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def clip(text: str, width: int, *, middle: bool = True, ascii_only: bool = False) -> str:
    """Cut plain text to at most ``width`` cells, with an ellipsis where something went.

    Args:
        text: Plain text.
        width: Cells, 0 or more.
        middle: True takes the cut from the folders of a path, so that its name stays whole, or
            from the middle of a name that is too long itself; False from the end, as suits a
            sentence.
        ascii_only: Use ``...`` instead of ``…``.
    """
    if cells(text) <= width:
        return text
    dots = ASCII_ELLIPSIS if ascii_only else ELLIPSIS
    room = width - len(dots)
    if room < 1:
        return dots[: max(width, 0)]
    tail = _tail(text, room) if middle else ""
    return _take(text, room - cells(tail)) + dots + tail


_FEW: Final = 12
"""Cells of a name up to which its end gets more than half of them."""
_HEAD: Final = 4
"""Cells that are then left to its beginning."""


def _tail(text: str, room: int) -> str:
    """What a cut from the middle leaves at the end: a path's own name, if there is room for it."""
    slash = text.rfind("/", 0, len(text) - 1)
    if slash > 0 and cells(text[slash:]) <= room:
        return text[slash:]
    # The end of a name (step and suffix) tells more than its beginning, the more where it is short.
    half = (room + 1) // 2
    return _take_end(text, half if room > _FEW else max(half, room - _HEAD))


def _take(text: str, width: int) -> str:
    used = 0
    for index, char in enumerate(text):
        used += _cell(char)
        if used > width:
            return text[:index]
    return text


def _take_end(text: str, width: int) -> str:
    used, start = 0, len(text)
    while start and used + _cell(text[start - 1]) <= width:
        start -= 1
        used += _cell(text[start])
    # A mark whose base was cut off must not move onto the ellipsis.
    while start < len(text) and _cell(text[start]) == 0:
        start += 1
    return text[start:]


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Fill plain text with blanks to ``width`` cells (on the left where ``right`` is True)."""
    if text.isascii():
        return text.rjust(width) if right else text.ljust(width)
    blanks = " " * max(width - cells(text), 0)
    return blanks + text if right else text + blanks
