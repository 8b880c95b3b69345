"""The help: made from the bindings that really work where the focus is."""

from __future__ import annotations

from textual.screen import Screen

from ckptui.present.glyphs import Role
from ckptui.present.safe import pad
from ckptui.present.spans import Line, Span, line, wrapped
from ckptui.tui.keys import EVERY, Key
from ckptui.tui.screens.dialog import Dialog

_CAP = 8


class HelpScreen(Dialog):
    """Keys and what they do."""


def help_lines(screen: Screen[object], read_only: str, width: int) -> list[Line]:
    """One line a key, in the order of the table of keys.

    Args:
        screen: Whose bindings are shown, with those of its focused part.
        read_only: Why nothing may be changed, or empty.
        width: Cells a line may take.
    """
    active: dict[str, list[bool]] = {}
    for found in screen.active_bindings.values():
        if found.binding.id is not None:
            active.setdefault(found.binding.id, []).append(found.enabled)
    lines: list[Line] = []
    for key in EVERY:
        if key.id in active:
            lines += _key_lines(key, width, enabled=all(active.pop(key.id)))
    if read_only:
        lines[:0] = [line(Span(f"Dimmed keys do nothing: {read_only}.", Role.WARNING)), ()]
    return lines


def _key_lines(key: Key, width: int, *, enabled: bool) -> list[Line]:
    """A key and what it does, broken so that the words stay in their column."""
    role = Role.NORMAL if enabled else Role.MUTED
    cap = Span(pad(key.cap, _CAP), Role.ACCENT if enabled else Role.MUTED)
    first, *rest = wrapped(key.help, max(width - _CAP, 10))
    return [line(cap, Span(first, role)), *(line(" " * _CAP, Span(more, role)) for more in rest)]
