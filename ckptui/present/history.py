"""What was found out about a checkpoint over time, and the repairs that touched it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from ckptui.present import glyphs, units
from ckptui.present.glyphs import Role
from ckptui.present.reading import number, records, text
from ckptui.present.safe import pad
from ckptui.present.spans import Line, Span, line
from ckptui.terms import Category

if TYPE_CHECKING:
    from ckptui.present.document_types import HistoryDocument
    from ckptui.repair.model import JournalEntry
    from ckptui.validation.cache_rows import PastVerdict

_CATEGORIES: Final = {str(category): category for category in Category}
_WIDEST: Final = max(len(category) for category in Category)
CACHE_OFF: Final = "verdicts are not remembered: the cache is switched off or does not answer"


def history_document(
    path: str,
    verdicts: Sequence[PastVerdict] | None,
    repairs: Iterable[JournalEntry],
    *,
    start: str | None = None,
) -> HistoryDocument:
    """The document of ``ckptui history``.

    Args:
        path: As given.
        verdicts: The newest first; None where nothing is remembered.
        repairs: The oldest first.
        start: The directory that paths are told relative to; None to tell them absolute.
    """
    # The screen needs the lines alone, and thirty dataclasses take a tenth of its start.
    from ckptui.present.document_types import HistoryDocument, PastVerdictDocument
    from ckptui.present.documents import journal_document

    told = tuple(
        PastVerdictDocument(
            each.path if start is None else os.path.relpath(each.path, start),
            each.at, each.asked, each.level, each.category, each.reason, each.size,
        )
        for each in verdicts or ()
    )  # fmt: skip
    entries = journal_document(reversed(list(repairs))).repairs
    return HistoryDocument(path, verdicts is not None, told, entries)


def touching(repairs: Iterable[JournalEntry], path: str) -> list[JournalEntry]:
    """The repairs that touched a checkpoint, its marker, or something in it.

    Args:
        repairs: Of its run directory.
        path: The checkpoint, relative to the run directory.
    """
    own = (path, f"{path}.done")
    return [
        entry
        for entry in repairs
        if any(
            place in own or (place or "").startswith(f"{path}/")
            for step in entry.steps
            for place in (step.path, step.to)
        )
    ]


def history_lines(
    document: Mapping[str, object],
    *,
    now: float,
    with_paths: bool = False,
    ascii_only: bool = False,
) -> list[Line]:
    """A history in lines: verdicts, then repairs, the newest first.

    Args:
        document: As ``ckptui history --json`` gives it.
        now: Seconds since the epoch.
        with_paths: Say which checkpoint each is about.
        ascii_only: No signs beyond ASCII.
    """
    verdicts, repairs = records(document, "verdicts"), records(document, "repairs")
    lines = [line(Span("Verdicts", Role.STRONG))]
    for each in verdicts:
        lines += _verdict(each, now, with_paths=with_paths, ascii_only=ascii_only)
    if not document.get("remembers"):
        lines.append(line(Span(CACHE_OFF, Role.WARNING)))
    elif not verdicts:
        lines.append(line(Span("none is remembered yet", Role.MUTED)))
    lines += [(), line(Span("Repairs", Role.STRONG))]
    for each in repairs:
        lines += repair_lines(each, now)
    return lines if repairs else [*lines, line(Span("none touched it", Role.MUTED))]


def _when(iso: str, now: float) -> str:
    at = units.seconds_of(iso)
    return iso if at is None else f"{units.clock(at)}, {units.age(now - at)} ago"


def _verdict(
    past: Mapping[str, object], now: float, *, with_paths: bool, ascii_only: bool
) -> list[Line]:
    category = _CATEGORIES.get(text(past, "category"), Category.UNCHECKED)
    glyph = glyphs.CATEGORY[category]
    word = pad(f"{glyph.text(ascii_only=ascii_only)} {category}", _WIDEST + 2)
    asked, size = number(past, "asked"), past.get("size")
    depth = f"level {number(past, 'level')} of {asked}" if asked else "header only"
    shown = units.size(size) if isinstance(size, int) else ""
    head = line(
        Span(f"{_when(text(past, 'at'), now):<32}  ", Role.MUTED),
        Span(word, glyph.role), f"  {depth:<12} {shown:>6}",
        f"  {text(past, 'path')}" if with_paths else "",
    )  # fmt: skip
    reason = text(past, "reason")
    return [head, line(Span(f"    {reason}", Role.MUTED))] if reason else [head]


def repair_lines(entry: Mapping[str, object], now: float) -> list[Line]:
    """One repair: when, what, by whom, how it ended, and its steps."""
    head = line(
        Span(f"{_when(text(entry, 'at'), now):<32}  ", Role.MUTED),
        Span(text(entry, "action"), Role.STRONG), f"  {text(entry, 'state')}",
        Span(f"  by {text(entry, 'by')}, undo id {text(entry, 'id')}", Role.MUTED),
    )  # fmt: skip
    return [head, *(step_line(step) for step in records(entry, "steps"))]


def step_line(step: Mapping[str, object]) -> Line:
    """One step of a repair."""
    to = text(step, "to")
    size = number(step, "bytes")
    arrow = f"  {glyphs.ARROW.unicode} {to}" if to else ""
    shown = Span(f"  {units.size(size)}" if size else "", Role.MUTED)
    return line(f"    {text(step, 'do'):<6} {text(step, 'path')}", arrow, shown)
