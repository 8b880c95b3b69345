"""The qa pipeline, put together: five steps behind one stage checkpoint."""

from __future__ import annotations

import os
from functools import partial
from typing import Final

from ckptui.checkpoint.stage import (
    StageCheckpoint,
    load_stage_checkpoint,
    save_stage_checkpoint,
    should_skip_stage,
)
from ckptui.errors import PipelineError
from ckptui.input_hash import Inputs, hash_inputs, list_inputs
from ckptui.marker import has_done_marker
from ckptui.pipeline.model import Pipeline, Stage
from ckptui.pipeline.qa.steps import DATASET, STEPS, Desk
from ckptui.pipeline.run import Run
from ckptui.pipeline.talk import log

NAME: Final = "qa"
_PATTERN: Final = "**/*.md"


def qa_stage(documents: str, *, optional: bool = False) -> Stage:
    """Markdown → index → questions → answers → validate → export, as one stage.

    Args:
        documents: Absolute path of the folder.
        optional: True where a larger pipeline can do without it.
    """
    return Stage(
        NAME,
        partial(generate, documents),
        optional=optional,
        inputs=lambda run: (_inputs(documents, run),),
        outputs=("qa/*.json", DATASET),
        params=(),
    )


def qa_pipeline(documents: str) -> Pipeline:
    """The pipeline that is this stage alone."""
    return Pipeline(NAME, (qa_stage(documents),))


def _inputs(documents: str, run: Run) -> Inputs:
    if not os.path.isdir(documents):
        raise PipelineError(f"{documents}: there is no such folder of Markdown.")
    return list_inputs(documents, _PATTERN, exclude=(run.run_dir,))


def generate(documents: str, run: Run) -> None:
    """Do the steps that are not done yet for these documents.

    Raises:
        PipelineError: There is no Markdown, or nothing to ask about in it.
    """
    inputs = _inputs(documents, run)
    if not inputs.files:
        raise PipelineError(f"{documents}: holds no Markdown file (*.md) to make questions from.")
    desk, done = Desk(run, inputs), _completed(run, inputs)
    for name, step in STEPS.items():
        run.check()
        if name in done:
            run.add_output(desk.output(name))
            continue
        log.info("  %s", name)
        step(desk)
        done.append(name)
        _save(run, inputs, done)
        run.pace()


def _completed(run: Run, inputs: Inputs) -> list[str]:
    """The steps that stand, in order: recorded for these inputs, and their outputs still there."""
    digest = hash_inputs(inputs)
    checkpoint = load_stage_checkpoint(
        run.path(DATASET), input_hash=digest, inputs=[inputs], no_resume=run.flags.no_resume
    )
    done: list[str] = []
    desk = Desk(run, inputs)
    for name in STEPS:
        whole = has_done_marker(run.path(desk.output(name)))
        if not whole or not should_skip_stage(checkpoint, name, digest):
            return done
        done.append(name)
    return done


def _save(run: Run, inputs: Inputs, done: list[str]) -> None:
    checkpoint = StageCheckpoint(done[-1], hash_inputs(inputs), tuple(done), inputs=(inputs,))
    save_stage_checkpoint(run.path(DATASET), checkpoint, all_stages=tuple(STEPS))
