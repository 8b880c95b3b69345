"""``ckptui cancel``: stop a resumed run."""

from __future__ import annotations

import dataclasses
import sys

import click

from ckptui.cli.common import put_json, say
from ckptui.cli.places import AnyPath, run_directory
from ckptui.errors import CkptuiError
from ckptui.launch.local import cancel_run
from ckptui.launch.registry import find_run
from ckptui.terms import EXIT_FAILURE, EXIT_OK


@click.command("cancel")
@click.argument("path", default=".", type=AnyPath())
@click.argument("run_id", required=False)
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def cancel_command(path: str, run_id: str | None, yes: bool, as_json: bool) -> int:
    """Stop the run that works in PATH (or RUN_ID): INT, then TERM, then KILL to its whole group.

    What it has saved stays, and ckptui resume carries it on.
    """
    root = run_directory(path)
    if not yes:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise CkptuiError("no terminal to ask on; say --yes to cancel the run")
        run = find_run(root, run_id)
        if not click.confirm(f"Cancel run {run.id} on {run.host}?", default=False, err=True):
            say("the run goes on")
            return EXIT_FAILURE
    run = cancel_run(root, run_id)
    if as_json:
        put_json(dataclasses.asdict(run), indent=2)
    else:
        say(f"asked run {run.id} to end; ckptui runs {path} shows when it has")
    return EXIT_OK
