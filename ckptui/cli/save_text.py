"""``ckptui save-text``: the terminal UI's way to copy a text file, in a process of its own."""

from __future__ import annotations

import os

import click

from ckptui.cli.common import put_json
from ckptui.cli.places import AnyPath
from ckptui.errors import CkptuiError
from ckptui.launch.copy_text import Doubt, copy_text, doubts_about
from ckptui.terms import EXIT_OK


@click.command("save-text", hidden=True)
@click.argument("source", type=AnyPath())
@click.argument("target", type=AnyPath())
@click.option("--root", required=True, type=AnyPath(), help="The run directory.")
@click.option("--agree", multiple=True, help="A doubt that is agreed to.")
@click.option("--yes", is_flag=True, help="Copy; without it only the doubts are said.")
def save_text_command(
    source: str, target: str, root: str, agree: tuple[str, ...], yes: bool
) -> int:
    """Copy SOURCE to TARGET, unless something that is not agreed to speaks against it."""
    target = os.path.realpath(target)
    doubts = [each for each in doubts_about(target, root) if each not in agree]
    size = 0
    if yes and not doubts:
        try:
            size = copy_text(source, target, over=Doubt.EXISTS in agree)
        except OSError as error:
            raise CkptuiError(f"{error.strerror or error}: {target}") from error
        except CkptuiError as error:
            raise CkptuiError(f"{error}: {target}") from error
    put_json({"doubts": doubts, "target": target, "bytes": size})
    return EXIT_OK
