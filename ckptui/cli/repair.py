"""``ckptui repair``: one repair, planned, shown, applied."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from ckptui.cli.common import put_json, say, talk
from ckptui.cli.looking import look_once
from ckptui.cli.places import AnyPath, home_of, run_directory
from ckptui.errors import RepairError
from ckptui.present.documents import repair_document, to_json
from ckptui.present.repairs import outcome_lines, plan_lines, plan_title
from ckptui.present.spans import text_of
from ckptui.repair import apply, plan
from ckptui.repair.fingerprint import plan_fingerprint, still
from ckptui.repair.model import Outcome, Plan
from ckptui.shell import shell_word
from ckptui.terms import EXIT_FAILURE, EXIT_OK, Action


@click.command("repair")
@click.argument("action", metavar="ACTION", type=click.Choice([action.value for action in Action]))
@click.argument("paths", nargs=-1, required=True, type=AnyPath())
@click.option("--root", type=AnyPath(), help="The run directory, where it is not plain.")
@click.option("--dry-run", is_flag=True, help="Show what would be done and change nothing.")
@click.option("--yes", is_flag=True, help="Apply without asking.")
@click.option("--even-last-good", is_flag=True, help="Also where the last good one would move.")
@click.option("--plan", "shown", default="", help="Only if it is still the plan of this dry run.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def repair_command(
    action: str,
    paths: tuple[str, ...],
    root: str | None,
    dry_run: bool,
    yes: bool,
    even_last_good: bool,
    shown: str,
    as_json: bool,
) -> int:
    """Apply the repair ACTION to PATH…, all of one run directory.

    \b
    renew-marker   validate; whole: a new marker, damaged: the marker is removed
    add-marker     validate, then mark as complete
    remove-marker  take the marker away
    quarantine     move a checkpoint and its marker to the trash
    restore        bring a file back from the trash
    promote        give a complete temporary file its final name
    clean          move left-over temporary files to the trash
    allow-globals  write the names that its pickle needs into RUN/ckptui.toml
    validate       read whole and judge

    Nothing is deleted: things move to RUN/.ckptui/trash, and ckptui undo RUN takes it back.
    Without a terminal nothing is asked: say --dry-run or --yes.
    """
    home = run_directory(root or home_of(paths[0]))
    planned = plan(Action(action), home, _within(home, paths), last_good=_last_good(home))
    if dry_run:
        _show(planned, Outcome(planned.action, planned.steps, applied=False, undo_id=None), as_json)
        return EXIT_OK
    still(shown, plan_fingerprint(planned))
    if not agreed(planned, yes=yes):
        say("nothing was changed")
        return EXIT_FAILURE
    if planned.confirm and not even_last_good and not _asked(planned.confirm, yes=yes):
        raise RepairError(planned.confirm + " Say --even-last-good if that is what you want.")
    outcome = apply(planned, confirm=bool(planned.confirm))
    _show(planned, outcome, as_json)
    return EXIT_OK


def _within(root: str, paths: Sequence[str]) -> list[str]:
    """The paths relative to the run directory; a file's own last link is not followed."""
    real = os.path.realpath(root)
    found = []
    for path in paths:
        folder, name = os.path.split(os.path.abspath(path))
        relative = os.path.relpath(os.path.join(os.path.realpath(folder), name), real)
        if relative == os.curdir or relative.split(os.sep)[0] == os.pardir:
            raise RepairError(
                f"{path}: not inside the run directory {root}; name the run with --root"
            )
        found.append(relative)
    return found


def _last_good(root: str) -> str | None:
    good = look_once(root).last_good
    return good.path if good else None


def agreed(planned: Plan, *, yes: bool) -> bool:
    """Show a plan and ask, unless told ``--yes``.

    Raises:
        RepairError: There is nobody to ask.
    """
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise RepairError("no terminal to ask on; say --dry-run to see the plan, --yes to apply it")
    talk(plan_title(planned))
    for each in plan_lines(planned, undo_key=_undo(planned)):
        talk(text_of(each))
    return click.confirm("Apply it?", default=False, err=True)


def _asked(question: str, *, yes: bool) -> bool:
    if yes or not sys.stdin.isatty():
        return False
    return click.confirm(question + " Do it?", default=False, err=True)


def _show(planned: Plan, outcome: Outcome, as_json: bool) -> None:
    preview = [text_of(each) for each in plan_lines(planned, undo_key=_undo(planned))]
    if as_json:
        document = repair_document(
            outcome,
            warnings=planned.warnings,
            confirm=planned.confirm,
            preview=preview,
            plan=plan_fingerprint(planned),
        )
        put_json(to_json(document), indent=2)
        return
    if outcome.applied:
        for warning in planned.warnings:
            say(warning)
    for each in outcome_lines(outcome) if outcome.applied else [plan_title(planned), *preview]:
        click.echo(each.replace("; undo takes it back", f"; {_undo(planned)} takes it back"))


def _undo(planned: Plan) -> str:
    """The command that takes it back: it names the run, which need not be where the person is."""
    near = os.path.relpath(planned.root)
    return f"ckptui undo {shell_word(planned.root if near.startswith(os.pardir) else near)}"
