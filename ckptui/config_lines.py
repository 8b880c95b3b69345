"""Where the keys of a TOML file stand; the standard library's reader does not tell.

Only for texts that are valid TOML, and only where something is wrong with a value: this finds the
beginnings of statements and leaves their meaning to ``tomllib``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

Place: TypeAlias = "tuple[str | int, ...]"

_PIECE: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}'
    r'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
    r"|#[^\n]*|[\[{]|[\]}]|=|\n|[^\s=\[\]{}#\"']+|.",
    re.DOTALL,
)


def lines_of(text: str) -> Mapping[Place, int]:
    """The line of each table and key.

    Args:
        text: Valid TOML.

    Returns:
        Place → line, from 1. Keys of an inline table are not in it.

    Example:
        >>> lines_of('[ui]\\n\\nkeys = "vim"')[("ui", "keys")]
        3
    """
    lines: dict[Place, int] = {}
    table: Place = ()
    entries: dict[Place, int] = {}
    for head, line in _statements(text):
        if head.startswith("[["):
            name = _within(_names(head[2:-2]), entries)
            entries[name] = entries.get(name, -1) + 1
            table = (*name, entries[name])
            lines.setdefault(name, line)
        elif head.startswith("["):
            table = _within(_names(head[1:-1]), entries)
        else:
            lines.setdefault((*table, *_names(head)), line)
            continue
        lines.setdefault(table, line)
    return lines


def _names(dotted: str) -> tuple[str, ...]:
    """The names of a dotted key, quoted or not."""
    names: list[str] = []
    value: object = tomllib.loads(f"{dotted} = 0")
    while isinstance(value, dict):
        name, value = next(iter(value.items()))
        names.append(name)
    return tuple(names)


def _within(names: tuple[str, ...], entries: Mapping[Place, int]) -> Place:
    """``[a.b]`` after ``[[a]]`` belongs to the last ``a``."""
    place: Place = ()
    for number, name in enumerate(names, 1):
        place = (*place, name)
        if number < len(names) and place in entries:
            place = (*place, entries[place])
    return place


def _statements(text: str) -> Iterator[tuple[str, int]]:
    """Each table's header, and each key in front of its ``=``, with its line."""
    head, line, at, depth, in_value = "", 1, 1, 0, False
    for found in _PIECE.finditer(text):
        piece = found[0]
        if piece == "\n" and depth == 0:
            if head.startswith("["):
                yield head, at
            head, in_value = "", False
        elif in_value:
            depth += (piece in "[{") - (piece in "]}")
        elif piece == "=":
            yield head.strip(), at
            in_value = True
        elif piece.strip() and not piece.startswith("#"):
            at = at if head else line
            head += piece
        line += piece.count("\n")
    if head.startswith("["):
        yield head, at
