"""How the model becomes the JSON documents of the command line.

``json_text`` writes plain ASCII, so that names that are not UTF-8 survive as surrogate escapes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields, is_dataclass
from typing import TypeAlias

from ckptui.launch.model import RunRecord
from ckptui.present.document_types import (
    SCHEMA_VERSION,
    CheckpointDocument,
    ChecksDocument,
    FailureDocument,
    InputHashDocument,
    JournalDocument,
    LastGoodDocument,
    PassedOverDocument,
    RepairDocument,
    RepairedDocument,
    RunDocument,
    StageDocument,
    StatusDocument,
    StepDocument,
    TrashDocument,
    TrashItemDocument,
)
from ckptui.present.strip import totals
from ckptui.present.tables import newest_first
from ckptui.repair.model import JournalEntry, Outcome, Recovery, Step, TrashItem
from ckptui.terms import Level, MarkerState
from ckptui.validation.verdict import Verdict
from ckptui.watch.model import Checkpoint, InputHash, Snapshot
from ckptui.watch.moments import iso

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def to_json(document: object) -> Json:
    """A document as what ``json.dumps`` takes: dicts, lists, text, numbers, null."""
    if is_dataclass(document) and not isinstance(document, type):
        return {each.name: to_json(getattr(document, each.name)) for each in fields(document)}
    if isinstance(document, (list, tuple)):
        return [to_json(item) for item in document]
    if isinstance(document, dict):
        return {str(key): to_json(value) for key, value in document.items()}
    if isinstance(document, str):
        return str(document)
    if document is None or isinstance(document, (bool, int, float)):
        return document
    raise TypeError(f"{type(document).__name__} has no place in a JSON document")


def json_text(document: object, *, indent: int | None = None) -> str:
    """A document as ASCII JSON, without a line end."""
    return json.dumps(to_json(document), indent=indent, ensure_ascii=True, allow_nan=False)


def input_hash_document(hashes: InputHash) -> InputHashDocument:
    """The document of an input hash."""
    return InputHashDocument(hashes.recorded, hashes.current, hashes.state)


def checkpoint_document(row: Checkpoint) -> CheckpointDocument:
    """The document of one row of the catalog."""
    return CheckpointDocument(
        path=row.path,
        format=row.format,
        layout=row.layout,
        size=row.size,
        modified=row.modified,
        step=row.step,
        epoch=row.epoch,
        version=row.version,
        status=row.status,
        marker=row.marker,
        input_hash=input_hash_document(row.input_hash),
        category=row.category,
        level=row.level,
        checks=ChecksDocument(**{level.label: row.checks.get(level.label) for level in Level}),
        reason=row.reason,
        remedy=row.remedy,
        globals=row.globals,
        checked_at=row.checked_at,
    )


def verdict_document(
    verdict: Verdict,
    *,
    path: str | None = None,
    marker: MarkerState | None = None,
    input_hash: InputHash | None = None,
) -> CheckpointDocument:
    """The document of a verdict; size and time are those of the bytes that were judged.

    Args:
        verdict: The outcome of a check.
        path: How to name it, else as it was asked for.
        marker: State of its marker.
        input_hash: Recorded against current; None shows what is recorded as unknown.
    """
    facts = verdict.facts
    signature = facts.signature
    return CheckpointDocument(
        path=verdict.path if path is None else path,
        format=facts.format,
        layout=facts.layout or None,
        size=signature[2] if signature else None,
        modified=iso(signature[3] / 1e9) if signature else None,
        step=facts.step,
        epoch=facts.epoch,
        version=facts.version,
        status=facts.status,
        marker=marker,
        input_hash=input_hash_document(input_hash or InputHash(facts.input_hash)),
        category=verdict.category,
        level=verdict.level,
        checks=ChecksDocument(**{step.label: str(said) for step, said in verdict.checks.items()}),
        reason=verdict.reason,
        remedy=verdict.remedy,
        globals=facts.globals,
        checked_at=verdict.checked_at or None,
    )


def status_document(
    snapshot: Snapshot,
    runs: Iterable[RunRecord] = (),
    *,
    chosen: Collection[str] | None = None,
) -> StatusDocument:
    """The document of a whole run directory, the newest checkpoints first.

    Args:
        snapshot: The live model.
        runs: Resumed runs.
        chosen: Paths of the checkpoints to list, None for all; the totals are those of all.
    """
    rows = snapshot.checkpoints
    listed = [path for path in newest_first(snapshot) if chosen is None or path in chosen]
    return StatusDocument(
        schema=SCHEMA_VERSION,
        root=snapshot.root,
        totals=totals(snapshot.tally),
        last_good=_last_good(snapshot),
        checkpoints=tuple(checkpoint_document(rows[path]) for path in listed),
        stages=tuple(
            StageDocument(
                row.state,
                row.stage,
                row.status,
                input_hash_document(row.input_hash),
                row.started_at,
                row.completed_at,
                row.duration_seconds,
                row.outputs,
                row.error,
            )
            for row in snapshot.stages
        ),
        failures=tuple(
            FailureDocument(row.path, row.reason, row.timestamp) for row in snapshot.failures
        ),
        runs=tuple(run_document(run) for run in runs),
    )


def _last_good(snapshot: Snapshot) -> LastGoodDocument | None:
    good = snapshot.last_good
    if good is None:
        return None
    passed = tuple(PassedOverDocument(each.path, each.reason) for each in good.passed_over)
    return LastGoodDocument(good.path, good.step, good.level, passed)


def run_document(run: RunRecord) -> RunDocument:
    """The document of one resumed run."""
    return RunDocument(
        run.id,
        run.state,
        run.command,
        run.host,
        run.pid,
        run.started_at,
        run.ended_at,
        run.exit_code,
        run.signal,
        run.log,
    )


def step_documents(steps: Iterable[Step]) -> tuple[StepDocument, ...]:
    """The documents of a repair's steps."""
    return tuple(StepDocument(step.do, step.path, step.to, step.bytes, step.note) for step in steps)


def repair_document(
    outcome: Outcome,
    *,
    warnings: Sequence[str] = (),
    confirm: str = "",
    preview: Sequence[str] = (),
    plan: str = "",
) -> RepairDocument:
    """The document of what a repair did, or would do (with the plan's own sentences)."""
    return RepairDocument(
        action=outcome.action,
        steps=step_documents(outcome.steps),
        applied=outcome.applied,
        undo_id=outcome.undo_id,
        message=outcome.message,
        warnings=tuple(warnings),
        confirm=confirm,
        preview=tuple(preview),
        plan=plan,
    )


def journal_document(entries: Iterable[JournalEntry]) -> JournalDocument:
    """The document of the journal."""
    return JournalDocument(
        tuple(
            RepairedDocument(
                each.id,
                each.at,
                each.action,
                each.state,
                step_documents(each.steps),
                each.by,
                each.undoes,
            )
            for each in entries
        )
    )


def trash_document(items: Iterable[TrashItem]) -> TrashDocument:
    """The document of the trash."""
    listed = tuple(
        TrashItemDocument(item.undo_id, item.path, item.original, item.size, item.at)
        for item in items
    )
    return TrashDocument(sum(item.size for item in listed), listed)


def recovery_lines(found: Iterable[Recovery]) -> list[str]:
    """What recovery did, a sentence each, for stderr."""
    return [each.message for each in found]
