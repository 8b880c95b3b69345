"""Everything that is known of one file, from its verdict and its records: document and lines."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields
from itertools import groupby
from typing import Final

from ckptui.present import glyphs, units
from ckptui.present.detail import part_reason
from ckptui.present.document_types import (
    ChecksDocument,
    ExplainDocument,
    GlobalsDocument,
    PartDocument,
    RegionDocument,
)
from ckptui.present.glyphs import Role
from ckptui.present.safe import cells, pad, plain
from ckptui.present.spans import Line, Span, line
from ckptui.repair.model import AVAILABLE
from ckptui.shell import shell_word
from ckptui.terms import Action, Category, Level
from ckptui.validation.known_globals import split_globals
from ckptui.validation.telling import SILENT, told
from ckptui.validation.verdict import Verdict

_MOST_REGIONS: Final = 24
_LABEL: Final = 10
_NAME_CELLS: Final = 44
_STATES: Final[Mapping[str, Role]] = {
    "whole": Role.SUCCESS,
    "there": Role.NORMAL,
    "damaged": Role.ERROR,
    "cut": Role.ERROR,
    "missing": Role.ERROR,
}
_ROLES: Final = {
    "pass": Role.SUCCESS,
    "warn": Role.WARNING,
    "fail": Role.ERROR,
    "refused": Role.ALARM,
}
_MEANINGS: Final = (
    ("dangerous", "named in its pickle; loading it would run them", Role.ALARM),
    ("unknown", "named in its pickle, not known to be harmless", Role.WARNING),
    ("allowed", "named in its pickle, allowed by you", Role.NORMAL),
    ("harmless", "named in its pickle; the safe loader wants them allowed", Role.NORMAL),
)


def explain_document(
    verdict: Verdict, anatomy: Mapping[str, object], allow: Collection[str] = ()
) -> ExplainDocument:
    """Bring a verdict and a file's records together.

    Args:
        verdict: The outcome of a check.
        anatomy: As :func:`ckptui.validation.anatomy.anatomy_document` makes it; empty for none.
        allow: Globals that the user allows.
    """
    facts = verdict.facts
    said = told(verdict.detail, verdict.path)
    marker = anatomy.get("marker")
    return ExplainDocument(
        path=verdict.path,
        format=facts.format,
        layout=facts.layout or None,
        size=facts.signature[2] if facts.signature else None,
        category=verdict.category,
        level=verdict.level,
        checks=ChecksDocument(**{each.label: str(c) for each, c in verdict.checks.items()}),
        reason=verdict.reason,
        evidence=said.evidence,
        next=said.next or None,
        commands=commands(verdict.remedy, verdict.category, verdict.path),
        torch=said.torch or None,
        remedy=verdict.remedy,
        step=facts.step,
        epoch=facts.epoch,
        version=facts.version,
        status=facts.status,
        marker=marker if isinstance(marker, str) else None,
        saved_as=facts.saved_as or None,
        globals=_globals(facts.globals, allow),
        tensors=_count(anatomy, "tensors") or facts.tensors,
        intact=_count(anatomy, "intact"),
        bytes=_count(anatomy, "bytes"),
        intact_bytes=_count(anatomy, "intact_bytes"),
        regions=_regions(anatomy.get("regions")),
        parts=tuple(PartDocument(p.name, p.size, p.category, p.reason) for p in facts.parts),
        checked_at=verdict.checked_at or None,
    )


def _count(anatomy: Mapping[str, object], name: str) -> int:
    value = anatomy.get(name)
    return value if isinstance(value, int) else 0


def _regions(listed: object) -> tuple[RegionDocument, ...]:
    if not isinstance(listed, (list, tuple)):
        return ()
    return tuple(RegionDocument(**each) for each in listed if isinstance(each, dict))


def _globals(names: Iterable[str], allow: Collection[str]) -> GlobalsDocument:
    split = split_globals(names, allow)
    return GlobalsDocument(split.harmless, split.allowed, split.unknown, split.dangerous)


def commands(remedy: Action | None, category: Category, path: str) -> tuple[str, ...]:
    """What to type for the remedy, and to find another checkpoint where this one is lost.

    Args:
        remedy: What the verdict recommends.
        category: What it says.
        path: Of the checkpoint, as it is to be typed.
    """
    name = shell_word(path)
    folder = shell_word(os.path.dirname(path) or ".")
    found: list[str] = []
    if remedy in AVAILABLE:
        found.append(f"ckptui repair {remedy} {name}")
    if remedy is Action.RESUME:
        found.append(f"ckptui resume {folder}")
    if category in {Category.CORRUPTED, Category.FOREIGN, Category.INCOMPLETE}:
        found.append(f"ckptui latest {folder}")
    return tuple(found)


def explanation_lines(document: ExplainDocument, *, ascii_only: bool = False) -> list[Line]:
    """The document as lines for a person: what, why, what to do, then the parts of it.

    Args:
        document: As :func:`explain_document` makes it.
        ascii_only: Use ASCII twins of the signs.
    """
    blocks = (
        _head(document, ascii_only),
        _what_to_do(document),
        _torch(document),
        _levels(document.checks),
        _facts(document),
        _named(document.globals),
        _parts(document),
        _records(document),
    )
    lines: list[Line] = []
    for block in blocks:
        if block and lines:
            lines.append(line())
        lines += block
    return lines


def _head(document: ExplainDocument, ascii_only: bool) -> list[Line]:
    glyph = glyphs.CATEGORY[document.category]
    verdict = f"{glyph.text(ascii_only=ascii_only)} {document.category}"
    level = f", level {document.level}" if document.level else ""
    head = line(Span(document.path, Role.STRONG), "  ", Span(verdict, glyph.role), level)
    said = [line(document.reason)] if document.reason else []
    return [head, *said, *(line(Span(f"  {text}", Role.MUTED)) for text in document.evidence)]


def _what_to_do(document: ExplainDocument) -> list[Line]:
    lines = [line(Span("next", Role.ACCENT), f"  {document.next}")] if document.next else []
    return lines + [line(Span("type", Role.ACCENT), f"  {text}") for text in document.commands]


def _torch(document: ExplainDocument) -> list[Line]:
    if document.torch is None:
        return []
    if document.torch == SILENT:
        return [line(Span(SILENT, Role.WARNING))]
    return [line(Span("torch says", Role.ACCENT), f"  {document.torch}")]


def _levels(checks: ChecksDocument) -> list[Line]:
    lines = []
    for level, each in zip(Level, fields(checks), strict=True):
        result: str | None = getattr(checks, each.name)
        if result is not None:
            word, _, why = result.partition(": ")
            role = _ROLES.get(word, Role.MUTED)
            name = f"{level.value}  {level.label:<{_LABEL}} "
            lines.append(line(name, Span(word, role), f"  {why}" if why else ""))
    return lines


def _facts(document: ExplainDocument) -> list[Line]:
    rows = (
        ("format", document.layout or document.format),
        ("size", None if document.size is None else f"{units.exact(document.size)} bytes"),
        ("step", document.step),
        ("epoch", document.epoch),
        ("version", document.version),
        ("status", document.status),
        ("marker", document.marker),
        ("saved as", document.saved_as),
    )
    return [line(f"{name:<{_LABEL}}  {value}") for name, value in rows if value is not None]


def _named(names: GlobalsDocument) -> list[Line]:
    lines: list[Line] = []
    for kind, meaning, role in _MEANINGS:
        found: tuple[str, ...] = getattr(names, kind)
        if found:
            lines.append(line(Span(f"{kind:<{_LABEL}}", role), f"  {meaning}:"))
            lines += [line(f"{'':<{_LABEL}}    {name}") for name in found[:_MOST_REGIONS]]
            if len(found) > _MOST_REGIONS:
                lines.append(line(f"{'':<{_LABEL}}    and {len(found) - _MOST_REGIONS:,} more"))
    return lines


def _parts(document: ExplainDocument) -> list[Line]:
    shown = document.parts[: 2 * _MOST_REGIONS]
    width = min(max((cells(plain(part.name)) for part in shown), default=0), _NAME_CELLS)
    lines = []
    for part in shown:
        name, why = pad(plain(part.name), width), part_reason(part)
        if part.size is None:
            lines.append(line(Span(f"{'missing':>{_LABEL}}", Role.ERROR), f"  {name}  {why}"))
        else:
            role = glyphs.CATEGORY[part.category].role
            word = Span(f"{part.category:<9}" if why else str(part.category), role)
            size = f"{units.size(part.size):>{_LABEL}}"
            lines.append(line(f"{size}  {name}  ", word, f"  {why}" if why else ""))
    if len(document.parts) > len(shown):
        lines.append(line(f"and {len(document.parts) - len(shown):,} more parts"))
    return lines


def _records(document: ExplainDocument) -> list[Line]:
    """The file from its first byte to its last: runs of one state as one line each."""
    if not document.regions:
        return []
    lines = [line(_sum(document))] if document.tensors else []
    runs = [list(group) for _, group in groupby(document.regions, key=lambda each: each.state)]
    lines += [_run(run) for run in runs[:_MOST_REGIONS]]
    if len(runs) > _MOST_REGIONS:
        lines.append(line(Span(f"and {len(runs) - _MOST_REGIONS:,} stretches more", Role.MUTED)))
    return lines


def _sum(document: ExplainDocument) -> str:
    """How much is provably whole; nothing is claimed where no checksum was compared."""
    all_of = units.counted(document.tensors, "tensor")
    if (document.bytes and not document.intact_bytes) or not document.intact:
        return f"{all_of}, none proven whole by a checksum"
    whole = f"{document.intact:,} of {all_of} fit their checksum"
    return f"{whole}: {units.exact(document.intact_bytes)} of {units.exact(document.bytes)} bytes"


def _run(run: list[RegionDocument]) -> Line:
    state = run[0].state
    names = run[0].what if len(run) == 1 else f"{run[0].what} … {run[-1].what} ({len(run):,})"
    place = "" if state == "missing" else f"{run[0].start:>15,} – {max(r.end for r in run):<15,}"
    return line(f"{place:<33}  ", Span(f"{state:<8}", _STATES.get(state, Role.NORMAL)), names)
