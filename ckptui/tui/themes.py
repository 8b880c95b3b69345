"""Colours: two calm themes of our own, and which one a terminal gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from textual.theme import BUILTIN_THEMES, Theme

MUTED: Final[Mapping[str, dict[str, str]]] = {
    "dark": {"ck-muted": "#8f98a8", "ck-cursor": "#2c3646", "ck-marked": "#262b36"},
    "light": {"ck-muted": "#5c6370", "ck-cursor": "#d7e3f4", "ck-marked": "#e9edf3"},
    "ansi": {
        "ck-muted": "ansi_bright_black",
        "ck-cursor": "ansi_blue",
        "ck-marked": "ansi_default",
    },
}
"""Our own variables for dark, light and sixteen-colour themes; at least 4.5 to 1 on the ground."""

DARK: Final = Theme(
    name="ckptui-dark",
    primary="#7aa2f7",
    secondary="#5f87c7",
    accent="#7dcfff",
    success="#8cc265",
    warning="#e0af68",
    error="#f7768e",
    foreground="#d5dae3",
    background="#15181e",
    surface="#1b1f27",
    panel="#222733",
    dark=True,
    variables=MUTED["dark"],
)
LIGHT: Final = Theme(
    name="ckptui-light",
    primary="#2458a6",
    secondary="#3d6fb8",
    accent="#00648a",
    success="#2c6b1f",
    warning="#8a5300",
    error="#b3172f",
    foreground="#22262d",
    background="#fbfbfa",
    surface="#f2f3f4",
    panel="#e7e9ec",
    dark=False,
    variables=MUTED["light"],
)
OURS: Final = {"dark": DARK.name, "light": LIGHT.name}
"""Short names of our own two."""
_FEW_COLOURS: Final = ("linux", "screen", "vt", "ansi", "cygwin", "rxvt", "xterm-color", "xterm-16")


def theme_names() -> tuple[str, ...]:
    """Every name that the configuration may give."""
    return ("auto", *OURS, "ansi", *BUILTIN_THEMES)


def choose_theme(environment: Mapping[str, str], configured: str = "auto") -> tuple[str, bool]:
    """The theme for a terminal, and whether it keeps to the terminal's own sixteen colours.

    ``CKPTUI_THEME`` names one, else the configuration; ``ansi`` is the terminal's own colours.
    ``NO_COLOR`` needs those too, or else Textual turns the theme into shades of grey. A light
    background is known only where ``COLORFGBG`` tells, or a light theme is wished for.
    """
    wished = environment.get("CKPTUI_THEME", "") or configured
    light = environment.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15") or "light" in wished
    own = "ansi-light" if light and "dark" not in wished else "ansi-dark"
    if wished.startswith("ansi") or few_colours(environment):
        return own, True
    known = OURS.get(wished) or (wished if wished in BUILTIN_THEMES else "")
    return known or (LIGHT.name if light else DARK.name), False


def few_colours(environment: Mapping[str, str]) -> bool:
    """True where the terminal has sixteen colours at most, or shall show none."""
    if environment.get("NO_COLOR"):
        return True
    if environment.get("COLORTERM") in ("truecolor", "24bit"):
        return False
    term = environment.get("TERM", "")
    return "256" not in term and term.startswith(_FEW_COLOURS)
