"""Repairs in words: the preview of a plan, what an outcome did, the journal and the trash."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final

from ckptui.present import units
from ckptui.present.columns import Cell, by_number, by_text
from ckptui.present.glyphs import Role, to_ascii
from ckptui.present.safe import cells, clip, pad, plain
from ckptui.present.spans import Line, Span, line, wrapped
from ckptui.repair.model import JournalEntry, Outcome, Plan, Step, TrashItem
from ckptui.terms import Action

_TITLES: Final[Mapping[Action, tuple[str, str]]] = {
    Action.VALIDATE: ("Validate", "checkpoint"),
    Action.ADD_MARKER: ("Add markers to", "checkpoint"),
    Action.REMOVE_MARKER: ("Remove", "marker"),
    Action.RENEW_MARKER: ("Renew", "marker"),
    Action.QUARANTINE: ("Quarantine", "checkpoint"),
    Action.RESTORE: ("Restore", "file"),
    Action.PROMOTE: ("Promote", "temporary file"),
    Action.CLEAN: ("Clean up", "left-over"),
    Action.ALLOW_GLOBALS: ("Change", "configuration"),
}
_TRASH: Final = ".ckptui/trash/"
_PATH_WIDTH: Final = 20
_WHERE_WIDTH: Final = 32
_INDENT: Final = 11
"""Cells before the path: number, blanks, verb."""


def plan_title(plan: Plan) -> str:
    """``Quarantine 2 checkpoints``."""
    verb, noun = _TITLES.get(plan.action, (plan.action.replace("-", " ").capitalize(), "file"))
    return f"{verb} {units.counted(len(_subjects(plan)), noun)}"


def _subjects(plan: Plan) -> set[str]:
    """What a plan is about: what it checks, or else what it moves, markers counted apart."""
    checked = {step.path for step in plan.steps if step.do == "check"}
    moved = {step.path for step in plan.steps if step.do == "move"}
    files = {path for path in moved if not path.endswith((".done", ".done.quarantined"))}
    return checked or files or moved or {step.path for step in plan.steps}


def plan_lines(
    plan: Plan, *, width: int = 76, trash_bytes: int | None = None, undo_key: str = "z"
) -> list[Line]:
    """What a plan would do: the same text for the preview box and for ``--dry-run``.

    Args:
        plan: The plan.
        width: Cells a line may take.
        trash_bytes: Bytes that the trash holds already, None where that is not known.
        undo_key: Key (or command) that takes it back; empty where that is not said.
    """
    lines: list[Line] = []
    longest = max((cells(_place(step.path)) for step in plan.steps), default=0)
    for number, step in enumerate(plan.steps, start=1):
        lines += _step_lines(number, step, width, longest)
    lines += [line()]
    for warning in plan.warnings:
        lines += [line(Span(text, Role.WARNING)) for text in wrapped(plain(warning), width)]
    if plan.confirm:
        lines += [line(Span(text, Role.ALARM)) for text in wrapped(plain(plan.confirm), width)]
    lines += [line(text) for text in wrapped(_promise(plan, trash_bytes, undo_key), width)]
    return lines


def _promise(plan: Plan, trash_bytes: int | None, undo_key: str) -> str:
    if plan.action is Action.VALIDATE:
        return f"Nothing is changed; {units.size(read_bytes(plan))} are read."
    moved = sum(step.bytes for step in plan.steps if _to_trash(step))
    said = f"{undo_key} undoes it. Nothing is deleted" if undo_key else "Nothing is deleted"
    if not moved:
        return f"{said}."
    if trash_bytes is None:
        return f"{said}; {units.size(moved)} go to the trash."
    return f"{said}; the trash then holds {units.size(trash_bytes + moved)}."


def read_bytes(plan: Plan) -> int:
    """Bytes that a plan's checks read."""
    return sum(step.bytes for step in plan.steps if step.do == "check")


def _to_trash(step: Step) -> bool:
    return step.do == "move" and (step.to or "").startswith(_TRASH)


def _step_lines(number: int, step: Step, width: int, longest: int) -> list[Line]:
    size = units.size(step.bytes) if step.bytes else ""
    room = max(width - _INDENT - 2 - 7, 20)
    # A name takes what it needs, as long as the trash's own fits beside it.
    name_width = min(longest, max(room - _WHERE_WIDTH, _PATH_WIDTH), room - 10)
    head = f"{number:>2}  {step.do:<6} "
    path = pad(clip(_place(step.path), name_width), name_width)
    notes = _where_and_why(step, room - name_width) or [""]
    first = pad(notes[0], room - name_width)
    tail = pad(size, 6, right=True)
    told = f"{first} {tail}" if size else notes[0]
    lines = [line(Span(head, Role.MUTED), path, "  ", told)]
    blank = " " * (_INDENT + name_width + 2)
    return lines + [line(blank + note) for note in notes[1:]]


def _place(path: str) -> str:
    """A path as the preview names it; the trash keeps a file's own, so its folder is enough."""
    inside = path.startswith(_TRASH) and path.count("/") > _TRASH.count("/")
    return plain("/".join(path.split("/")[:3]) if inside else path)


def _where_and_why(step: Step, width: int) -> list[str]:
    """Where it goes, on one line, and why, on as many as it takes."""
    if not step.to:
        return wrapped(plain(step.note), width)
    where = f"→ {clip(_place(step.to), width - 2)}"
    note = f"({plain(step.note)})" if step.note else ""
    if note and cells(where) + 1 + cells(note) <= width:
        return [f"{where} {note}"]
    return [where, *(wrapped(note, width) if note else [])]


def outcome_lines(outcome: Outcome, *, ascii_only: bool = False) -> list[str]:
    """What a repair did, a line a step, and the message last."""
    lines = [
        f"{step.do}  {plain(step.path)}"
        + (f"  → {plain(step.to)}" if step.to else "")
        + (f"  {plain(step.note)}" if step.note else "")
        for step in outcome.steps
    ]
    lines.append(plain(outcome.message))
    return [to_ascii(each) for each in lines] if ascii_only else lines


def journal_cells(entry: JournalEntry, *, now: float, ascii_only: bool = False) -> dict[str, Cell]:
    """The cells of one past repair among the failures, by column id."""
    moment = units.seconds_of(entry.at)
    since = None if moment is None else now - moment
    when = entry.at if since is None else units.age(since)
    names = _names(entry.steps)
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    texts = {
        "when": (when, by_number(since)),
        "path": ((names[0] if names else "–") + more, by_text(names[0] if names else None)),
        "reason": (f"{entry.action}: {entry.state}", by_text(entry.action)),
    }
    role = Role.WARNING if entry.state == "unfinished" else Role.NORMAL
    return {
        name: Cell(to_ascii(plain(text)) if ascii_only else plain(text), key, role)
        for name, (text, key) in texts.items()
    }


def journal_lines(entries: Sequence[JournalEntry], *, ascii_only: bool = False) -> list[str]:
    """One line a repair: its undo id, when, what, and whether it can be taken back."""
    lines = []
    for entry in entries:
        names = _names(entry.steps)
        subject = names[0] if names else "nothing moved"
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        text = f"{entry.id}  {entry.at}  {entry.action:<14} {plain(subject)}{more}  {entry.state}"
        lines.append(to_ascii(text) if ascii_only else text)
    return lines


def _names(steps: Sequence[Step]) -> list[str]:
    """Names of what was moved: a marker only where it went alone."""
    names = [os.path.basename(step.path).removesuffix(".quarantined") for step in steps]
    return [name for name in names if not name.endswith(".done")] or list(dict.fromkeys(names))


def trash_lines(items: Sequence[TrashItem], *, ascii_only: bool = False) -> list[str]:
    """One line a file in the trash, and what they take together."""
    if not items:
        return ["the trash is empty"]
    widest = max(cells(plain(item.original)) for item in items)
    lines = [
        f"{item.undo_id}  {pad(plain(item.original), widest)}  {units.size(item.size):>6}"
        for item in items
    ]
    total = units.size(sum(item.size for item in items))
    lines.append(f"{units.counted(len(items), 'file')}, {total}")
    return [to_ascii(each) for each in lines] if ascii_only else lines
