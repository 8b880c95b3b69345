"""The records of a manager: how a stage stands, how a file stands, what it adds up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ckptui.checkpoint.jsonfile import text_or_none, texts
from ckptui.checkpoint.stage import inputs_from
from ckptui.errors import CheckpointError
from ckptui.input_hash import Inputs

STATUSES: Final = ("not_started", "in_progress", "completed", "failed")


@dataclass(frozen=True, slots=True)
class StageStatus:
    """How a stage stands.

    Attributes:
        stage: Its name.
        status: ``not_started``, ``in_progress``, ``completed`` or ``failed``.
        input_hash: Fingerprint of its inputs, or None.
        inputs: The lists behind it.
        outputs: Its outputs, relative to the run directory; absolute where they lie outside.
        started_at: ISO 8601, UTC, or None.
        completed_at: Likewise: when it was completed or failed.
        duration_seconds: Between the two, or None.
        error: What a failed stage said, or None.
    """

    stage: str
    status: str = "not_started"
    input_hash: str | None = None
    inputs: tuple[Inputs, ...] = ()
    outputs: tuple[str, ...] = ()
    started_at: str | None = None
    completed_at: str | None = None
    duration_seconds: float | None = None
    error: str | None = None

    def to_json(self) -> dict[str, object]:
        """The form on disk, under the stage's name."""
        return {
            "status": self.status,
            "input_hash": self.input_hash,
            "inputs": [inputs.to_json() for inputs in self.inputs],
            "outputs": list(self.outputs),
            "started_at": self.started_at,
            "completed_at": self.completed_at,
            "duration_seconds": self.duration_seconds,
            "error": self.error,
        }


@dataclass(frozen=True, slots=True)
class FileProgress:
    """How one input file of a stage stands.

    Attributes:
        file: The input, as the pipeline named it.
        status: As in :class:`StageStatus`.
        output: What was made of it, relative to the run directory, or None.
        error: What went wrong, or None.
        updated_at: ISO 8601, UTC.
    """

    file: str
    status: str
    output: str | None = None
    error: str | None = None
    updated_at: str | None = None

    def to_json(self) -> dict[str, object]:
        """The form on disk, under the file's name."""
        return {
            "status": self.status,
            "output": self.output,
            "error": self.error,
            "updated_at": self.updated_at,
        }


@dataclass(frozen=True, slots=True)
class ResumeSummary:
    """What a resumed run finds: outputs; inputs that have none yet; stages without file progress.

    Attributes:
        complete: The marker stands.
        in_progress: Begun, and neither marked nor failed.
        failed: Recorded as failed.
    """

    complete: tuple[str, ...] = ()
    in_progress: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    def __str__(self) -> str:
        return (
            f"{len(self.complete)} complete, {len(self.in_progress)} in progress, "
            f"{len(self.failed)} failed"
        )


def check_status(status: str) -> str:
    """Return ``status`` where it is one of :data:`STATUSES`.

    Raises:
        ValueError: It is none.
    """
    if status not in STATUSES:
        raise ValueError(f"status must be one of {', '.join(STATUSES)}, not {status!r}")
    return status


def stage_status(path: str, stage: str, entry: object) -> StageStatus:
    """Read a stage of a pipeline state; outputs are found under whatever key they stand.

    Raises:
        CheckpointError: ``corrupted`` where it is no record of a stage.
    """
    record = _record(path, stage, entry)
    seconds = record.get("duration_seconds")
    return StageStatus(
        stage=stage,
        status=_status(path, stage, record),
        input_hash=text_or_none(record.get("input_hash")),
        inputs=inputs_from(path, record),
        outputs=texts(record.get("outputs")),
        started_at=text_or_none(record.get("started_at")),
        completed_at=text_or_none(record.get("completed_at")),
        duration_seconds=float(seconds) if isinstance(seconds, int | float) else None,
        error=text_or_none(record.get("error")),
    )


def file_progress(path: str, file: str, entry: object) -> FileProgress:
    """Read a file's entry of a file progress.

    Raises:
        CheckpointError: ``corrupted`` where it is no record of a file.
    """
    record = _record(path, file, entry)
    return FileProgress(
        file=file,
        status=_status(path, file, record),
        output=text_or_none(record.get("output")),
        error=text_or_none(record.get("error")),
        updated_at=text_or_none(record.get("updated_at")),
    )


def _record(path: str, name: str, entry: object) -> dict[str, object]:
    if not isinstance(entry, dict):
        raise CheckpointError(path, "corrupted", f"the entry of {name} must be an object")
    return entry


def _status(path: str, name: str, record: dict[str, object]) -> str:
    status = record.get("status")
    if not isinstance(status, str):
        raise CheckpointError(path, "corrupted", f"the status of {name} must be text")
    return status
