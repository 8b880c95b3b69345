"""``ckptui journal``: what was repaired, when, and what can be taken back."""

from __future__ import annotations

import click

from ckptui.cli.common import put, put_json, say
from ckptui.cli.places import AnyPath, run_directory
from ckptui.present.documents import journal_document, to_json
from ckptui.present.repairs import journal_lines
from ckptui.repair.journal import entries
from ckptui.terms import EXIT_OK


@click.command("journal")
@click.argument("path", default=".", type=AnyPath())
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def journal_command(path: str, as_json: bool) -> int:
    """List the repairs made in the run directory PATH, newest last, each with its undo id."""
    found = entries(run_directory(path))
    if as_json:
        put_json(to_json(journal_document(found)), indent=2)
        return EXIT_OK
    if not found:
        say("no repairs were made here")
    for line in journal_lines(found):
        put(line)
    return EXIT_OK
