"""The detail pane of one checkpoint: what is wrong, where, and what to press."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from ckptui.present import glyphs, units
from ckptui.present.glyphs import Role
from ckptui.present.safe import pad, plain
from ckptui.present.spans import Line, Span, line
from ckptui.repair.model import AVAILABLE
from ckptui.terms import GOOD, Action, Category, InputState, Level, MarkerState, Result
from ckptui.validation.telling import SILENT, told
from ckptui.validation.verdict import Part
from ckptui.watch.model import Checkpoint, Snapshot

if TYPE_CHECKING:  # thirty dataclasses, which a start need not wait for
    from ckptui.present.document_types import PartDocument

REMEDIES: Final[Mapping[Action, tuple[str, str]]] = {
    Action.VALIDATE: ("validate", "validate it"),
    Action.ADD_MARKER: ("fix", "check it to level 5 and add its marker"),
    Action.RENEW_MARKER: ("fix", "check it to level 5; whole: renew its marker, else remove it"),
    Action.REMOVE_MARKER: ("fix", "move the marker to the trash"),
    Action.QUARANTINE: ("fix", "quarantine it"),
    Action.RESTORE: ("fix", "restore it from the trash"),
    Action.PROMOTE: ("fix", "give the complete temporary file its final name"),
    Action.UPGRADE: ("fix", "write it anew as version 1.0, into a new file"),
    Action.SALVAGE: ("fix", "salvage the intact tensors into a new file"),
    Action.REPOINT: ("fix", "point it to the last good checkpoint"),
    Action.CLEAN: ("fix", "move the left-over to the trash"),
    Action.REBUILD_STATE: ("fix", "rebuild the state from the outputs that exist"),
    Action.ALLOW_GLOBALS: (
        "fix",
        "allow the names it needs, for this run, if you trust its writer",
    ),
    Action.RESUME: ("resume", "resume the run"),
}
"""Remedy → the binding's id that does it, and what it does in words."""

_MARKERS: Final[Mapping[MarkerState, str]] = {
    MarkerState.PRESENT: "Its .done marker stands.",
    MarkerState.MISSING: "It has no .done marker, though others in this folder have one.",
    MarkerState.ORPHAN: "Its .done marker stands alone: the checkpoint itself is gone.",
    MarkerState.OUTDATED: "Its .done marker is older than the file. A copy may have reordered the "
    "times: validate it, then renew the marker; remove the marker only if it fails.",
}


def detail_lines(
    row: Checkpoint,
    *,
    now: float,
    keys: Mapping[str, str],
    snapshot: Snapshot | None = None,
    ascii_only: bool = False,
    parts: bool = True,
) -> list[Line]:
    """The detail pane's lines.

    Args:
        row: The checkpoint.
        now: Seconds since the epoch.
        keys: Binding id (``fix``, ``validate``, ``resume``, ``copy``) → the key as shown.
        snapshot: The whole model, to say what the last good one is.
        ascii_only: Use ASCII twins in the headline.
        parts: Name a directory's bad and largest parts; :func:`part_lines` lists them all.
    """
    lines = [_headline(row, ascii_only), *_diagnosis(row)]
    lines += [line(sentence) for sentence in _circumstances(row)]
    lines += _parts(row) if parts else []
    lines.append(_facts(row, now))
    press = what_to_press(row, keys, snapshot)
    return [*lines, press] if press else lines


def _headline(row: Checkpoint, ascii_only: bool) -> Line:
    glyph = glyphs.CATEGORY[row.category]
    verdict = f"{glyph.text(ascii_only=ascii_only)} {row.category}"
    level = f", level {row.level}" if row.level else ""
    return line(Span(row.path, Role.STRONG), "  ", Span(verdict, glyph.role), level)


def _diagnosis(row: Checkpoint) -> list[Line]:
    lines = [line(row.reason)] if row.reason else []
    said = told(row.detail, row.path)
    lines += [line(Span(text, Role.MUTED)) for text in said.evidence]
    if said.next:
        lines.append(line(Span("next  ", Role.ACCENT), said.next))
    if said.torch == SILENT:
        lines.append(line(Span(SILENT, Role.WARNING)))
    elif said.torch:
        lines.append(line(Span(f"torch says: {said.torch}", Role.MUTED)))
    return lines


_MOST_PARTS: Final = 6
"""Bad parts named in the short detail."""
_MOST_LISTED: Final = 500
_NAME_CELLS: Final = 44


def _parts(row: Checkpoint) -> list[Line]:
    """A checkpoint directory's parts: those with something against them, and how many in all."""
    if not row.parts:
        return []
    bad = [part for part in row.parts if part.size is None or part.category not in GOOD]
    lines = [_bad_part(part) for part in bad[:_MOST_PARTS]]
    if len(bad) > len(lines):
        lines.append(line(Span(f"  and {len(bad) - len(lines)} more of its parts", Role.MUTED)))
    there = [part for part in row.parts if part.size is not None]
    largest = sorted(there, key=lambda part: -(part.size or 0))[:3]
    names = ", ".join(f"{part.name} {units.size(part.size or 0)}" for part in largest)
    head = f"{units.counted(len(there), 'part')}: {names}"
    rest = "" if len(there) <= len(largest) else " …"
    return [*lines, line(Span(head + rest, Role.MUTED))]


def _bad_part(part: Part) -> Line:
    size = Span("missing", Role.ERROR) if part.size is None else units.size(part.size)
    return line("  ", Span(part.name, Role.STRONG), "  ", size, f"  {part_reason(part)}".rstrip())


def part_reason(part: Part | PartDocument) -> str:
    """What stands against a part; that it is missing is said by its size."""
    return (
        part.reason if part.size is not None else part.reason.removeprefix("missing").lstrip(": ")
    )


def file_lines(row: Checkpoint, beside: Sequence[Checkpoint], *, now: float) -> list[Line]:
    """A single file, its marker, and what saves that did not finish left of it, a line each.

    Args:
        row: The checkpoint.
        beside: Left-overs of the same name.
        now: Seconds since the epoch.
    """
    lines = [_file(row, now)]
    if row.marker is not None:
        said = _MARKERS[row.marker]
        there = row.marker is not MarkerState.MISSING
        lines.append(line(f"{'' if there else '–':>7}  {row.path}.done  ", Span(said, Role.MUTED)))
    lines += [line(*_file(left, now), Span("  left by a save", Role.WARNING)) for left in beside]
    if row.pointer is not None:
        lines.append(line(f"{'':>7}  a pointer to {row.pointer}"))
    return lines


def _file(row: Checkpoint, now: float) -> Line:
    if row.size is None:
        return line(Span("missing", Role.ERROR), f"  {row.path}")
    when = "" if row.mtime is None else f", modified {units.clock(row.mtime, now=now)}"
    exact = Span(f"  {units.exact(row.size)} bytes{when}", Role.MUTED)
    return line(f"{units.size(row.size):>7}  {row.path}", exact)


def part_lines(row: Checkpoint, *, ascii_only: bool = False) -> list[Line]:
    """A checkpoint directory's parts, a line each: size, verdict, name, what stands against it."""
    shown = row.parts[:_MOST_LISTED]
    width = min(max((len(plain(part.name)) for part in shown), default=0), _NAME_CELLS)
    lines = [_listed(part, width, ascii_only) for part in shown]
    if len(row.parts) > len(shown):
        lines.append(line(Span(f"and {len(row.parts) - len(shown):,} more", Role.MUTED)))
    return lines


def _listed(part: Part, width: int, ascii_only: bool) -> Line:
    name = pad(plain(part.name), width)
    glyph = glyphs.CATEGORY[part.category]
    sign = f"  {glyph.text(ascii_only=ascii_only)} "
    if part.size is None:
        word = Span("missing", Role.ERROR)
        return line(word, Span(sign, glyph.role), f"{name}  {part_reason(part)}".rstrip())
    why = "" if part.category is Category.VALID else part.reason
    said = line(
        f"{units.size(part.size):>7}", Span(sign, glyph.role), name if why else name.rstrip()
    )
    return line(*said, f"  {why}") if why else said


def _circumstances(row: Checkpoint) -> list[str]:
    said: list[str] = []
    if row.pointer is not None:
        said.append(f"A pointer to {row.pointer}.")
    if row.step_note:
        said.append(row.step_note)
    if row.marker not in (None, MarkerState.PRESENT):
        said.append(_MARKERS[row.marker])
    if row.marker is MarkerState.PRESENT and row.status == "in_progress":
        said.append("Its marker says complete, its content says in_progress: they disagree.")
    if row.input_hash.state is InputState.STALE:
        why = row.input_hash.why or "the inputs that it was made from have changed"
        said.append(f"Stale: {why}.")
    if row.globals and _globals_matter(row):
        said.append("Its pickle names " + ", ".join(row.globals) + ".")
    return said


def _globals_matter(row: Checkpoint) -> bool:
    """torch's own are in every checkpoint; only those that a safe loader minds are worth a line."""
    load = row.checks.get(Level.LOAD.label) or ""
    return row.category is Category.UNSAFE or load.startswith((Result.WARN, Result.REFUSED))


def _facts(row: Checkpoint, now: float) -> Line:
    facts = [
        "" if row.step is None else f"step {row.step}",
        "" if row.epoch is None else f"epoch {row.epoch}",
        row.layout or row.format or "",
        "" if row.version is None else f"version {row.version}",
        "" if row.size is None else f"{units.exact(row.size)} bytes",
        "" if row.mtime is None else f"modified {units.clock(row.mtime, now=now)}",
        f"inputs {row.input_hash.recorded}" if row.input_hash.recorded else "",
        _checked(row.checked_at, now),
    ]
    return line(Span(" · ".join(fact for fact in facts if fact), Role.MUTED))


def _checked(checked_at: str | None, now: float) -> str:
    at = units.seconds_of(checked_at)
    return "" if at is None else f"checked {units.clock(at, now=now)}"


def what_to_press(row: Checkpoint, keys: Mapping[str, str], snapshot: Snapshot | None) -> Line:
    """``f  quarantine it (the last good one is step 4500)   v  validate it   y  copy path``."""
    offers: list[tuple[str, str]] = []
    if row.remedy in AVAILABLE or row.remedy is Action.RESUME:
        binding, words = REMEDIES[row.remedy]
        offers.append((keys.get(binding, ""), words + _beside(row, snapshot)))
    if row.level < Level.CHECKSUMS and row.size and row.remedy is not Action.VALIDATE:
        offers.append((keys.get("validate", ""), f"validate it, {units.size(row.size)} to read"))
    offers.append((keys.get("copy", ""), "copy path"))
    pieces: list[str | Span] = []
    for key, words in offers:
        if key:
            pieces += [Span(key, Role.ACCENT), f"  {words}    "]
    return line(*pieces)


def _beside(row: Checkpoint, snapshot: Snapshot | None) -> str:
    if row.remedy not in (Action.QUARANTINE, Action.CLEAN) or snapshot is None:
        return ""
    good = snapshot.last_good
    if good is None:
        return " (there is no good one yet)"
    if good.path == row.path:
        return " (it is the last good one)"
    known = good.path if good.step is None else f"step {good.step}"
    return f" (the last good one is {known})"


def check_lines(row: Checkpoint) -> list[Line]:
    """One line a level: its number, its name, what it said."""
    lines: list[Line] = []
    for level in Level:
        result = row.checks.get(level.label)
        word, _, why = (result or "not asked for").partition(": ")
        lines.append(
            line(f"{level.value}  {level.label:<10} ", Span(word, _result_role(word)), f"  {why}")
        )
    return lines


def _result_role(word: str) -> Role:
    roles = {"pass": Role.SUCCESS, "warn": Role.WARNING, "fail": Role.ERROR, "refused": Role.ALARM}
    return roles.get(word, Role.MUTED)
