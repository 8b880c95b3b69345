"""Glyphs, their ASCII twins and their roles: one glyph, one meaning. Colour only repeats them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from ckptui.light import dataclass
from ckptui.terms import Category, InputState, Level, MarkerState, Result


class Role(StrEnum):
    """What a text is, for the faces to colour; ``normal`` needs no colour."""

    NORMAL = "normal"
    STRONG = "strong"
    SUCCESS = "success"
    WARNING = "warning"
    ALARM = "alarm"
    """A warning in bold."""
    ERROR = "error"
    ACCENT = "accent"
    MUTED = "muted"
    MATCH = "match"
    """What is looked for, where it stands."""
    FOUND = "found"
    """The same, in the line that was gone to."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """One sign: for UTF-8 terminals, its ASCII twin, and the role of both."""

    unicode: str
    ascii: str
    role: Role = Role.NORMAL

    def text(self, *, ascii_only: bool) -> str:
        """The sign for this terminal."""
        return self.ascii if ascii_only else self.unicode


CATEGORY: Final[Mapping[Category, Glyph]] = {
    Category.VALID: Glyph("●", "ok", Role.SUCCESS),
    Category.CORRUPTED: Glyph("✗", "XX", Role.ERROR),
    Category.INCOMPLETE: Glyph("◐", "..", Role.WARNING),
    Category.INCOMPATIBLE: Glyph("⊘", "!=", Role.WARNING),
    Category.UNSAFE: Glyph("⚠", "!!", Role.ALARM),
    Category.FOREIGN: Glyph("?", "??", Role.MUTED),
    Category.UNREADABLE: Glyph("⨯", "--", Role.ERROR),
    Category.CHANGING: Glyph("~", "~~", Role.ACCENT),
    Category.UNCHECKED: Glyph("◌", "__", Role.MUTED),
}
MARKER: Final[Mapping[MarkerState, Glyph]] = {
    MarkerState.PRESENT: Glyph("✓", "yes"),
    MarkerState.MISSING: Glyph("missing", "missing", Role.WARNING),
    MarkerState.ORPHAN: Glyph("orphan", "orphan", Role.WARNING),
    MarkerState.OUTDATED: Glyph("outdated", "outdated", Role.WARNING),
}
INPUT: Final[Mapping[InputState, Glyph]] = {
    InputState.FRESH: Glyph("=", "=", Role.SUCCESS),
    InputState.STALE: Glyph("Δ", "*", Role.WARNING),
    InputState.UNKNOWN: Glyph(" ", " ", Role.MUTED),
}
NONE: Final = Glyph("–", "-", Role.MUTED)
APPROX: Final = Glyph("≈", "about")
DOT: Final = Glyph("·", "|", Role.MUTED)
ARROW: Final = Glyph("→", "->")
LAST_GOOD: Final = Glyph("★", "G", Role.SUCCESS)

_FULL: Final = Glyph("▰", "#")
_EMPTY: Final = Glyph("▱", "-")
_ABSENT: Final = Glyph("·", ".")
_NOTHING_TO_CHECK: Final = (Result.NOT_APPLICABLE, Result.NONE_RECORDED)


def level_bar(level: int, checks: Mapping[str, str | None], *, ascii_only: bool) -> str:
    """The level reached as a bar, ``▰▰▰▱▱▱ 3``; ``·`` where a format has nothing to check.

    Args:
        level: Level reached, 0–6.
        checks: Level name → result text, as a checkpoint carries them.
        ascii_only: ``###--- 3`` instead.
    """
    bar = "".join(
        _segment(step, level, checks.get(step.label)).text(ascii_only=ascii_only) for step in Level
    )
    return f"{bar} {level}"


def _segment(step: Level, level: int, result: str | None) -> Glyph:
    if result and result.startswith(_NOTHING_TO_CHECK):
        return _ABSENT
    return _EMPTY if step > level else _FULL


def progress_bar(fraction: float, width: int, *, ascii_only: bool) -> str:
    """A bar of ``width`` signs for a fraction between 0 and 1."""
    full = int(max(0.0, min(fraction, 1.0)) * width)
    return _FULL.text(ascii_only=ascii_only) * full + _EMPTY.text(ascii_only=ascii_only) * (
        width - full
    )


_TWINS: Final = str.maketrans(
    {
        "–": "-", "—": "-", "…": "...", "≈": "about ", "·": "|", "→": "->", "✓": "yes",
        "Δ": "*", "▰": "#", "▱": "-", "×": "x", "≥": ">=", "≤": "<=", "●": "ok", "✗": "XX",
        "◐": "..", "⊘": "!=", "⚠": "!!", "⨯": "--", "◌": "__", "▶": ">", "▌": ">", "★": "G",
        "↑": "up", "↓": "down", "←": "left", "‘": "'", "’": "'", "“": '"', "”": '"',
    }
)  # fmt: skip


def to_ascii(text: str) -> str:
    """Our own sentences for a terminal without UTF-8: known signs by twin, the rest written out."""
    if text.isascii():
        return text
    return text.translate(_TWINS).encode("ascii", "backslashreplace").decode("ascii")
