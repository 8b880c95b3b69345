"""``ckptui status``: every checkpoint of a run directory, judged by header only."""

from __future__ import annotations

import sys

import click

from ckptui.cli.caching import no_cache_option
from ckptui.cli.checking import look_once, say_notes
from ckptui.cli.common import put, put_json, say
from ckptui.cli.places import AnyPath, run_directory
from ckptui.launch.registry import parse_runs
from ckptui.present.documents import status_document, to_json
from ckptui.present.sentences import status_table
from ckptui.terms import EXIT_FAILURE, EXIT_OK


def print_status(root: str, *, as_json: bool, ascii_only: bool) -> int:
    """Look once at a run directory and print what is there."""
    snapshot = look_once(root)
    say_notes(snapshot)
    runs = parse_runs(snapshot.run_files)
    if as_json:
        put_json(to_json(status_document(snapshot, runs)), indent=2)
    else:
        utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        for line in status_table(snapshot, runs, ascii_only=ascii_only or not utf8):
            put(line)
    if snapshot.problem:
        say(snapshot.problem)
        return EXIT_FAILURE
    return EXIT_OK


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
