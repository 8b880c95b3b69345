"""What a repair is: a plan of steps, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ckptui.terms import Action

AVAILABLE: Final[frozenset[Action]] = frozenset(
    {
        Action.VALIDATE,
        Action.ADD_MARKER,
        Action.REMOVE_MARKER,
        Action.RENEW_MARKER,
        Action.QUARANTINE,
        Action.RESTORE,
        Action.PROMOTE,
        Action.CLEAN,
        Action.ALLOW_GLOBALS,
    }
)
"""The repairs that can be planned by now; what is not among them is not offered to be pressed."""


@dataclass(frozen=True, slots=True)
class Step:
    """One atomic step of a repair.

    Attributes:
        do: ``move``, ``create``, ``remove``, ``check``, ``write``.
        path: What it acts on, relative to the run directory, surrogate-escaped.
        to: Where it goes, relative to the run directory, or None.
        bytes: Bytes moved, read or written.
        note: One short sentence for the preview (``whole → renew, damaged → remove``).
        text: What is written (``write`` only).
    """

    do: str
    path: str
    to: str | None = None
    bytes: int = 0
    note: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a repair would do: shown before anything changes.

    Attributes:
        action: The repair.
        root: Absolute run directory.
        steps: In order.
        signatures: Relative path → (inode, size, mtime_ns) as planned; a file that differs when
            the plan is applied is refused.
        warnings: Sentences that must be read before saying yes.
        confirm: A sentence that needs a second confirmation (the last good one would move), or "".
    """

    action: Action
    root: str
    steps: tuple[Step, ...]
    signatures: dict[str, tuple[int, int, int] | None] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    confirm: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a repair did; the document of ``ckptui repair --json``.

    Attributes:
        action: The repair, or ``undo``.
        steps: Steps done (or planned, when not applied).
        applied: False for a dry run.
        undo_id: Names this repair in the journal; None for a dry run.
        message: One line that says what was done and how to take it back.
    """

    action: str
    steps: tuple[Step, ...]
    applied: bool
    undo_id: str | None
    message: str = ""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One repair as the journal tells it.

    Attributes:
        id: Its undo id.
        at: When it began, ISO 8601, UTC.
        action: The repair, or ``undo``.
        state: ``done``, ``undone``, ``rolled back`` (it failed or crashed, all is as before) or
            ``unfinished`` (it crashed, or it is at work now).
        steps: In order.
        by: ``user@host`` that did it.
        undoes: For an undo, the id of the repair that it took back.
    """

    id: str
    at: str
    action: str
    state: str
    steps: tuple[Step, ...]
    by: str = ""
    undoes: str | None = None


@dataclass(frozen=True, slots=True)
class TrashItem:
    """One file (or checkpoint directory) in the trash.

    Attributes:
        undo_id: The repair that moved it there.
        path: Where it lies, relative to the run directory.
        original: Where it stood, relative to the run directory.
        size: Bytes, all files of a directory together.
        at: When it was moved, ISO 8601, UTC.
    """

    undo_id: str
    path: str
    original: str
    size: int
    at: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was found unfinished after a crash, and how it ended.

    Attributes:
        id: The repair's undo id.
        action: The repair.
        ended: ``finished`` or ``rolled back``.
        message: One sentence for a person.
    """

    id: str
    action: str
    ended: str
    message: str
