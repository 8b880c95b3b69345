"""The series of training checkpoints: their names, and the newest one that can be trusted."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Final

from ckptui.errors import CheckpointError
from ckptui.pipeline.run import Run
from ckptui.pipeline.sequences.merging import load
from ckptui.pipeline.sequences.network import KEYS
from ckptui.pipeline.talk import log
from ckptui.validation.check import check_file

OUTPUTS: Final = ("checkpoints/ckpt_*.pt",)
_NAME: Final = re.compile(r"ckpt_(\d+)\.pt")
_DEEPEST: Final = 5


def checkpoint_path(step: int) -> str:
    """Where the checkpoint of a step goes, relative to the run directory."""
    return f"checkpoints/ckpt_{step:07d}.pt"


def problem_of(run: Run, relative: str) -> str:
    """Why a training checkpoint cannot be relied upon, in one sentence; empty where it can."""
    try:
        _check(run, relative)
    except CheckpointError as error:
        return f"{relative}: {error.message}"
    return ""


def newest_good(run: Run, last_step: int) -> Mapping[str, object] | None:
    """Load the newest checkpoint that is whole and of this training, newest first by step.

    Args:
        run: The run.
        last_step: Steps beyond are of a longer training, and not looked at.

    Returns:
        What it holds, or None where training begins.

    Raises:
        CheckpointError: There are checkpoints and none of them is good: to begin again without a
            word would lose what they hold.
    """
    bad: list[CheckpointError] = []
    others = 0
    for relative in _newest_first(run, last_step):
        if run.is_of_others(relative):
            others += 1
            continue
        try:
            return _trusted(run, relative)
        except CheckpointError as error:
            log.warning("%s passed over: %s", relative, error.message)
            bad.append(error)
    run.tolerate(bad)
    if others:
        log.info("  %d checkpoints are of other inputs or parameters, so training begins", others)
    return None


def _newest_first(run: Run, last_step: int) -> Iterator[str]:
    folder = run.path("checkpoints")
    names = os.listdir(folder) if os.path.isdir(folder) else []
    steps = [int(match[1]) for name in names if (match := _NAME.fullmatch(name))]
    for step in sorted(steps, reverse=True):
        if step <= last_step:
            yield checkpoint_path(step)


def _trusted(run: Run, relative: str) -> Mapping[str, object]:
    if not run.flags.skip_checkpoint_validation:
        _check(run, relative)
    return load(run, run.path(relative), KEYS)


def _check(run: Run, relative: str) -> None:
    path = run.path(relative)
    # This run holds the claim: nobody else is writing, so a young file is no excuse.
    verdict = check_file(path, level=_DEEPEST, required_keys=KEYS, settle=False)
    if not verdict.ok:
        raise CheckpointError(path, verdict.category, verdict.reason)
    if not run.is_ours(relative):
        raise CheckpointError(path, "incompatible", "does not say that it is of this training")
