"""Names of keys: as people write them, as the terminal sends them, as they are shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

from textual.keys import KEY_NAME_REPLACEMENTS, REPLACED_KEYS, key_to_character

from ckptui.config_file import meant

_ALIASES: Final = {
    "esc": "escape", "return": "enter", "del": "delete", "ins": "insert", "bs": "backspace",
    "pgup": "pageup", "page_up": "pageup", "pgdn": "pagedown", "pgdown": "pagedown",
    "page_down": "pagedown", "spacebar": "space", "control": "ctrl", "meta": "alt", "option": "alt",
    "↑": "up", "↓": "down", "←": "left", "→": "right", "s-tab": "shift+tab",
}  # fmt: skip
_MOVING: Final = ("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert",
                  "delete", *(f"f{number}" for number in range(1, 13)))  # fmt: skip
_NAMED: Final = ("enter", "escape", "tab", "space", "backspace", *_MOVING)
_SAME: Final = {"ctrl+m": "enter", "ctrl+i": "tab", "ctrl+[": "escape", "ctrl+h": "backspace"}
_CONTROLS: Final = {
    "@": "ctrl+@", "space": "ctrl+@", "\\": "ctrl+backslash", "]": "ctrl+right_square_bracket",
    "^": "ctrl+circumflex_accent", "_": "ctrl+underscore",
}  # fmt: skip
_SHOWN: Final = {
    "escape": "esc", "pagedown": "PgDn", "pageup": "PgUp", "up": "↑", "down": "↓", "left": "←",
    "right": "→", "shift+tab": "S-tab", "delete": "del", "insert": "ins", "home": "Home",
    "end": "End", "ctrl+@": "ctrl+space", "ctrl+backslash": "ctrl+\\",
    "ctrl+right_square_bracket": "ctrl+]", "ctrl+circumflex_accent": "ctrl+^",
    "ctrl+underscore": "ctrl+_",
}  # fmt: skip
HELD: Final = {
    "ctrl+b": "tmux keeps it for itself (its prefix), so it may never arrive",
    "ctrl+a": "screen, and many a tmux, keep it for themselves (the prefix)",
    "ctrl+s": "some terminals stop their output on it",
    "ctrl+q": "some terminals start their output again on it",
    "ctrl+z": "people expect it to suspend a program",
}
"""Keys that work, but that something else may want first, and why."""


def understood(written: str) -> str:
    """The terminal's name of a key.

    Args:
        written: As in a keymap: ``f``, ``?``, ``F5``, ``esc``, ``ctrl+x``, ``comma``.

    Raises:
        ValueError: There is no such key, or no terminal sends it; says what to write instead.

    Example:
        >>> understood("?"), understood("Esc"), understood("ctrl+X"), understood("shift+a")
        ('question_mark', 'escape', 'ctrl+x', 'A')
    """
    raw = written.strip()
    raw = _ALIASES.get(raw.lower(), raw)
    *before, last = raw.split("+") if len(raw) > 1 else [raw]
    if raw.endswith("++"):
        before, last = raw[:-2].split("+"), "+"
    modifiers = {_ALIASES.get(each.lower(), each.lower()) for each in before}
    unknown = modifiers - {"ctrl", "alt", "shift"}
    if unknown:
        said = meant(unknown.pop(), ("ctrl", "alt", "shift"))
        raise ValueError(f"{raw}: no such key; {said}")
    return _combined(raw, modifiers, _base(raw, last))


def _base(raw: str, last: str) -> str:
    """A named key, or one character."""
    if len(last) == 1 and last.isprintable() and last != " ":
        return _ALIASES.get(last, last)
    name = _ALIASES.get(last.lower(), last.lower())
    if name in _NAMED:
        return name
    character = _character(name)
    if character is not None and character.isprintable():
        return character
    said = meant(name, [*_NAMED, *_ALIASES])
    hint = said if said.startswith("did") else "write one character, or a name such as f5, esc"
    raise ValueError(f"{raw or 'nothing'}: no such key; {hint}")


def _combined(raw: str, modifiers: set[str], base: str) -> str:
    if not modifiers:
        return _named(base)
    if base in _MOVING:
        return "+".join([*(each for each in ("alt", "ctrl", "shift") if each in modifiers), base])
    if modifiers == {"ctrl"}:
        return _control(raw, base)
    if modifiers == {"shift"} and base == "tab":
        return "shift+tab"
    if modifiers == {"shift"} and len(base) == 1 and base.upper() != base:
        return base.upper()
    if modifiers == {"alt"} and len(base) == 1:
        return f"alt+shift+{base.lower()}" if base.isupper() else f"alt+{_named(base)}"
    if modifiers == {"shift"} and len(base) == 1:
        raise ValueError(f"{raw}: write the character itself that shift makes")
    raise ValueError(f"{raw}: a terminal sends the same as for {_shown(base)}; choose another key")


def _control(raw: str, base: str) -> str:
    same = _SAME.get(f"ctrl+{base.lower()}")
    if same:
        raise ValueError(f"{raw}: a terminal sends the same as for {_shown(same)}; "
                         f"write {_shown(same)}, or choose another key")  # fmt: skip
    if len(base) == 1 and base.isascii() and base.isalpha():
        return f"ctrl+{base.lower()}"
    if base in _CONTROLS:
        return _CONTROLS[base]
    raise ValueError(f"{raw}: a terminal cannot send it; ctrl goes with letters, arrows and F-keys")


def _named(base: str) -> str:
    """Textual's own name of a character; a named key has its name already."""
    if len(base) > 1 or base.isalnum():
        return base
    name = unicodedata.name(base, base).lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


def _character(name: str) -> str | None:
    """The character that a key's name stands for."""
    return key_to_character(REPLACED_KEYS.get(name, name)) if name else None


def _shown(key: str) -> str:
    return _SHOWN.get(key, key)


def caption(key: str) -> str:
    """A key as people read it.

    Args:
        key: The terminal's name.

    Example:
        >>> caption("question_mark"), caption("pagedown"), caption("ctrl+x"), caption("f5")
        ('?', 'PgDn', 'ctrl+x', 'F5')
    """
    if key in _SHOWN:
        return _SHOWN[key]
    if key in _NAMED:
        return key.upper() if key[1:].isdecimal() else key
    modifier, plus, last = key.rpartition("+")
    if plus:
        return f"{modifier}+{caption(last)}"
    return _character(key) or key


def captions(keys: Iterable[str]) -> str:
    """Several keys in one word each."""
    return " ".join(caption(key) for key in keys)
