"""The runner: takes the claim, does the stages in order, and ends with an honest exit code."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from ckptui.checkpoint.context import PipelineContext
from ckptui.checkpoint.manager import CheckpointManager
from ckptui.errors import PipelineError
from ckptui.input_hash import Inputs, hash_all_inputs
from ckptui.launch.claim import take_claim
from ckptui.launch.command import record_command
from ckptui.pipeline.endings import ending
from ckptui.pipeline.interrupts import Interrupt, RunInterrupted, listening
from ckptui.pipeline.leftovers import clean_leftovers
from ckptui.pipeline.model import Flags, Job, Pipeline, Stage
from ckptui.pipeline.run import Run, seconds_text
from ckptui.pipeline.staleness import Need, need_of, outputs_of
from ckptui.pipeline.talk import log, talking
from ckptui.terms import EXIT_OK, EXIT_PARTIAL

STATE_DIRECTORY = ".checkpoints"
"""Where stage states lie, relative to the run directory."""


def run_pipeline(
    pipeline: Pipeline,
    run_dir: str,
    inputs: Sequence[str] = (),
    params: Mapping[str, object] | None = None,
    flags: Flags | None = None,
    *,
    pace: float = 0.0,
    command: Sequence[str] = (),
) -> int:
    """Run a pipeline, carrying on with what an earlier run of it left.

    Args:
        pipeline: Its stages.
        run_dir: The run directory; made where it does not exist.
        inputs: Files and directories that it reads.
        params: Everything else that shapes the result, as plain JSON values.
        flags: How to treat what an earlier run has left.
        pace: Seconds to wait after each unit, so that a person can watch.
        command: argv that carries the run on, recorded for ``ckptui resume``.

    Returns:
        An exit code: 0 all done, 2 done in part, 1 failed, 3 checkpoint trouble, 130 interrupted.
        Errors are sentences on stderr, never exceptions.

    Example:
        >>> import tempfile
        >>> stage = Stage("hello", lambda run: run.write("hello.txt", b"hi"))
        >>> run_pipeline(Pipeline("greet", (stage,)), tempfile.mkdtemp())
        0
    """
    job = Job(
        pipeline=pipeline,
        run_dir=os.path.abspath(run_dir),
        inputs=tuple(os.path.abspath(path) for path in inputs),
        params=dict(params or {}),
        flags=flags or Flags(),
        pace=pace,
        command=tuple(command),
    )
    with talking(), ending(job.run_dir) as end, listening() as interrupt:
        end.code = _claimed(job, interrupt)
    return end.code


def _claimed(job: Job, interrupt: Interrupt) -> int:
    if os.path.exists(job.run_dir) and not os.path.isdir(job.run_dir):
        raise PipelineError(f"{job.run_dir}: is a file; give a directory for the run.")
    os.makedirs(job.run_dir, exist_ok=True)
    what = f"the {job.pipeline.name} pipeline"
    with take_claim(job.run_dir, what=what):
        if job.command:
            record_command(job.run_dir, list(job.command), os.getcwd(), pipeline=job.pipeline.name)
        return _Runner(job, interrupt).go()


class _Runner:
    """Does the stages of one job, in order."""

    def __init__(self, job: Job, interrupt: Interrupt) -> None:
        name, afresh = job.pipeline.name, job.flags.no_resume
        self._job = job
        self._manager = CheckpointManager(
            os.path.join(job.run_dir, STATE_DIRECTORY),
            {"name": name},  # parameters are compared stage by stage, below
            no_resume=afresh,
        )
        context = None if afresh else PipelineContext.load_checkpoint(job.run_dir, name)
        self._run = Run(job, self._manager, context or PipelineContext(name), interrupt)
        self._failed: list[str] = []

    def go(self) -> int:
        log.info("%s in %s", self._job.pipeline.name, self._job.run_dir)
        self._begin_anew_if_asked()
        stages = self._job.pipeline.stages
        for number, stage in enumerate(stages):
            self._run.check()
            self._run.set_step(number, stage.name)
            self._do(stage)
        self._run.set_step(len(stages), "")
        return self._end()

    def _begin_anew_if_asked(self) -> None:
        """What changed parameters and ``--no-resume`` concern is not trusted any more."""
        context, params = self._run.context, dict(self._job.params)
        for stage in self._job.pipeline.stages:
            why = "--no-resume" if self._job.flags.no_resume else self._params_changed(stage)
            if why:
                log.info("%s: begins anew: %s", stage.name, why)
                self._distrust(stage)
                self._manager.save_stage_status(stage.name, "not_started")
        # Only now: a crash before this finds the old parameters here, and does the same again.
        context.spec_raw = json.dumps(params, sort_keys=True)
        context.save_checkpoint(self._job.run_dir)

    def _params_changed(self, stage: Stage) -> str:
        if self._manager.load_stage_status(stage.name) is None:
            return ""
        try:
            recorded: object = json.loads(self._run.context.spec_raw)
        except ValueError:
            recorded = None
        if not isinstance(recorded, dict):
            return "the parameters of the last run are not recorded"
        return _changed(stage.params_of(recorded), stage.params_of(self._job.params))

    def _distrust(self, stage: Stage) -> None:
        recorded = self._manager.load_stage_status(stage.name)
        known = set(recorded.outputs) if recorded else set()
        self._run.distrust(known | outputs_of(self._job.run_dir, stage))

    def _do(self, stage: Stage) -> None:
        try:
            self._attempt(stage)
        except Exception as error:
            if not stage.optional:
                raise
            self._failed.append(stage.name)
            log.warning("%s failed, and is optional, so the run goes on: %s", stage.name, error)

    def _attempt(self, stage: Stage) -> None:
        self._run.begin_stage(stage, None)
        with self._recorded_if_it_fails(stage, ()):
            inputs = self._run.inputs if stage.inputs is None else stage.inputs(self._run)
        need = self._need(stage, inputs)
        log.info("%s: %s", stage.name, need.why)
        if not need.work:
            return
        if need.anew:
            self._distrust(stage)
        started = time.monotonic()
        self._run.begin_stage(stage, hash_all_inputs(inputs))
        self._save(stage, "in_progress", inputs)
        with self._recorded_if_it_fails(stage, inputs):
            stage.function(self._run)
        self._complete(stage, inputs)
        log.info("%s: done in %s", stage.name, seconds_text(started))

    def _need(self, stage: Stage, inputs: Sequence[Inputs]) -> Need:
        recorded = self._manager.load_stage_status(stage.name)
        need = need_of(self._job.run_dir, recorded, inputs)
        if need.work or stage.check is None or self._job.flags.skip_checkpoint_validation:
            return need
        self._run.begin_stage(stage, hash_all_inputs(inputs))
        unsound = stage.check(self._run)
        return Need(True, False, f"goes on: {unsound}") if unsound else need

    @contextmanager
    def _recorded_if_it_fails(self, stage: Stage, inputs: Sequence[Inputs]) -> Iterator[None]:
        try:
            yield
        except RunInterrupted as stop:
            self._save(stage, "in_progress", inputs, error=f"interrupted by {stop}")
            raise
        except Exception as error:
            # A full disk may be what failed; then the first error is the one to tell.
            with suppress(OSError):
                self._save(stage, "failed", inputs, error=str(error) or type(error).__name__)
            raise

    def _complete(self, stage: Stage, inputs: Sequence[Inputs]) -> None:
        clean_leftovers(self._job.run_dir, self._run.outputs)
        missing = self._run.left_out
        self._save(
            stage,
            "completed",
            inputs,
            error=f"made without {', '.join(missing)}" if missing else None,
        )
        if stage.name not in self._run.context.completed_tasks:
            self._run.context.completed_tasks.append(stage.name)

    def _save(
        self, stage: Stage, status: str, inputs: Sequence[Inputs], error: str | None = None
    ) -> None:
        self._manager.save_stage_status(
            stage.name,
            status,
            input_hash=self._run.input_hash,
            inputs=tuple(inputs),
            outputs=tuple(self._run.outputs),
            error=error,
        )

    def _end(self) -> int:
        if self._failed:
            log.warning("finished in part: %s failed", ", ".join(self._failed))
        if self._run.left_out:
            log.warning("finished in part: made without %s", ", ".join(self._run.left_out))
        if self._failed or self._run.left_out:
            return EXIT_PARTIAL
        log.info("all stages are done")
        return EXIT_OK


def _changed(before: Mapping[str, object], after: Mapping[str, object]) -> str:
    """Which parameters differ from those of the last run, in words; empty where none does."""
    names = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    return ", ".join(f"{name} was {before.get(name)}, is {after.get(name)}" for name in names)
