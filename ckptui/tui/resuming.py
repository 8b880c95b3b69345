"""The resume dialog's text, from the document of ``ckptui resume --dry-run --json``."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Final

from ckptui.present.glyphs import Role
from ckptui.present.safe import plain
from ckptui.present.spans import Line, Span, line
from ckptui.tui.documents import records, text, texts

_SIGNS: Final[Mapping[str, tuple[str, Role]]] = {
    "ok": ("✓", Role.SUCCESS),
    "warn": ("!", Role.WARNING),
    "fail": ("✗", Role.ERROR),
}
_LABEL: Final = 9


def preview_lines(document: Mapping[str, object], *, width: int) -> list[Line]:
    """What would be resumed, from where, by which command, and what was checked."""
    lines = [
        _labelled("from", text(document, "from")),
        *_many("passed", texts(document, "passed_over")),
        _labelled("run", plain(shlex.join(texts(document, "command")))),
        _labelled("where", text(document, "where")),
    ]
    lines += _checks(document)
    blocked = text(document, "blocked")
    if blocked:
        lines += [(), line(Span(blocked, Role.ERROR))]
    return lines


def _labelled(label: str, words: str) -> Line:
    return line(Span(f"{label:<{_LABEL}}", Role.MUTED), words or "–")


def _many(label: str, sentences: tuple[str, ...]) -> list[Line]:
    labels = [label, *[""] * len(sentences)]
    return [_labelled(name, sentence) for name, sentence in zip(labels, sentences, strict=False)]


def _checks(document: Mapping[str, object]) -> list[Line]:
    lines: list[Line] = []
    for check in records(document, "checks"):
        sign, role = _SIGNS.get(text(check, "state"), ("·", Role.MUTED))
        label = "" if lines else "checks"
        sentence = text(check, "sentence")
        lines.append(line(Span(f"{label:<{_LABEL}}", Role.MUTED), Span(f"{sign} ", role), sentence))
    return lines
