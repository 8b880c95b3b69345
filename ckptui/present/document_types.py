"""Every JSON document of the command line as a type.

The types are the promise: ``schema.json`` is generated from them. Field names and order are the
documented ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ckptui.terms import Action, Category, InputState, MarkerState

SCHEMA_VERSION: Final = "1"
"""Raised when a field changes its meaning or goes; new fields alone do not raise it."""


@dataclass(frozen=True, slots=True)
class InputHashDocument:
    """A recorded input hash against the current one."""

    recorded: str | None
    current: str | None
    state: InputState


@dataclass(frozen=True, slots=True)
class ChecksDocument:
    """Result text of each level (``pass``, ``skipped: needs 40G``); null where not asked for."""

    size: str | None = None
    container: str | None = None
    load: str | None = None
    keys: str | None = None
    checksums: str | None = None
    values: str | None = None


@dataclass(frozen=True, slots=True)
class CheckpointDocument:
    """A checkpoint; a line of ``validate --json`` and of ``watch --json`` too."""

    path: str
    format: str | None
    layout: str | None
    size: int | None
    modified: str | None
    step: int | None
    epoch: int | None
    version: str | None
    status: str | None
    marker: MarkerState | None
    input_hash: InputHashDocument
    category: Category
    level: int
    checks: ChecksDocument
    reason: str
    remedy: Action | None
    globals: tuple[str, ...]
    checked_at: str | None


@dataclass(frozen=True, slots=True)
class PassedOverDocument:
    """A newer checkpoint that is not the last good one, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class LastGoodDocument:
    """The last good checkpoint."""

    path: str
    step: int | None
    level: int
    passed_over: tuple[PassedOverDocument, ...]


@dataclass(frozen=True, slots=True)
class StageDocument:
    """One stage as a state records it."""

    state: str
    stage: str
    status: str
    input_hash: InputHashDocument
    started_at: str | None
    completed_at: str | None
    duration_seconds: float | None
    outputs: tuple[str, ...]
    error: str | None


@dataclass(frozen=True, slots=True)
class FailureDocument:
    """One line of a failure log."""

    path: str
    reason: str
    timestamp: str


@dataclass(frozen=True, slots=True)
class RunDocument:
    """One resumed run."""

    id: str
    state: str
    command: tuple[str, ...]
    host: str
    pid: int | None
    started_at: str
    ended_at: str | None
    exit_code: int | None
    signal: str | None
    log: str


@dataclass(frozen=True, slots=True)
class StatusDocument:
    """``ckptui status --json``."""

    schema: str
    root: str
    totals: dict[str, int]
    last_good: LastGoodDocument | None
    checkpoints: tuple[CheckpointDocument, ...]
    stages: tuple[StageDocument, ...]
    failures: tuple[FailureDocument, ...]
    runs: tuple[RunDocument, ...]


@dataclass(frozen=True, slots=True)
class TensorDocument:
    """One tensor as the header describes it."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    bytes: int


@dataclass(frozen=True, slots=True)
class InspectDocument:
    """``ckptui inspect --json``."""

    path: str
    format: str | None
    version: str | None
    status: str | None
    step: int | None
    keys: tuple[str, ...]
    tensors: tuple[TensorDocument, ...]
    parameters: int
    metadata: dict[str, object]
    globals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartDocument:
    """One file of a checkpoint directory; size null where it is missing."""

    name: str
    size: int | None
    category: Category
    reason: str


@dataclass(frozen=True, slots=True)
class InspectDirectoryDocument:
    """``ckptui inspect --json`` of a checkpoint directory: its parts, from their headers alone."""

    path: str
    layout: str
    step: int | None
    epoch: int | None
    category: Category
    level: int
    reason: str
    parts: tuple[PartDocument, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RegionDocument:
    """One record of a file, at its offsets in bytes (both 0 where it is missing).

    ``state`` is ``whole`` (fits its checksum), ``there`` (inside the file, nothing compared),
    ``damaged``, ``cut`` or ``missing``.
    """

    start: int
    end: int
    what: str
    state: str


@dataclass(frozen=True, slots=True)
class GlobalsDocument:
    """The globals that a pickle names, beyond those that torch's safe loader takes by itself."""

    harmless: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    dangerous: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExplainDocument:
    """``ckptui explain --json``: one file, one document.

    ``next`` is the next step in words, with a command where there is one; ``commands`` can be
    typed as they stand; ``torch`` is what torch.load says of the file. ``intact`` counts the
    tensors, of ``tensors``, whose bytes fit their checksum.
    """

    path: str
    format: str | None
    layout: str | None
    size: int | None
    category: Category
    level: int
    checks: ChecksDocument
    reason: str
    evidence: tuple[str, ...]
    next: str | None
    commands: tuple[str, ...]
    torch: str | None
    remedy: Action | None
    step: int | None
    epoch: int | None
    version: str | None
    status: str | None
    marker: str | None
    saved_as: str | None
    globals: GlobalsDocument
    tensors: int
    intact: int
    bytes: int
    intact_bytes: int
    regions: tuple[RegionDocument, ...]
    parts: tuple[PartDocument, ...]
    checked_at: str | None


@dataclass(frozen=True, slots=True)
class StepDocument:
    """One step of a repair; ``note`` says in words what a check found or will decide."""

    do: str
    path: str
    to: str | None
    bytes: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class RepairDocument:
    """``ckptui repair --json`` and ``ckptui undo --json``; a dry run has no undo id.

    ``message`` is the one line for people, ``warnings`` what must be read before saying yes,
    ``confirm`` the sentence that needs a second confirmation, or ``""``; ``plan`` holds what is
    applied to what was shown: ``--plan`` takes it.
    """

    action: str
    steps: tuple[StepDocument, ...]
    applied: bool
    undo_id: str | None
    message: str = ""
    warnings: tuple[str, ...] = ()
    confirm: str = ""
    preview: tuple[str, ...] = ()
    plan: str = ""


@dataclass(frozen=True, slots=True)
class RepairedDocument:
    """One repair in the journal."""

    id: str
    at: str
    action: str
    state: str
    steps: tuple[StepDocument, ...]
    by: str
    undoes: str | None


@dataclass(frozen=True, slots=True)
class JournalDocument:
    """``ckptui journal --json``, the oldest first."""

    repairs: tuple[RepairedDocument, ...]


@dataclass(frozen=True, slots=True)
class ChangedInputDocument:
    """One input that is not as recorded; ``change`` is added, removed, resized or edited.

    ``recorded`` and ``current`` are bytes, null where the file was not there.
    """

    change: str
    path: str
    recorded: int | None
    current: int | None


@dataclass(frozen=True, slots=True)
class InputListDocument:
    """One list of inputs; ``problem`` says why it cannot be had now, null where it can.

    ``files`` and ``bytes`` are of now, as recorded where there is a problem. ``more`` counts the
    changes that are not listed. ``newest_modified`` is null where there are too many to ask.
    """

    root: str
    pattern: str
    files: int
    bytes: int
    changes: tuple[ChangedInputDocument, ...]
    more: int
    newest: str | None
    newest_modified: str | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class StageInputsDocument:
    """What a stage was made from; ``state`` is fresh, stale or unknown."""

    stage: str
    state: InputState
    recorded: str | None
    current: str | None
    why: str
    lists: tuple[InputListDocument, ...]
    outputs: int
    oldest: str | None
    oldest_modified: str | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InputsDocument:
    """``ckptui inputs --json``."""

    path: str
    stages: tuple[StageInputsDocument, ...]


@dataclass(frozen=True, slots=True)
class PastVerdictDocument:
    """What was found out about a checkpoint at one time; ``asked`` 0 is the header alone."""

    path: str
    at: str
    asked: int
    level: int
    category: Category
    reason: str
    size: int | None


@dataclass(frozen=True, slots=True)
class HistoryDocument:
    """``ckptui history --json``, the newest first.

    ``remembers`` is false where the verdict cache is switched off or does not answer.
    """

    path: str
    remembers: bool
    verdicts: tuple[PastVerdictDocument, ...]
    repairs: tuple[RepairedDocument, ...]


@dataclass(frozen=True, slots=True)
class TrashItemDocument:
    """One thing in the trash."""

    undo_id: str
    path: str
    original: str
    size: int
    at: str


@dataclass(frozen=True, slots=True)
class TrashDocument:
    """``ckptui trash --json``."""

    bytes: int
    items: tuple[TrashItemDocument, ...]


@dataclass(frozen=True, slots=True)
class WatchDocument:
    """One line of ``ckptui watch --json``.

    ``event`` is ``changed`` (with ``path`` and ``checkpoint``), ``removed`` (``path``),
    ``last_good`` (``path`` is null where there is none any more), ``settled`` (the first sweep and
    its header checks are done) or ``problem`` (``sentence`` says why nothing can be seen; it is
    ``""`` once that is over).
    """

    event: str
    path: str | None = None
    checkpoint: CheckpointDocument | None = None
    sentence: str | None = None


@dataclass(frozen=True, slots=True)
class EventDocument:
    """What the command of ``--on-event`` gets on its standard input, as one line.

    ``event`` is ``bad`` (checkpoints turned bad), ``run`` (a resumed run ended), ``space`` (the
    next save does not fit), ``late`` (a save is late) or ``good`` (another last good checkpoint).
    ``run`` is the run directory; ``paths`` are relative to it, the first hundred of ``count``, and
    ``path`` is the first of them. ``message`` is one sentence without control characters.
    """

    event: str
    run: str
    path: str | None
    paths: tuple[str, ...]
    count: int
    message: str
    at: str


@dataclass(frozen=True, slots=True)
class SettingDocument:
    """One setting that holds; ``source`` is ``default``, a file and line, or what overrules it."""

    name: str
    value: str | bool | int | tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class ConfigShowDocument:
    """``ckptui config show --json``; keys are settings named ``keys.ID``."""

    config: str
    keys: str
    settings: tuple[SettingDocument, ...]


@dataclass(frozen=True, slots=True)
class ProblemDocument:
    """One thing that is wrong in a file; ``line`` is null where it is the whole file."""

    file: str
    line: int | None
    field: str
    message: str
    warning: bool


@dataclass(frozen=True, slots=True)
class ConfigCheckDocument:
    """``ckptui config check --json``; ``ok`` is false where something is more than a warning."""

    ok: bool
    problems: tuple[ProblemDocument, ...]


DOCUMENTS: Final[dict[str, type[object]]] = {
    "status": StatusDocument,
    "validate": CheckpointDocument,
    "inspect": InspectDocument,
    "explain": ExplainDocument,
    "inspect-directory": InspectDirectoryDocument,
    "repair": RepairDocument,
    "journal": JournalDocument,
    "history": HistoryDocument,
    "inputs": InputsDocument,
    "trash": TrashDocument,
    "watch": WatchDocument,
    "event": EventDocument,
    "run": RunDocument,
    "config-show": ConfigShowDocument,
    "config-check": ConfigCheckDocument,
}
"""Name in the schema → type."""
