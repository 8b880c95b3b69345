"""The live model of a run directory: one immutable snapshot, made of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ckptui.light import dataclass, field
from ckptui.terms import Action, Category, InputState, MarkerState
from ckptui.validation.verdict import Part
from ckptui.watch.moments import iso


@dataclass(frozen=True, slots=True)
class InputHash:
    """A recorded input hash against the current one.

    Attributes:
        recorded: As found on disk, or None.
        current: Computed now over the same inputs, or None where it is not known.
        state: fresh, stale or unknown.
        why: Which inputs were added, removed or resized, in words; empty when fresh.
    """

    recorded: str | None = None
    current: str | None = None
    state: InputState = InputState.UNKNOWN
    why: str = ""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One row of the catalog; the fields of a checkpoint in JSON, and a few for the screen.

    Attributes:
        path: Relative to the run directory, ``/``-separated, surrogate-escaped.
        format: Format of the bytes (``torch-zip`` …), None where not recognised or a directory.
        layout: Layout of a checkpoint directory (``hf-trainer`` …), else None.
        size: Bytes; None for an orphan marker's missing file.
        mtime: Seconds since the epoch, for ages and ``last good``; None likewise.
        checks: Level name → result text (``"pass"``, ``"skipped: needs 40 GB"``); None = not asked.
        unit: True where the file is a unit's output of some stage (never last good).
        pointer: Target of a file symlink, else None.
        progress: Fraction of a running check, or None.
        step_note: A sentence where name and content disagree about the step.
        detail: Further sentences for the detail pane.
        role: What the content is good for, a :class:`ckptui.formats.role.Role`.
        parts: Of a checkpoint directory, what is missing first.
    """

    path: str
    format: str | None = None
    layout: str | None = None
    size: int | None = None
    step: int | None = None
    epoch: int | None = None
    version: str | None = None
    status: str | None = None
    marker: MarkerState | None = None
    input_hash: InputHash = field(default_factory=InputHash)
    category: Category = Category.UNCHECKED
    level: int = 0
    checks: Mapping[str, str | None] = field(default_factory=dict)
    reason: str = ""
    remedy: Action | None = None
    globals: tuple[str, ...] = ()
    checked_at: str | None = None
    # Below: for the screen and for last good; not part of the JSON document.
    mtime: float | None = None
    signature: tuple[int, int, int, int, int] | None = None
    unit: bool = False
    pointer: str | None = None
    progress: float | None = None
    step_note: str = ""
    detail: str = ""
    role: str = ""
    parts: tuple[Part, ...] = ()

    @property
    def modified(self) -> str | None:
        """When it was saved, ISO 8601, UTC; None for an orphan marker's missing file."""
        return None if self.mtime is None else iso(self.mtime)


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage as a state records it. Times are ISO 8601, UTC; durations are seconds."""

    state: str
    stage: str
    status: str
    input_hash: InputHash = field(default_factory=InputHash)
    started_at: str | None = None
    completed_at: str | None = None
    duration_seconds: float | None = None
    outputs: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class FailureRow:
    """One line of a failure log; ``path`` as written there."""

    path: str
    reason: str
    timestamp: str


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A newer checkpoint that was not taken as last good, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class LastGood:
    """The last good checkpoint, and the newer ones that were passed over.

    Attributes:
        passed_over: The furthest first; while a directory is followed, most of it is made when
            it is asked for (:class:`ckptui.watch.passed.Passed`).
        notes: Sentences to say beside it (stale, unmarked, how deep it was looked at).
    """

    path: str
    step: int | None
    level: int
    passed_over: Sequence[PassedOver] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Disk:
    """Free and total bytes of the filesystem that holds the run directory."""

    free: int
    total: int


@dataclass(frozen=True, slots=True)
class Watching:
    """How the directory is watched.

    Attributes:
        mode: ``events`` (local filesystem), ``sweep`` (events cannot be trusted), ``once``.
        filesystem: Type by mountinfo, for example ``ext4`` or ``nfs4``.
        sentence: What the strip says, for example ``live on this host, others within 30 s``.
        swept_at: Wall-clock seconds of the last finished sweep, 0.0 before the first.
        interval: Seconds until the next sweep is due.
        files: Files seen by the last sweep; during the first one, so far.
        left_out: A sentence where a limit cut the sweep short, else empty.
    """

    mode: str = "once"
    filesystem: str = ""
    sentence: str = ""
    swept_at: float = 0.0
    interval: float = 0.0
    files: int = 0
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """What there is of each kind; what occurs nowhere is left out.

    Attributes:
        size: Bytes of all rows together, without those that only point to another file.
    """

    categories: Mapping[Category, int] = field(default_factory=dict)
    markers: Mapping[MarkerState, int] = field(default_factory=dict)
    stale: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What the latest saves of the series of the last good one tell.

    Attributes:
        last: When the last one was written, in seconds since the epoch.
        size: Bytes that the next one will probably take.
        usual: Seconds from one to the next, None where no rhythm is seen.
        even: True where they come so evenly that one can be late.
        notes: Sentences about what is odd in their times and steps, whatever the time is now.
    """

    last: float
    size: int
    usual: float | None = None
    even: bool = False
    notes: tuple[str, ...] = ()

    @property
    def due(self) -> float | None:
        """When the next one is due, in seconds since the epoch; None where no rhythm is seen."""
        return None if self.usual is None else self.last + self.usual


NOBODY: Final = "no writer seen from this host"
"""The one sentence of ``Snapshot.writers`` where nobody was seen: no more is ever claimed."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole live model at one moment. Immutable; a change makes a new one.

    Attributes:
        root: Absolute path of the run directory.
        checkpoints: Relative path → row.
        tally: Of these rows, so that nobody has to go through all of them to count.
        rhythm: Of the series that the last good one is taken from; None where there is none.
        last_good_none: Those passed over where there is no last good at all, likewise.
        writers: Sentences about who is writing (``train.py alive here 3 h`` …).
        writing: True where a process of this host is seen that writes here.
        run_files: Relative path → text of the small files under ``.ckptui/`` (runs, journal),
            for ``launch`` and ``repair`` to parse.
        owner_is_other: True where the run directory belongs to another user.
        problem: A sentence where the directory cannot be watched now, else empty.
        silent_since: Wall-clock seconds since when the scanner has not answered, else None.
        notes: Sentences about what could not be taken into account (a broken ``ckptui.toml``).
        settled: True once the first sweep and the header checks that it caused are done.
    """

    root: str
    checkpoints: Mapping[str, Checkpoint] = field(default_factory=dict)
    stages: tuple[StageRow, ...] = ()
    failures: tuple[FailureRow, ...] = ()
    last_good: LastGood | None = None
    last_good_none: Sequence[PassedOver] = ()
    disk: Disk | None = None
    writers: tuple[str, ...] = ()
    watching: Watching = field(default_factory=Watching)
    run_files: Mapping[str, str] = field(default_factory=dict)
    owner_is_other: bool = False
    writable: bool = True
    problem: str = ""
    silent_since: float | None = None
    notes: tuple[str, ...] = ()
    settled: bool = False
    tally: Tally = field(default_factory=Tally)
    rhythm: Rhythm | None = None
    writing: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A new snapshot, and the rows in which it differs from the one before."""

    snapshot: Snapshot
    changed: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
