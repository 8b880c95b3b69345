"""Colours that can be read in every theme: moved towards the text's own until they can."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from textual.color import Color
from textual.theme import Theme

READABLE: Final = 4.5
"""Least contrast of a text with its ground (WCAG 2, AA)."""
_ROLES: Final = ("success", "warning", "error", "accent")
_STEP: Final = 0.05
_CURSOR: Final = 0.2
_MARKED: Final = 0.1
"""How much of the theme's first colour tints the row under the cursor, and a marked one."""
_ANSI: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "ansi-dark": ("ansi_green", "ansi_yellow", "ansi_bright_red", "ansi_cyan"),
    "ansi-light": ("ansi_default", "ansi_magenta", "ansi_red", "ansi_blue"),
}
"""By theme, for the roles in order. Green, yellow and cyan cannot be read on white."""
_UNKNOWN_GROUND: Final = ("ansi_default", "ansi_magenta", "ansi_red", "ansi_default")
"""Red and magenta alone can be read on black and on white."""


def contrast(one: Color, other: Color) -> float:
    """How far two colours are apart, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    parts = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in colour.normalized
    )
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


@lru_cache(maxsize=32)
def _made(name: str, colours: tuple[tuple[str, str], ...], dark: bool) -> dict[str, str]:
    """Our own variables for a theme with these colours."""
    known = {key: Color.parse(value) for key, value in colours}
    ground, text = known["background"], known["foreground"]
    cursor, marked = (ground.blend(known["primary"], part) for part in (_CURSOR, _MARKED))
    grounds = (ground, known["surface"], known["panel"], cursor, marked)
    end = Color(255, 255, 255) if dark else Color(0, 0, 0)
    made = {f"ck-{role}": _readable(known[role], grounds, end) for role in _ROLES}
    made["ck-text"] = _readable(text, grounds, end)
    made["ck-muted"] = _readable(ground.blend(text, 0.4), grounds, end)
    made |= {"ck-cursor": cursor, "ck-marked": marked}
    return {key: value.hex for key, value in made.items()}


def variables_of(theme: Theme) -> dict[str, str]:
    """Our own variables for a theme, ours or not: roles, muted text, the cursor's row, marks."""
    if theme.ansi:
        roles = zip(_ROLES, _ANSI.get(theme.name, _UNKNOWN_GROUND), strict=True)
        plain = dict.fromkeys(("ck-text", "ck-muted", "ck-cursor", "ck-marked"), "ansi_default")
        return {**plain, **{f"ck-{role}": colour for role, colour in roles}}
    generated = theme.to_color_system().generate()
    names = ("background", "foreground", "surface", "panel", "primary", *_ROLES)
    return _made(theme.name, tuple((name, generated[name]) for name in names), theme.dark)


def _readable(colour: Color, grounds: Iterable[Color], end: Color) -> Color:
    """The colour, moved towards an end as little as makes it readable on all the grounds."""
    under = tuple(grounds)
    moved, factor = colour, 0.0
    while factor < 1 and any(contrast(moved, each) < READABLE for each in under):
        factor += _STEP
        moved = colour.blend(end, min(factor, 1.0))
    return moved
