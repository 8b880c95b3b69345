"""Colours: two calm themes of our own, and which one a terminal gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from textual.theme import BUILTIN_THEMES, Theme

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
)
ANSI: Final = replace(BUILTIN_THEMES["ansi-dark"], name="ckptui-ansi")
"""The terminal's own colours where nobody knows whether its ground is dark or light."""
THEMES: Final = (DARK, LIGHT, ANSI)
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
    ground = environment.get("COLORFGBG", "").rpartition(";")[2]
    light = ground in ("7", "15") or "light" in wished
    if wished.startswith("ansi") or few_colours(environment):
        dark = "dark" in wished or ground.isdecimal() or environment.get("TERM") == "linux"
        return ("ansi-light" if light else "ansi-dark" if dark else ANSI.name), True
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


_SAID: Final = {
    DARK.name: "dark",
    LIGHT.name: "light",
    ANSI.name: "the terminal's own",
    "ansi-dark": "the terminal's own, if dark",
    "ansi-light": "the terminal's own, if light",
}


def next_theme(name: str) -> str:
    """The next of our own themes, among those that a terminal with as many colours can show."""
    own = (ANSI.name, "ansi-dark", "ansi-light")
    few = own if name in own else (DARK.name, LIGHT.name)
    return few[(few.index(name) + 1) % len(few)] if name in few else few[0]


def said(name: str) -> str:
    """A theme for a person."""
    return _SAID.get(name, name)


def written(name: str) -> str:
    """A theme as the configuration names it."""
    short = next((short for short, whole in OURS.items() if whole == name), name)
    return "ansi" if name == ANSI.name else short
