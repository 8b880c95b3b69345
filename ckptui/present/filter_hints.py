"""Help while a filter is typed: what may come next, and how the word is completed. Pure."""

from __future__ import annotations

import re
from typing import Final

from ckptui.present.filter_fields import Language
from ckptui.present.filter_kinds import COUNT, SIZE, SPAN, TEXT, VERSION, Kind, Word
from ckptui.present.glyphs import Role
from ckptui.present.spans import Line, Span, joined, line

_LAST: Final = re.compile(r"(?:^|(?<=\s))-?(?:([A-Za-z_]+)(!=|>=|<=|:|=|>|<))?([^\s\"]*)\Z")
_ABOUT: Final[dict[int, str]] = {
    id(COUNT): "a number: >1000  <=2k  100..200  none",
    id(SIZE): "a size: >1G  <=200M  2.4G as it is shown  1G..2G  none",
    id(SPAN): "a span of time: <2h  >3d  1d12h  none",
    id(VERSION): "a version: 1.0, or its beginning  <2",
    id(TEXT): "text in it; all of it with * or ?  = is exactly that",
}


def candidates(typed: str, language: Language) -> tuple[str, ...]:
    """How the last word of a filter may go on: whole lines, the likeliest first.

    Example:
        >>> from ckptui.present.filter_fields import CHECKPOINTS
        >>> candidates("step>3 ca", CHECKPOINTS), candidates("cat:valid,corr", CHECKPOINTS)
        (('step>3 cat:',), ('cat:valid,corrupted',))
    """
    found = _LAST.search(typed)
    if found is None:
        return ()
    if found[1] is None:
        word = found[3].removeprefix("-").lower()
        head = typed[: len(typed) - len(word)]
        names = (name for name in language.kinds if word and name.startswith(word))
        return tuple(head + name + _sign(language.kinds[name]) for name in names)
    name = language.field_name(found[1])
    if name is None:
        return ()
    kind, begun = language.kinds[name], found[3].rpartition(",")[2].lower()
    head = typed[: len(typed) - len(begun)]
    return tuple(
        head + value for value in kind.values if value.startswith(begun) and value != begun
    )


def _sign(kind: Kind) -> str:
    return "<" if kind is SPAN else ">" if kind in (COUNT, SIZE) else ":"


def hint(typed: str, language: Language) -> Line:
    """What may be typed next: the fields, or what the field that is being typed takes."""
    found = _LAST.search(typed)
    name = language.field_name(found[1]) if found is not None and found[1] else None
    if name is None:
        word = "" if found is None else found[3].removeprefix("-").lower()
        near = [each for each in language.kinds if each.startswith(word)]
        fields = " ".join(near or language.kinds)
        return joined([line(Span("fields", Role.ACCENT), f" {fields}"), _MORE], "  ")
    kind = language.kinds[name]
    if isinstance(kind, Word):
        return line(Span(name, Role.ACCENT), f" {', '.join((*kind.values, *kind.also))}")
    return line(Span(name, Role.ACCENT), f" {_ABOUT.get(id(kind), '')}")


_MORE: Final = line(Span('-not ~fuzzy "two words" a,b', Role.MUTED))
