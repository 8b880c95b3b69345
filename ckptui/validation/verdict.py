"""The verdict: the outcome of a check, and the header facts that came with it."""

from __future__ import annotations

from collections.abc import Mapping

from ckptui.light import dataclass, field
from ckptui.terms import GOOD, Action, Category, Level, Result

NO_VALUES: Mapping[str, float] = {}
"""The same for all: never to be written to."""


@dataclass(frozen=True, slots=True)
class Check:
    """What one level said, with a sentence where there is something to say."""

    result: Result
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.result}: {self.detail}" if self.detail else str(self.result)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a checkpoint directory, there or not.

    Attributes:
        name: Relative to the directory, ``/``-separated.
        size: Bytes; None where it is missing.
        category: As checked by itself; ``unchecked`` too where nothing needs it to go on.
        reason: What stands against it, in words.
    """

    name: str
    size: int | None
    category: Category
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the header says about one checkpoint, small enough to send for ten thousand of them.

    Attributes:
        format: Format name, None where nothing was recognised.
        version: As shown: ``"1.0"``, ``"0.x"``, foreign text, or None where the format has none.
        status: ``in_progress``, ``complete``, another text, or None.
        step: Step from the content, else from the name.
        epoch: Likewise.
        step_note: A sentence where name and content disagree, else empty.
        input_hash: Recorded at the top level of the content, or None.
        globals: Globals that the pickle names.
        saved_as: Name it was saved under, where the container keeps it.
        tensors: Number of tensors.
        signature: (device, inode, size, mtime_ns, ctime_ns) of the bytes that were read.
        role: What the content is good for, a :class:`ckptui.formats.role.Role`.
        layout: Layout of a checkpoint directory, else empty.
        parts: Of a checkpoint directory, what is missing first.
        content: Checksum of all bytes of the file, ``crc32:%08x``; empty where they were not read.
    """

    format: str | None = None
    version: str | None = None
    status: str | None = None
    step: int | None = None
    epoch: int | None = None
    step_note: str = ""
    input_hash: str | None = None
    globals: tuple[str, ...] = ()
    saved_as: str = ""
    tensors: int = 0
    signature: tuple[int, int, int, int, int] | None = None
    role: str = ""
    content: str = ""
    layout: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a check.

    Attributes:
        path: The checkpoint, as it was asked for.
        category: The strongest category that applies.
        level: Level reached, 0–6: the highest with ``pass`` or ``warn`` below which nothing is
            ``fail``, ``refused`` or ``skipped``.
        reason: One sentence; empty for a valid checkpoint with nothing to say.
        remedy: The repair recommended, or None.
        checks: Per-level results; a level that was not asked for is absent.
        detail: torch's own message or further sentences, for the detail pane.
        facts: Header facts that came with the check.
        values: Level 6's largest magnitude by tensor; NaN where it holds one, else Inf likewise.
            For the cache and for comparing; not part of any document.
        checked_at: ISO 8601, UTC.
    """

    path: str
    category: Category
    level: int = 0
    reason: str = ""
    remedy: Action | None = None
    checks: Mapping[Level, Check] = field(default_factory=dict)
    detail: str = ""
    facts: Facts = field(default_factory=Facts)
    checked_at: str = ""
    values: Mapping[str, float] = field(default_factory=dict, compare=False, repr=False)

    def filed(self, path: str) -> Verdict:
        """As it is kept by the thousand: under a short path, without level 6's values."""
        return Verdict(
            path,
            self.category,
            self.level,
            self.reason,
            self.remedy,
            self.checks,
            self.detail,
            self.facts,
            self.checked_at,
            NO_VALUES,
        )

    @property
    def ok(self) -> bool:
        """True where nothing wrong was found at the levels that were asked for."""
        return self.category in GOOD
