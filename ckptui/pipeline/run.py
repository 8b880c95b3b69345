"""The Run: what a stage is given to read, save, report and stop by."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from typing import Final, TypeAlias

from ckptui.checkpoint.context import PipelineContext
from ckptui.checkpoint.manager import CheckpointManager
from ckptui.checkpoint.save import atomic_save
from ckptui.durable import atomic_write_bytes
from ckptui.errors import CheckpointError, PipelineError
from ckptui.failure_log import log_failed_checkpoint
from ckptui.input_hash import Inputs
from ckptui.launch.progress import write_progress
from ckptui.marker import create_done_marker, has_done_marker, remove_done_marker
from ckptui.pipeline.interrupts import Interrupt
from ckptui.pipeline.model import Flags, Job, Stage
from ckptui.pipeline.origin import hash_params, inputs_of, origin_of
from ckptui.pipeline.talk import ProgressLines, log

UNITS_LOG: Final = "logs/units.log"
"""One line a unit that was executed: time, stage, ``start`` or ``done``, output."""


PARTIAL: Final = "partial:left-out"
"""Stands for the input hash of what was not made from all inputs: it equals none, so that the next
run does it anew, and its prefix is no known one, so that nobody calls it stale."""

UnitFunction: TypeAlias = "Callable[[Unit], None]"


class Unit:
    """One piece of a stage's work with one output file; it is done when its marker stands.

    Attributes:
        name: What the unit works on, for example the path of its input.
        output: Its output, relative to the run directory.
    """

    def __init__(self, run: Run, name: str, output: str) -> None:
        self._run = run
        self.name = name
        self.output = output

    def save(self, document: Mapping[str, object], required_keys: Sequence[str] = ()) -> None:
        """Save the unit's output as a torch file; see :meth:`Run.save`."""
        self._run.save(document, self.output, required_keys)

    def write(self, data: bytes) -> None:
        """Write the unit's output as plain bytes; see :meth:`Run.write`."""
        self._run.write(self.output, data)


class Run:
    """One run of a pipeline, as its stages see it.

    Attributes:
        run_dir: Absolute path of the run directory.
        params: The parameters that shape the result.
        flags: How to treat what an earlier run has left.
        stage: Name of the stage at work.
        input_hash: Its input hash; saved outputs carry it. PARTIAL once something was left out.
        params_hash: Fingerprint of the parameters that the stage depends on; likewise.
        outputs: What the stage has written or found standing, relative to the run directory.
        left_out: Bad checkpoints that ``force_resume`` left out so far, in any stage.
    """

    def __init__(
        self, job: Job, manager: CheckpointManager, context: PipelineContext, interrupt: Interrupt
    ) -> None:
        self._job = job
        self._manager = manager
        self._interrupt = interrupt
        self._lines = ProgressLines()
        self.context = context
        self.run_dir = job.run_dir
        self.params: Mapping[str, object] = job.params
        self.params_hash = ""
        self.flags: Flags = job.flags
        self.stage = ""
        self.input_hash: str | None = None
        self.outputs: list[str] = []
        self._redo = set(_texts(context.extra.get("redo")))
        self.left_out: list[str] = []

    @cached_property
    def inputs(self) -> tuple[Inputs, ...]:
        """All inputs of the pipeline, listed once, so that every stage sees the same."""
        return inputs_of(self._job.inputs, self.run_dir)

    def input_files(self) -> list[str]:
        """Absolute paths of all input files."""
        return [os.path.join(group.root, path) for group in self.inputs for path, _ in group.files]

    def path(self, relative: str) -> str:
        """Absolute path of something in the run directory."""
        return os.path.join(self.run_dir, relative)

    def begin_stage(self, stage: Stage, input_hash: str | None) -> None:
        """Turn to the next stage (the runner calls this)."""
        self.stage, self.outputs = stage.name, []
        self.params_hash = hash_params(stage.params_of(self.params))
        self.input_hash = PARTIAL if self.left_out else input_hash

    # --- units -------------------------------------------------------------------------------

    def each(
        self,
        names: Iterable[str],
        work: UnitFunction,
        *,
        output: Callable[[str], str],
        required_keys: Sequence[str] = (),
    ) -> list[str]:
        """Do every unit that is not done yet, in order, with progress; see :meth:`do`.

        Args:
            names: The units, for example paths of input files.
            work: Does one unit; it must call ``unit.save`` or ``unit.write``.
            output: Name → output path, relative to the run directory.
            required_keys: Top-level keys that a torch output must have to be adopted.

        Returns:
            The outputs of all units, in order.
        """
        units = list(names)
        write_progress(self.run_dir, 0, len(units), f"{self.stage} 0 of {len(units)}")
        for number, name in enumerate(units, start=1):
            self.do(name, output(name), work, required_keys=required_keys)
            self.progress(number, len(units), f"{self.stage} {number} of {len(units)}")
        return [output(name) for name in units]

    def do(
        self, name: str, output: str, work: UnitFunction, *, required_keys: Sequence[str] = ()
    ) -> None:
        """Do one unit, unless it is done already.

        A unit whose output and marker stand is skipped without opening it. An output without a
        marker is adopted where it is whole and says that it was made from the same inputs.

        Raises:
            RunInterrupted: A stop was asked for.
            PipelineError: ``work`` left the unit without output.
        """
        self.check()
        if self._stands(output, required_keys):
            self.add_output(output)
        else:
            self.execute(name, output, work)

    def _stands(self, output: str, required_keys: Sequence[str]) -> bool:
        path = self.path(output)
        if not os.path.exists(path):
            return False
        if not has_done_marker(path) and not self._may_adopt(output):
            return False
        return self._manager.should_skip(path, required_keys=required_keys)

    def _may_adopt(self, output: str) -> bool:
        if self.flags.skip_checkpoint_validation or not output.endswith(".pt"):
            return False
        return self.is_ours(output)

    def is_ours(self, output: str) -> bool:
        """True where a torch output says that it was made from the same inputs, and may count."""
        made = origin_of(self.path(output))
        return made == (self.input_hash, self.params_hash) and not self._told_anew(output)

    def is_of_others(self, output: str) -> bool:
        """True where a torch output says that it was made from other inputs, or may not count."""
        made = origin_of(self.path(output))
        return self._told_anew(output) or (
            None not in made and made != (self.input_hash, self.params_hash)
        )

    def _told_anew(self, output: str) -> bool:
        """What was to be done anew does not count until it is, whatever it was made from."""
        return output in self._redo and not has_done_marker(self.path(output))

    def distrust(self, outputs: Iterable[str]) -> None:
        """Take the trust out of outputs: they must be made anew, also if this run is killed.

        The files stay until new ones replace them. The list is on disk before the first marker
        goes, so that no later run can adopt what lost its marker here.
        """
        outputs = set(outputs)
        self._redo |= outputs
        self._save_context()
        for output in sorted(outputs):
            remove_done_marker(self.path(output))

    def execute(self, name: str, output: str, work: UnitFunction, *, record: bool = True) -> None:
        """Do one unit whether or not its marker stands; :meth:`do` is the way to ask first.

        ``record`` is False for checkpoints of a series, which are no units of their stage.
        """
        self.note_unit("start", output)
        try:
            work(Unit(self, name, output))
        except Exception as error:
            if record:
                self._record(name, "failed", output, str(error))
            raise
        if not has_done_marker(self.path(output)):
            raise PipelineError(f"{output}: stage {self.stage} left its unit without output.")
        if record:
            self._record(name, "completed", output)
        self.note_unit("done", output)
        self.pace()

    def _record(self, name: str, status: str, output: str, error: str | None = None) -> None:
        # The disk that could not take the output may not take this either.
        with suppress(OSError):
            self._manager.save_file_progress(self.stage, name, status, output=output, error=error)

    def note_unit(self, event: str, output: str) -> None:
        """Append one line to the log of unit executions."""
        line = f"{datetime.now(UTC).isoformat()}\t{self.stage}\t{event}\t{output}\n"
        path = self.path(UNITS_LOG)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "ab") as file:
            file.write(os.fsencode(line))

    # --- saving ------------------------------------------------------------------------------

    def save(
        self, document: Mapping[str, object], relative: str, required_keys: Sequence[str] = ()
    ) -> None:
        """Save a torch file with its marker; it carries the hash of inputs and of parameters.

        Raises:
            CheckpointError: It cannot be saved; what was there before is still there.
        """
        path = self.path(relative)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        atomic_save(
            {**document, "params_hash": self.params_hash},
            path,
            skip_validation=self.flags.skip_checkpoint_validation,
            required_keys=list(required_keys) or None,
            input_hash=self.input_hash,
        )
        self._made(relative)

    def write(self, relative: str, data: bytes) -> None:
        """Write a plain file with its marker, in the order that keeps the marker honest."""
        path = self.path(relative)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        remove_done_marker(path)
        atomic_write_bytes(path, data)
        create_done_marker(path)
        self._made(relative)

    def _made(self, relative: str) -> None:
        self.add_output(relative)
        if relative in self._redo:
            self._redo.discard(relative)
            self._save_context()

    def add_output(self, relative: str) -> None:
        """Record an output of the stage."""
        if relative not in self.outputs:
            self.outputs.append(relative)

    # --- talking and stopping ----------------------------------------------------------------

    def progress(self, done: int, total: int, text: str) -> None:
        """Report progress: a line in the log now and then, and what the screen shows.

        Args:
            done, total: Units done, and in all.
            text: For example ``features 12 of 40``.
        """
        self._lines.say(done, total, text)
        write_progress(self.run_dir, done, total, text)

    def check(self) -> None:
        """Stop here if a stop was asked for; long loops call this often.

        Raises:
            RunInterrupted: A stop was asked for.
        """
        self._interrupt.check()

    def pace(self) -> None:
        """Wait as long as ``pace`` says, and stop here if a stop was asked for."""
        self._interrupt.wait(self._job.pace)

    def set_step(self, step: int, task: str) -> None:
        """Record in the context how far the pipeline is."""
        self.context.current_step = step
        self.context.current_task = {"stage": task} if task else {}
        self._save_context()

    def _save_context(self) -> None:
        self.context.extra["redo"] = sorted(self._redo)
        self.context.save_checkpoint(self.run_dir)

    def tolerate(self, errors: Sequence[CheckpointError]) -> None:
        """Log bad checkpoints and go on, where ``force_resume`` allows it.

        Raises:
            CheckpointError: It does not; the first of the errors, with what to do.
        """
        if errors and not self.flags.force_resume:
            raise _with_remedy(errors)
        for error in errors:
            log.warning("passed over (--force-resume): %s", error)
            log_failed_checkpoint(error.path, f"{error.category}: {error.message}")

    def leave_out(self, errors: Sequence[CheckpointError]) -> None:
        """Go on without what bad checkpoints held; the run then ends as finished in part.

        Raises:
            CheckpointError: ``force_resume`` does not allow it.
        """
        self.tolerate(errors)
        self.left_out += [os.path.relpath(error.path, self.run_dir) for error in errors]
        if errors:
            self.input_hash = PARTIAL


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def writing(data: bytes) -> UnitFunction:
    """The work of a unit whose bytes are at hand already."""
    return lambda unit: unit.write(data)


def _with_remedy(errors: Sequence[CheckpointError]) -> CheckpointError:
    first = errors[0]
    more = f" So are {len(errors) - 1} more." if len(errors) > 1 else ""
    return CheckpointError(
        first.path,
        first.category,
        f"{first.message}{more} Put it aside with `ckptui repair quarantine` and resume, so that "
        "it is made anew, or go on without it with --force-resume.",
    )


def seconds_text(started: float) -> str:
    """Seconds since a monotonic moment, for a line in the log."""
    return f"{time.monotonic() - started:.1f} s"
