"""The help: made from the bindings that really work where the focus is, and why some do not now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen

from ckptui.present.glyphs import Role
from ckptui.present.safe import cells, pad
from ckptui.present.spans import Line, Span, line, wrapped
from ckptui.tui.keynames import captions
from ckptui.tui.keys import EVERY, Key, by_id
from ckptui.tui.screens.dialog import Dialog
from ckptui.tui.widgets.table import Table

_LEAST_CAP: Final = 8
_MOST_CAP: Final = 18
_HERE: Final = "here"
_ANYWHERE: Final = "anywhere"
_TITLES: Final = {"find": "Find", "act": "Act", "view": "View", _ANYWHERE: "Everywhere"}


class HelpScreen(Dialog):
    """Keys and what they do; it can be searched like any text."""

    ANSWERS = ((by_id("text-search"), "search"),)
    LEAVING = "back"


def help_lines(screen: Screen[object], why_not: Callable[[str], str], width: int) -> list[Line]:
    """The keys by group, those of the focused part first.

    Args:
        screen: Whose bindings are shown, with those of its focused part.
        why_not: Says why an action does nothing now, empty where it works.
        width: Cells a line may take.
    """
    groups = _grouped(screen)
    keys = [key for group in groups.values() for key in group]
    room = max(_LEAST_CAP, min(_MOST_CAP, max(cells(_caps(key)) for key in keys) + 2))
    lines: list[Line] = []
    for title, group in groups.items():
        lines += [()] if lines else []
        lines.append(line(Span(title, Role.ACCENT)))
        for key in group:
            lines += _key_lines(key, why_not(key.action), width, room)
    return lines


def _grouped(screen: Screen[object]) -> Mapping[str, list[Key]]:
    """Title → keys; a key that has none in the keymap is told too."""
    here = "In this list" if isinstance(screen.focused, Table) else "In this text"
    owners: dict[str, DOMNode] = {}
    for found in screen.active_bindings.values():
        if found.binding.id is not None:
            owners.setdefault(found.binding.id, found.node)
    groups: dict[str, list[Key]] = {here: [], **{title: [] for title in _TITLES.values()}}
    for key in EVERY:
        if key.id in owners:
            group = _group(key, owners[key.id])
            groups[here if group == _HERE else _TITLES[group]].append(key)
    return {title: keys for title, keys in groups.items() if keys}


def _group(key: Key, owner: DOMNode) -> str:
    if isinstance(owner, App) or key.action == "leave":
        return _ANYWHERE
    if not isinstance(owner, Screen):
        return _HERE
    return key.group or ("act" if key.changes else "view")


def _caps(key: Key) -> str:
    return captions(key.names) or "–"


def _key_lines(key: Key, why: str, width: int, room: int) -> list[Line]:
    """A key and what it does, broken so that the words stay in their column."""
    role = Role.MUTED if why else Role.NORMAL
    cap = Span(pad(_caps(key), room), Role.MUTED if why else Role.STRONG)
    first, *rest = [line(Span(each, role)) for each in wrapped(key.help, max(width - room, 10))]
    if why:
        said = wrapped(f"not now: {why}", max(width - room, 10))
        rest += [line(Span(each, Role.WARNING)) for each in said]
    return [line(cap, *first), *(line(" " * room, *more) for more in rest)]
