"""File progress: how each input file of a stage stands, one JSON file a stage.

The marker of an output is the truth that resuming goes by; these records are for people. So they
are not fsynced, and where a file has grown large, records wait a little and are written together:
rewriting ten thousand of them ten thousand times would take longer than many a pipeline.
"""

from __future__ import annotations

import os
import time
from typing import Final

from ckptui.checkpoint.progress import FileProgress, file_progress
from ckptui.checkpoint.state_file import StateFile, entries_of, tolerate
from ckptui.errors import CheckpointError

FILES_SUFFIX: Final = "_files.json"
_SHARE: Final = 20
"""Writing takes at most one part in this many of the time."""


class StageFiles:
    """The ``<stage>_files.json`` of one stage."""

    def __init__(self, stage: str, state: StateFile) -> None:
        self._stage = stage
        self._state = state
        self._waiting: dict[str, FileProgress] = {}
        self._due = 0.0

    def save(self, progress: FileProgress) -> None:
        """Record how one file stands, now or with the next ones; a failure always now."""
        self._waiting[progress.file] = progress
        if progress.status == "failed" or time.monotonic() >= self._due:
            self.flush()

    def flush(self) -> None:
        """Write the records that wait."""
        if not self._waiting:
            return
        began = time.monotonic()
        self._state.update(self._change)
        self._waiting.clear()
        ended = time.monotonic()
        self._due = ended + _SHARE * (ended - began)

    def _change(self, document: dict[str, object]) -> None:
        document["stage"] = self._stage
        files = entries_of(document, "files", self._state.path)
        files.update({name: item.to_json() for name, item in self._waiting.items()})

    def load(self, *, validate: bool) -> dict[str, FileProgress]:
        """Every recorded file, in the order of recording."""
        self.flush()
        found: dict[str, FileProgress] = {}
        for name, entry in self._state.entries("files", validate=validate).items():
            try:
                found[name] = file_progress(self._state.path, name, entry)
            except CheckpointError as error:
                tolerate(error, validate)
        return found


class FileBook:
    """The file progress of every stage, in one directory."""

    def __init__(self, directory: str, config_hash: str | None, *, no_resume: bool) -> None:
        self._directory = directory
        self._config_hash = config_hash
        self._no_resume = no_resume
        self._stages: dict[str, StageFiles] = {}

    def of(self, stage: str) -> StageFiles:
        """The file progress of one stage.

        Raises:
            ValueError: The name is not a single path component.
        """
        if not stage or "/" in stage or "\0" in stage:
            raise ValueError(f"a stage's name must be a single path component, not {stage!r}")
        if stage not in self._stages:
            state = StateFile(
                os.path.join(self._directory, stage + FILES_SUFFIX),
                durable=False,
                config_hash=self._config_hash,
                no_resume=self._no_resume,
            )
            self._stages[stage] = StageFiles(stage, state)
        return self._stages[stage]

    def flush(self) -> None:
        """Write the records of every stage that wait."""
        for stage in self._stages.values():
            stage.flush()

    def recorded(self) -> list[str]:
        """The stages that have file progress on disk, by name."""
        names = sorted(os.listdir(self._directory))
        return [name.removesuffix(FILES_SUFFIX) for name in names if name.endswith(FILES_SUFFIX)]
