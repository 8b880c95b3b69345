"""``ckptui trash``: what repairs moved away."""

from __future__ import annotations

import click

from ckptui.cli.common import put, put_json
from ckptui.cli.places import AnyPath, run_directory
from ckptui.present.documents import to_json, trash_document
from ckptui.present.repairs import trash_lines
from ckptui.repair import list_trash
from ckptui.terms import EXIT_OK


@click.command("trash")
@click.argument("path", default=".", type=AnyPath())
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def trash_command(path: str, as_json: bool) -> int:
    """List what repairs moved to PATH/.ckptui/trash, and how much space it takes.

    ckptui repair restore FILE brings one back; ckptui undo takes a whole repair back.
    """
    found = list_trash(run_directory(path))
    if as_json:
        put_json(to_json(trash_document(found)), indent=2)
        return EXIT_OK
    for line in trash_lines(found):
        put(line)
    return EXIT_OK
