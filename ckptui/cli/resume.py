"""``ckptui resume``: carry a run on, in the background."""

from __future__ import annotations

import os
import sys

import click

from ckptui.cli.common import put, put_json, say, talk
from ckptui.cli.looking import look_once
from ckptui.cli.places import AnyPath, run_directory
from ckptui.errors import CkptuiError
from ckptui.launch.command import find_command
from ckptui.launch.local import start_run
from ckptui.launch.model import RunRecord
from ckptui.launch.preview import ResumePreview, resume_preview
from ckptui.present.documents import run_document, to_json
from ckptui.present.resuming import resume_lines
from ckptui.present.spans import text_of
from ckptui.terms import EXIT_FAILURE, EXIT_OK


@click.command("resume")
@click.argument("path", default=".", type=AnyPath())
@click.option("--dry-run", is_flag=True, help="Show what would be run, from where; start nothing.")
@click.option("--yes", is_flag=True, help="Start without asking.")
@click.option("--here", "on_login_node", is_flag=True, help="Also on a login node.")
@click.option(
    "--take-claim", is_flag=True, help="Take over the claim of another host; be sure it is gone."
)
@click.option("--plan", "shown", default="", help="Only if it is still the plan of this dry run.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def resume_command(
    path: str,
    dry_run: bool,
    yes: bool,
    on_login_node: bool,
    take_claim: bool,
    shown: str,
    as_json: bool,
) -> int:
    """Carry the run in PATH on, in a session of its own that outlives this terminal.

    The command is the one in PATH/ckptui.toml, or the one that the run was started with; ckptui
    set-command writes it. ckptui logs -f PATH shows what it says, ckptui cancel PATH stops it.
    """
    root = run_directory(path)
    preview = resume_preview(root, look_once(root), force=take_claim, on_login_node=on_login_node)
    if dry_run:
        _show(preview, as_json)
        return EXIT_OK
    if preview.command is None or preview.blocked:
        raise CkptuiError(
            preview.blocked or f"{path}: no command is known; see ckptui set-command -h"
        )
    if shown and shown != preview.plan:
        raise CkptuiError(
            "something changed since the preview, so nothing was started; look at it again"
        )
    if not yes and not _agreed(preview):
        say("nothing was started")
        return EXIT_FAILURE
    command = find_command(root)
    if command is None:
        raise CkptuiError(f"{path}: its command went away meanwhile; see ckptui set-command -h")
    _started(start_run(root, command, force=take_claim), path, as_json)
    return EXIT_OK


def _show(preview: ResumePreview, as_json: bool) -> None:
    if as_json:
        put_json(preview.to_json(), indent=2)
        return
    for each in resume_lines(preview.to_json()):
        put(text_of(each))


def _agreed(preview: ResumePreview) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CkptuiError("no terminal to ask on; say --dry-run to see it, --yes to start it")
    talk(f"Resume {os.path.basename(preview.root)}")
    for each in resume_lines(preview.to_json()):
        talk(text_of(each))
    return click.confirm("Start it?", default=False, err=True)


def _started(run: RunRecord, path: str, as_json: bool) -> None:
    if as_json:
        put_json(to_json(run_document(run)), indent=2)
        return
    say(f"run {run.id} started; ckptui logs -f {path} follows it, ckptui runs {path} lists it")
