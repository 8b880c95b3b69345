"""``ckptui inputs``: what a stage was made from, and what of that differs now."""

from __future__ import annotations

import os
import sys
import time

import click

from ckptui.cli.asking import ask
from ckptui.cli.common import put, put_json, say
from ckptui.cli.places import AnyPath, home_of
from ckptui.errors import CkptuiError
from ckptui.present.inputs import inputs_lines
from ckptui.present.spans import text_of
from ckptui.terms import EXIT_OK


@click.command("inputs")
@click.argument("state", type=AnyPath())
@click.option("--stage", metavar="NAME", help="Only this stage.")
@click.option("--root", metavar="RUN", type=AnyPath(), help="The run directory of the state.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def inputs_command(state: str, stage: str | None, root: str | None, as_json: bool) -> int:
    """Tell why the stages of STATE are stale: which inputs were added, removed, resized or edited.

    \b
    STATE is a file in which a pipeline records its stages: x.checkpoint.json, or
    .checkpoints/pipeline_state.json. The lists of inputs that it keeps are made again, and
    compared; the newest input and the oldest output are told with their times.

    Exits 0 whatever has changed; 1 where STATE is no state, or cannot be read.
    """
    stages = ask(lambda: _stages(state, stage, root), state)
    assert isinstance(stages, list)  # noqa: S101  (ours)
    document: dict[str, object] = {"path": state, "stages": stages}
    if as_json:
        put_json(document, indent=2)
        return EXIT_OK
    if not stages:
        say(f"{state}: it records no stage" + (f" named {stage}" if stage else ""))
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    for each in inputs_lines(document, now=time.time()):
        put(text_of(each, ascii_only=not utf8))
    return EXIT_OK


def _stages(state: str, stage: str | None, root: str | None) -> list[dict[str, object]]:
    from ckptui.watch.stage_inputs import NoStateError, stage_inputs

    place = os.path.abspath(root) if root else home_of(state)
    try:
        return stage_inputs(place, os.path.abspath(state), stage)
    except NoStateError as error:
        raise CkptuiError(f"{state}: {error}; states are x.checkpoint.json and such") from error
