"""The words that every room shares: categories, levels, results, marker states, actions.

They are the field's own terms and appear unchanged in code, in JSON and on screen.
Everything here is a plain string or integer at run time, so it serialises as itself.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final


class Category(StrEnum):
    """What a check concluded, in order of precedence (the first that applies wins)."""

    UNREADABLE = "unreadable"
    """Permission, I/O error, not a regular file, or no answer in time."""
    CHANGING = "changing"
    """Moved during the check, open in a live writer, or bad but younger than the settling time."""
    FOREIGN = "foreign"
    """Not a checkpoint at all: HTML, a git-lfs pointer, gzip, an image."""
    CORRUPTED = "corrupted"
    """Bytes damaged or missing."""
    INCOMPLETE = "incomplete"
    """Unfinished as declared: in_progress, parts missing, left-over temporary, orphan marker."""
    UNSAFE = "unsafe"
    """Whole, but its pickle names things that must not run."""
    INCOMPATIBLE = "incompatible"
    """Whole, but not for us: newer version, missing required key, TorchScript."""
    UNCHECKED = "unchecked"
    """Nothing wrong seen in the header; the bytes were not read."""
    VALID = "valid"
    """Every level that was asked for, at least to 4, has passed or warned."""


PRECEDENCE: Final[tuple[Category, ...]] = tuple(Category)
"""Categories, strongest first."""

GOOD: Final[frozenset[Category]] = frozenset({Category.VALID, Category.UNCHECKED})
"""Categories under which a checkpoint may be the last good one."""

TROUBLE: Final[frozenset[Category]] = frozenset(Category) - GOOD - {Category.CHANGING}
"""Categories for which ``ckptui validate`` exits with 3."""


class Level(IntEnum):
    """How deep a check goes. Levels are cumulative; 2, 4, 5 and 6 do not depend on 3."""

    SIZE = 1
    CONTAINER = 2
    LOAD = 3
    KEYS = 4
    CHECKSUMS = 5
    VALUES = 6

    @property
    def label(self) -> str:
        """The level's name in JSON and on screen, for example ``checksums``."""
        return _LABELS[self]


_LABELS: Final = ("", *(level.name.lower() for level in Level))


class Result(StrEnum):
    """What one level said."""

    PASS = "pass"  # noqa: S105  (a result, not a secret)
    WARN = "warn"
    FAIL = "fail"
    REFUSED = "refused"
    SKIPPED = "skipped"
    NOT_APPLICABLE = "not-applicable"
    NONE_RECORDED = "none-recorded"


class MarkerState(StrEnum):
    """State of the ``.done`` marker beside a checkpoint."""

    PRESENT = "present"
    MISSING = "missing"
    """Counted only in folders that use markers."""
    ORPHAN = "orphan"
    """A marker without its checkpoint."""
    OUTDATED = "outdated"
    """Older than its checkpoint by more than two seconds."""


class InputState(StrEnum):
    """Recorded input hash against the current one."""

    FRESH = "fresh"
    STALE = "stale"
    UNKNOWN = "unknown"


class Action(StrEnum):
    """Repairs, and the remedies that verdicts recommend."""

    VALIDATE = "validate"
    ADD_MARKER = "add-marker"
    REMOVE_MARKER = "remove-marker"
    RENEW_MARKER = "renew-marker"
    QUARANTINE = "quarantine"
    RESTORE = "restore"
    PROMOTE = "promote"
    UPGRADE = "upgrade"
    SALVAGE = "salvage"
    REPOINT = "repoint"
    CLEAN = "clean"
    REBUILD_STATE = "rebuild-state"
    ALLOW_GLOBALS = "allow-globals"
    RESUME = "resume"


SWEEP_ENTRIES: Final = 50_000
"""Names that a sweep looks at, unless told otherwise."""
SWEEP_DEPTH: Final = 8
"""Directories below the run directory that a sweep enters, unless told otherwise."""

EXIT_OK: Final = 0
EXIT_FAILURE: Final = 1
"""Generic failure; usage errors too."""
EXIT_PARTIAL: Final = 2
"""A pipeline finished in part."""
CHECKPOINT_EXIT_CODE: Final = 3
"""Checkpoint trouble."""
EXIT_INTERRUPTED: Final = 130
