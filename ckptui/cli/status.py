"""``ckptui status``: every checkpoint of a run directory, judged by header only."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from ckptui.cli.caching import no_cache_option
from ckptui.cli.common import put, put_json, say
from ckptui.cli.filtering import TEACHING, filter_option
from ckptui.cli.looking import entries_option, look_once, say_left_out, say_notes
from ckptui.cli.places import AnyPath, run_directory
from ckptui.terms import EXIT_FAILURE, EXIT_OK

if TYPE_CHECKING:
    from ckptui.launch.model import RunRecord
    from ckptui.present.filter import Filter
    from ckptui.watch.model import Snapshot


def print_status(root: str, *, as_json: bool, ascii_only: bool, asked: Filter | None = None) -> int:
    """Look once at a run directory and print what is there, or what of it matches."""
    snapshot = look_once(root)
    say_notes(snapshot)
    chosen = None if asked is None else _matching(snapshot, asked)
    if as_json:
        say_left_out(snapshot)  # the table says it itself
        _put_document(snapshot, chosen)
    else:
        _put_table(snapshot, chosen, ascii_only=ascii_only)
    if snapshot.problem:
        say(snapshot.problem)
        return EXIT_FAILURE
    return EXIT_OK


def _matching(snapshot: Snapshot, asked: Filter) -> frozenset[str]:
    now, rows = time.time(), snapshot.checkpoints
    chosen = frozenset(path for path, row in rows.items() if asked.matches(row, now))
    say(f"{len(chosen):,} of {len(rows):,} checkpoints match {asked.typed}")
    return chosen


def _put_document(snapshot: Snapshot, chosen: frozenset[str] | None) -> None:
    from ckptui.present.documents import status_document, to_json  # what a table does not need

    put_json(to_json(status_document(snapshot, _runs(snapshot), chosen=chosen)), indent=2)


def _put_table(snapshot: Snapshot, chosen: frozenset[str] | None, *, ascii_only: bool) -> None:
    from ckptui.present.tables import status_table  # loaded after the look has begun

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    for line in status_table(
        snapshot, _runs(snapshot), chosen=chosen, width=width, ascii_only=ascii_only or not utf8
    ):
        put(line)


def _runs(snapshot: Snapshot) -> Sequence[RunRecord]:
    if not snapshot.run_files:  # most have none
        return ()
    from ckptui.launch.registry import parse_runs

    return parse_runs(snapshot.run_files)


_HELP: Final = f"""Show every checkpoint in PATH with its verdict by header, stages, failures
and runs.

Reads the header of each file only: what fails there is named at once, what does not is
"unchecked" until ckptui validate has read it whole. Exits 0 once it has listed.

\b
ckptui status RUN --filter 'cat:bad'                    what is in trouble
ckptui status RUN --filter 'step>1000 size>1G age<2h'   large ones of the last two hours
ckptui status RUN --filter 'marker:missing' --json | jq -r '.checkpoints[].path'

{TEACHING}
With --filter the table shows the checkpoints that match and nothing else below the strip;
the JSON document's checkpoints are those, its totals and all the rest speak of the whole run.
"""


@click.command(
    "status",
    help=_HELP,
    params=[filter_option("Only checkpoints that match."), entries_option(), no_cache_option()],
)
@click.argument("path", default=".", type=AnyPath())
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--ascii", "ascii_only", is_flag=True, help="No glyphs beyond ASCII.")
def status_command(path: str, as_json: bool, ascii_only: bool, asked: Filter | None) -> int:
    """Look once at a run directory."""
    root = run_directory(path)
    return print_status(root, as_json=as_json, ascii_only=ascii_only, asked=asked)
