"""``ckptui undo``: take a repair back, bit for bit."""

from __future__ import annotations

import sys

import click

from ckptui.cli.common import put_json, say
from ckptui.cli.places import AnyPath, run_directory
from ckptui.errors import RepairError
from ckptui.present.documents import repair_document, to_json
from ckptui.present.repairs import outcome_lines
from ckptui.repair import plan_undo, undo
from ckptui.repair.fingerprint import fingerprint, still
from ckptui.repair.model import Outcome
from ckptui.terms import EXIT_FAILURE, EXIT_OK


@click.command("undo")
@click.argument("path", default=".", type=AnyPath())
@click.argument("undo_id", required=False)
@click.option("--dry-run", is_flag=True, help="Show what would be taken back.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.option("--plan", "shown", default="", help="Only if it is still the plan of this dry run.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def undo_command(
    path: str, undo_id: str | None, dry_run: bool, yes: bool, shown: str, as_json: bool
) -> int:
    """Take back the last repair in the run directory PATH, or the one named UNDO_ID.

    ckptui journal PATH lists them. Content, mode and times come back as they were.
    """
    root = run_directory(path)
    planned = plan_undo(root, undo_id)
    if dry_run:
        _show(planned, as_json)
        return EXIT_OK
    still(shown, _plan(planned))
    if not yes:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise RepairError("no terminal to ask on; say --dry-run to see it, --yes to do it")
        for each in outcome_lines(planned):
            click.echo(each, err=True)
        if not click.confirm("Take it back?", default=False, err=True):
            say("nothing was changed")
            return EXIT_FAILURE
    _show(undo(root, undo_id), as_json)
    return EXIT_OK


def _show(outcome: Outcome, as_json: bool) -> None:
    if as_json:
        put_json(to_json(repair_document(outcome, plan=_plan(outcome))), indent=2)
        return
    for each in outcome_lines(outcome):
        click.echo(each)


def _plan(planned: Outcome) -> str:
    # Its message names what is taken back, its steps where that lies: both differ by repair.
    return fingerprint(f"{planned.action} {planned.message}", planned.steps)
