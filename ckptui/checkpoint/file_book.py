"""File progress: how each input file of a stage stands, one JSON file a stage."""

from __future__ import annotations

import os
from typing import Final

from ckptui.checkpoint.progress import FileProgress, file_progress
from ckptui.checkpoint.state_file import StateFile, entries_of, tolerate
from ckptui.errors import CheckpointError

FILES_SUFFIX: Final = "_files.json"


class FileBook:
    """Writes and reads the ``<stage>_files.json`` of a directory."""

    def __init__(self, directory: str, config_hash: str | None, *, no_resume: bool) -> None:
        self._directory = directory
        self._config_hash = config_hash
        self._no_resume = no_resume
        self._states: dict[str, StateFile] = {}

    def save(self, stage: str, progress: FileProgress) -> None:
        """Record how one file of a stage stands."""
        state = self._state(stage)

        def change(document: dict[str, object]) -> None:
            document["stage"] = stage
            entries_of(document, "files", state.path)[progress.file] = progress.to_json()

        state.update(change)

    def load(self, stage: str, *, validate: bool) -> dict[str, FileProgress]:
        """Every recorded file of a stage, in the order of recording."""
        state = self._state(stage)
        found: dict[str, FileProgress] = {}
        for name, entry in state.entries("files", validate=validate).items():
            try:
                found[name] = file_progress(state.path, name, entry)
            except CheckpointError as error:
                tolerate(error, validate)
        return found

    def stages(self) -> list[str]:
        """The stages that have file progress, by name."""
        names = sorted(os.listdir(self._directory))
        return [name.removesuffix(FILES_SUFFIX) for name in names if name.endswith(FILES_SUFFIX)]

    def _state(self, stage: str) -> StateFile:
        if not stage or "/" in stage or "\0" in stage:
            raise ValueError(f"a stage's name must be a single path component, not {stage!r}")
        if stage not in self._states:
            # Not fsynced: the marker of an output is the truth, and there may be 10,000 of these.
            self._states[stage] = StateFile(
                os.path.join(self._directory, stage + FILES_SUFFIX),
                durable=False,
                config_hash=self._config_hash,
                no_resume=self._no_resume,
            )
        return self._states[stage]
