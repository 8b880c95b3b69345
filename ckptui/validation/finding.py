"""What one level found: its result, and what that means for the verdict."""

from __future__ import annotations

from ckptui.light import dataclass
from ckptui.terms import Action, Category, Result
from ckptui.validation.verdict import Check


@dataclass(frozen=True, slots=True)
class Finding:
    """One level's outcome.

    Attributes:
        result: What the level says.
        note: A sentence for the level itself (``Check.detail``).
        category: Where this alone puts the checkpoint, or None where it has nothing against it.
        reason: The verdict's sentence if this finding decides the category.
        detail: Further sentences, for the detail pane.
        remedy: The repair for this finding, where it is not the category's usual one.
        places: Names of the records that it has something against, for the diagnosis.
    """

    result: Result
    note: str = ""
    category: Category | None = None
    reason: str = ""
    detail: str = ""
    remedy: Action | None = None
    places: tuple[str, ...] = ()

    @property
    def check(self) -> Check:
        """The public half of the finding."""
        return Check(self.result, self.note)


def passed(note: str = "") -> Finding:
    """A level that has nothing against the checkpoint."""
    return Finding(Result.PASS, note)


def warned(note: str, detail: str = "") -> Finding:
    """A level that saw something worth saying and nothing wrong."""
    return Finding(Result.WARN, note, detail=detail)


def skipped(note: str) -> Finding:
    """A level that was asked for and could not be done here."""
    return Finding(Result.SKIPPED, note)


def failed(category: Category, reason: str, detail: str = "") -> Finding:
    """A level that puts the checkpoint into ``category``."""
    return Finding(Result.FAIL, reason, category, reason, detail)
