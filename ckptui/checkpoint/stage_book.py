"""The stages of a pipeline state: begun, timed, ended."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from ckptui.checkpoint.progress import StageStatus, stage_status
from ckptui.checkpoint.state_file import StateFile, entries_of, now, tolerate
from ckptui.errors import CheckpointError

_ENDED: Final = ("completed", "failed")


class StageBook:
    """Writes and reads the ``stages`` of a ``pipeline_state.json``."""

    def __init__(self, state: StateFile, pipeline: str) -> None:
        self._state = state
        self._pipeline = pipeline
        self._clocks: dict[str, float] = {}

    def save(self, fresh: StageStatus) -> None:
        """Record a stage; times, and what it began with, are filled in."""

        def change(document: dict[str, object]) -> None:
            document["pipeline"] = self._pipeline
            stages = entries_of(document, "stages", self._state.path)
            stages[fresh.stage] = self._timed(fresh, stages.get(fresh.stage)).to_json()

        self._state.update(change)

    def load(self, *, validate: bool) -> dict[str, StageStatus]:
        """Every recorded stage, in the order of the state."""
        found: dict[str, StageStatus] = {}
        for name, entry in self._state.entries("stages", validate=validate).items():
            try:
                found[name] = stage_status(self._state.path, name, entry)
            except CheckpointError as error:
                tolerate(error, validate)
        return found

    def _timed(self, fresh: StageStatus, entry: object) -> StageStatus:
        if fresh.status == "in_progress":
            self._clocks[fresh.stage] = time.monotonic()
            return replace(fresh, started_at=now())
        if fresh.status not in _ENDED:
            return fresh
        before = StageStatus(fresh.stage)
        if entry is not None:
            before = stage_status(self._state.path, fresh.stage, entry)
        return replace(
            fresh,
            input_hash=fresh.input_hash or before.input_hash,
            inputs=fresh.inputs or before.inputs,
            started_at=before.started_at,
            completed_at=now(),
            duration_seconds=self._elapsed(fresh.stage, before.started_at),
        )

    def _elapsed(self, stage: str, started_at: str | None) -> float | None:
        """Seconds since the stage began: by this process's clock if it did, else by the record."""
        if stage in self._clocks:
            return round(time.monotonic() - self._clocks.pop(stage), 3)
        try:
            began = datetime.fromisoformat(started_at or "")
            seconds = (datetime.now(UTC) - began).total_seconds()
        except (ValueError, TypeError):  # no time, or one without a zone
            return None
        return round(max(seconds, 0.0), 3)
