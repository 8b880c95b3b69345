"""The resume preview as lines, from the document of ``ckptui resume --dry-run --json``."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ckptui.present.glyphs import Role
from ckptui.present.reading import records, text, texts
from ckptui.present.safe import clip, plain
from ckptui.present.spans import Line, Span, line, wrapped

_SIGNS: Final[Mapping[str, tuple[str, Role]]] = {
    "ok": ("✓", Role.SUCCESS),
    "warn": ("!", Role.WARNING),
    "fail": ("✗", Role.ERROR),
}
_LABEL: Final = 9
_MOST_PASSED_OVER: Final = 4


def resume_lines(document: Mapping[str, object], *, width: int = 96) -> list[Line]:
    """What would be resumed, from where, by which command, and what was checked.

    Args:
        document: Of a resume preview.
        width: Cells a line may take; what is longer goes on below.
    """
    room = max(width - _LABEL, 20)
    passed = texts(document, "passed_over")
    # One line each: the whole reason stands with the checkpoint, and what is checked comes below.
    shown = [clip(plain(each), room, middle=False) for each in passed[:_MOST_PASSED_OVER]]
    if len(passed) > len(shown):
        shown.append(f"and {len(passed) - len(shown)} more")
    command = shlex.join(texts(document, "command"))
    lines = [
        *_labelled("from", [text(document, "from")], room),
        *_labelled("passed", shown, room),
        *_labelled("run", [command or "no command is known yet"], room),
        *_labelled("where", [text(document, "where")], room),
        *_checks(document, room),
    ]
    blocked = text(document, "blocked")
    if blocked:
        lines += [(), *(line(Span(each, Role.ERROR)) for each in wrapped(plain(blocked), width))]
    return lines


def _labelled(label: str, sentences: Sequence[str], room: int) -> Iterator[Line]:
    for sentence in sentences:
        for piece in wrapped(plain(sentence), room) or ["–"]:
            yield line(Span(f"{label:<{_LABEL}}", Role.MUTED), piece)
            label = ""


def _checks(document: Mapping[str, object], room: int) -> Iterator[Line]:
    label = "checks"
    for check in records(document, "checks"):
        sign, role = _SIGNS.get(text(check, "state"), ("·", Role.MUTED))
        for piece in wrapped(plain(text(check, "sentence")), room - 2):
            head = Span(f"{label:<{_LABEL}}", Role.MUTED)
            yield line(head, Span(f"{sign} ", role), piece)
            label, sign = "", " "
