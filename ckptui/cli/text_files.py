"""``ckptui text-files``: which text files belong to a row, for the terminal UI."""

from __future__ import annotations

import click

from ckptui.cli.common import put_json
from ckptui.cli.places import AnyPath
from ckptui.launch.text_files import texts_near
from ckptui.terms import EXIT_OK


@click.command("text-files", hidden=True)
@click.argument("root", type=AnyPath())
@click.option("--of", "path", type=AnyPath(), help="The row, relative to ROOT.")
def text_files_command(root: str, path: str | None) -> int:
    """List text files near PATH in the run directory ROOT."""
    found = texts_near(root, path)
    fields = ("path", "size", "modified", "own")
    put_json({"files": [{name: getattr(each, name) for name in fields} for each in found]})
    return EXIT_OK
