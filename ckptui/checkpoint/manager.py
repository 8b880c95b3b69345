"""``CheckpointManager``: where a pipeline stands, stage by stage and file by file."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import weakref
from collections.abc import Iterable, Mapping
from typing import Final

from ckptui.checkpoint.adopt import should_skip_output
from ckptui.checkpoint.file_book import FileBook
from ckptui.checkpoint.load import load_with_compatibility
from ckptui.checkpoint.progress import FileProgress, ResumeSummary, StageStatus, check_status
from ckptui.checkpoint.stage_book import StageBook
from ckptui.checkpoint.state_file import StateFile, now
from ckptui.durable import StrPath
from ckptui.errors import CheckpointError
from ckptui.input_hash import Inputs
from ckptui.marker import has_done_marker

_log = logging.getLogger("ckptui")
STATE_NAME: Final = "pipeline_state.json"


class CheckpointManager:
    """Keeps ``pipeline_state.json`` and ``<stage>_files.json`` in a directory.

    Every write is atomic, and several processes may write: they take turns. Another ``config``
    than the one recorded means a fresh start, with a warning.

    Args:
        checkpoint_dir: Directory of the state files, made where it is missing; ``.checkpoints``
            in the run directory for the pipelines that ship.
        config: What the results depend on, JSON values. Its ``name`` names the pipeline.
        run_dir: Directory that outputs are recorded relative to; by default the parent of a
            ``checkpoint_dir`` whose name begins with a dot, else ``checkpoint_dir`` itself.
        no_resume: True starts afresh whatever is recorded.

    Raises:
        CheckpointError: The state that is there is damaged (``corrupted``) or of a newer version
            (``incompatible``): a silent fresh start would throw work away.
        OSError: The directory cannot be made.

    Example:
        >>> import tempfile
        >>> manager = CheckpointManager(tempfile.mkdtemp(), {"name": "demo", "k": 4})
        >>> manager.save_stage_status("chunk", "in_progress", input_hash="sha256:00")
        >>> manager.save_stage_status("chunk", "completed", outputs=["chunks.json"])
        >>> manager.load_stage_status("chunk").status
        'completed'
    """

    def __init__(
        self,
        checkpoint_dir: StrPath,
        config: Mapping[str, object] | None = None,
        *,
        run_dir: StrPath | None = None,
        no_resume: bool = False,
    ) -> None:
        self.checkpoint_dir = os.path.abspath(os.fspath(checkpoint_dir))
        self.run_dir = os.path.abspath(run_dir) if run_dir else self._default_run_dir()
        config_hash = None if config is None else _hash_config(config)
        os.makedirs(self.checkpoint_dir, exist_ok=True)
        state = StateFile(
            os.path.join(self.checkpoint_dir, STATE_NAME),
            durable=True,
            config_hash=config_hash,
            no_resume=no_resume,
        )
        state.read()
        self._stages = StageBook(state, str((config or {}).get("name", "pipeline")))
        self._files = FileBook(self.checkpoint_dir, config_hash, no_resume=no_resume)
        # Records that still wait are written when the manager, or the process, comes to its end.
        weakref.finalize(self, _flush, self._files)

    def _default_run_dir(self) -> str:
        parent, name = os.path.split(self.checkpoint_dir)
        return parent if name.startswith(".") else self.checkpoint_dir

    # Stages

    def save_stage_status(
        self,
        stage: str,
        status: str,
        *,
        input_hash: str | None = None,
        inputs: Iterable[Inputs] = (),
        outputs: Iterable[StrPath] = (),
        error: str | None = None,
    ) -> None:
        """Record how a stage stands.

        ``in_progress`` begins it anew; ``completed`` and ``failed`` end it and keep the hash and
        the inputs that it began with where none are given.

        Args:
            stage: Its name.
            status: ``not_started``, ``in_progress``, ``completed`` or ``failed``.
            input_hash: Fingerprint of its inputs.
            inputs: The lists behind it, so that a change can be named.
            outputs: Files it made; recorded relative to the run directory.
            error: What went wrong, for ``failed``.

        Raises:
            ValueError: An unknown status.
            OSError: The state cannot be written; what was there before is there.
        """
        record = StageStatus(
            stage=stage,
            status=check_status(status),
            input_hash=input_hash,
            inputs=tuple(inputs),
            outputs=tuple(self.relative(path) for path in outputs),
            error=error,
        )
        self.flush()
        self._stages.save(record)
        _log.info("Stage %s: %s", stage, status)

    def load_stage_status(self, stage: str, *, validate_on_load: bool = True) -> StageStatus | None:
        """How a stage stands, or None where nothing is recorded.

        Args:
            stage: Its name.
            validate_on_load: False takes a damaged record for none, with a warning.

        Raises:
            CheckpointError: ``corrupted`` where the record is damaged.
        """
        return self.stage_statuses(validate_on_load=validate_on_load).get(stage)

    def stage_statuses(self, *, validate_on_load: bool = True) -> dict[str, StageStatus]:
        """Every recorded stage, in the order of the state.

        Args:
            validate_on_load: False leaves damaged records out, with a warning.

        Raises:
            CheckpointError: ``corrupted`` where the state or a record is damaged.
        """
        return self._stages.load(validate=validate_on_load)

    def can_skip_stage(self, stage: str, input_hash: str | None = None) -> bool:
        """Whether a stage is completed, for these inputs, with all its outputs still there.

        Args:
            stage: Its name.
            input_hash: Fingerprint of its inputs as they are now; None does not compare.

        Raises:
            CheckpointError: ``corrupted`` where the state is damaged.
        """
        status = self.load_stage_status(stage)
        if status is None or status.status != "completed":
            return False
        if input_hash is not None and status.input_hash != input_hash:
            _log.info("Stage %s is done again: its inputs changed", stage)
            return False
        missing = self.missing_outputs(stage)
        if missing:
            _log.warning("Stage %s is done again: missing %s", stage, ", ".join(missing))
        return not missing

    def missing_outputs(self, stage: str) -> list[str]:
        """Recorded outputs of a stage that do not exist, under whatever key they were recorded."""
        status = self.load_stage_status(stage)
        outputs = status.outputs if status else ()
        return [output for output in outputs if not os.path.exists(self._recorded(output))]

    # Files

    def save_file_progress(
        self,
        stage: str,
        file: StrPath,
        status: str,
        *,
        output: StrPath | None = None,
        error: str | None = None,
    ) -> None:
        """Record how one input file of a stage stands.

        The marker of its output is the truth that resuming goes by; this record is for people.
        It is not fsynced, and in a stage of thousands of files it may wait for a moment to be
        written with the next ones (:meth:`flush`). A failure is written at once.

        Args:
            stage: The stage's name; a single path component.
            file: The input, by the name it is to be found under.
            status: ``not_started``, ``in_progress``, ``completed`` or ``failed``.
            output: What is made of it; recorded relative to the run directory.
            error: What went wrong, for ``failed``.

        Raises:
            ValueError: An unknown status, or a stage name with a ``/``.
            OSError: The record cannot be written.
        """
        made = None if output is None else self.relative(output)
        progress = FileProgress(os.fspath(file), check_status(status), made, error, now())
        self._files.of(stage).save(progress)

    def load_file_progress(
        self, stage: str, *, validate_on_load: bool = True
    ) -> dict[str, FileProgress]:
        """How each input file of a stage stands, in the order of recording.

        Args:
            stage: The stage's name.
            validate_on_load: False leaves damaged records out, with a warning.

        Raises:
            CheckpointError: ``corrupted`` where the record is damaged.
        """
        return self._files.of(stage).load(validate=validate_on_load)

    def flush(self) -> None:
        """Write the records of files that still wait; saving a stage's status does so too.

        Raises:
            OSError: They cannot be written.
        """
        self._files.flush()

    # Outputs

    def should_skip(self, output: StrPath, *, required_keys: Iterable[str] = ()) -> bool:
        """The resume rule: see :func:`ckptui.checkpoint.adopt.should_skip_output`.

        Args:
            output: The output of one unit of work; relative to the run directory, or absolute.
            required_keys: Top-level keys that it must hold to be adopted.
        """
        return should_skip_output(self.absolute(output), required_keys=required_keys)

    def load_checkpoint(
        self,
        output: StrPath,
        *,
        required_keys: Iterable[str] | None = None,
        validate_on_load: bool = True,
    ) -> dict[str, object]:
        """Load an output; see :func:`ckptui.load_with_compatibility`.

        Args:
            output: Relative to the run directory, or absolute.
            required_keys: Top-level keys that must be there.
            validate_on_load: False leaves out the checks of its bytes.

        Raises:
            CheckpointError: As validation found.
        """
        return load_with_compatibility(
            self.absolute(output),
            skip_validation=not validate_on_load,
            required_keys=required_keys,
        )

    def resume_summary(self) -> ResumeSummary:
        """What a resumed run finds: complete by marker, in progress, failed. Logs the counts.

        No checkpoint is opened: markers, and what the file progress recorded, say it all.

        Raises:
            CheckpointError: ``corrupted`` where a state is damaged.
        """
        self.flush()
        groups: dict[str, list[str]] = {"complete": [], "in_progress": [], "failed": []}
        by_file = self._files.recorded()
        for name, status in self.stage_statuses().items():
            if name not in by_file:
                groups["complete"] += [path for path in status.outputs if self._marked(path)]
                groups.get(status.status, []).append(name)
        for stage in by_file:
            for item in self.load_file_progress(stage).values():
                groups.get(self._standing(item), []).append(item.output or item.file)
        summary = ResumeSummary(**{name: tuple(found) for name, found in groups.items()})
        _log.info("Resuming %s: %s", self.run_dir, summary)
        return summary

    def _standing(self, item: FileProgress) -> str:
        if item.output is not None and self._marked(item.output):
            return "complete"
        if item.status in ("failed", "not_started"):
            return item.status
        return "in_progress"

    def _marked(self, output: str) -> bool:
        return has_done_marker(self._recorded(output))

    def _recorded(self, path: str) -> str:
        return os.path.join(self.run_dir, path)

    def absolute(self, path: StrPath) -> str:
        """Where a path that a caller gave lies.

        A relative one is taken from the working directory where that leads into the run
        directory, and from the run directory else. (Taking only the latter is how
        ``run/shard_0/shard_0`` comes about.)
        """
        here = os.path.abspath(path)
        within = os.path.commonpath((self.run_dir, os.getcwd())) == self.run_dir
        if not within and here.startswith(self.run_dir + os.sep):
            return here
        return os.path.join(self.run_dir, os.fspath(path))

    def relative(self, path: StrPath) -> str:
        """A path as states record it: relative to the run directory where it lies inside."""
        name = os.path.normpath(self.absolute(path))
        inside = os.path.relpath(name, self.run_dir)
        return name if inside == os.pardir or inside.startswith(os.pardir + os.sep) else inside


def _flush(files: FileBook) -> None:
    try:
        files.flush()
    except (OSError, CheckpointError) as error:
        _log.warning("the last records of file progress are lost: %s", error)


def _hash_config(config: Mapping[str, object]) -> str:
    text = json.dumps(config, sort_keys=True, default=str)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
