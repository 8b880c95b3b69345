"""``ckptui status``: every checkpoint of a run directory, judged by header only."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ckptui.cli.caching import no_cache_option
from ckptui.cli.common import put, put_json, say
from ckptui.cli.looking import look_once, say_notes
from ckptui.cli.places import AnyPath, run_directory
from ckptui.terms import EXIT_FAILURE, EXIT_OK

if TYPE_CHECKING:
    from ckptui.launch.model import RunRecord
    from ckptui.watch.model import Snapshot


def print_status(root: str, *, as_json: bool, ascii_only: bool) -> int:
    """Look once at a run directory and print what is there."""
    snapshot = look_once(root)
    say_notes(snapshot)
    if as_json:
        _put_document(snapshot)
    else:
        _put_table(snapshot, ascii_only=ascii_only)
    if snapshot.problem:
        say(snapshot.problem)
        return EXIT_FAILURE
    return EXIT_OK


def _put_document(snapshot: Snapshot) -> None:
    from ckptui.present.documents import status_document, to_json  # what a table does not need

    put_json(to_json(status_document(snapshot, _runs(snapshot))), indent=2)


def _put_table(snapshot: Snapshot, *, ascii_only: bool) -> None:
    from ckptui.present.tables import status_table  # loaded after the look has begun

    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    for line in status_table(snapshot, _runs(snapshot), ascii_only=ascii_only or not utf8):
        put(line)


def _runs(snapshot: Snapshot) -> Sequence[RunRecord]:
    if not snapshot.run_files:  # most have none
        return ()
    from ckptui.launch.registry import parse_runs

    return parse_runs(snapshot.run_files)


@click.command("status", params=[no_cache_option()])
@click.argument("path", default=".", type=AnyPath())
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--ascii", "ascii_only", is_flag=True, help="No glyphs beyond ASCII.")
def status_command(path: str, as_json: bool, ascii_only: bool) -> int:
    """Show every checkpoint in PATH with its verdict by header, stages, failures and runs.

    Reads the header of each file only: what fails there is named at once, what does not is
    "unchecked" until ckptui validate has read it whole. Exits 0 once it has listed.
    """
    return print_status(run_directory(path), as_json=as_json, ascii_only=ascii_only)
