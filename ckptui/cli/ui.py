"""``ckptui PATH``: the terminal UI, or the status table where there is no terminal."""

from __future__ import annotations

import os
import sys

import click

from ckptui.cli.common import say
from ckptui.cli.places import AnyPath, look, run_directory


def has_terminal() -> bool:
    """True where a full-screen program can be shown: a terminal on both sides, no dumb one."""
    return (
        sys.stdin.isatty()
        and sys.stdout.isatty()
        and os.environ.get("TERM", "") not in ("", "dumb")
    )


def show(root: str, *, read_only: bool, ascii_only: bool, mouse: bool = True) -> int:
    """Open the terminal UI on a run directory; without a terminal, print its status table."""
    if not has_terminal():
        from ckptui.cli.status import print_status

        say("no terminal here, so this is the status table; ckptui status --json is for programs")
        return print_status(root, as_json=False, ascii_only=ascii_only)
    from ckptui.tui import run_app

    return run_app(root, read_only=read_only, ascii=ascii_only, mouse=mouse)


@click.command("ui", hidden=True)
@click.argument("path", default=".", type=AnyPath())
@click.option("--read-only", is_flag=True, help="Change nothing; repairs and resume are greyed.")
@click.option("--ascii", "ascii_only", is_flag=True, help="No glyphs beyond ASCII.")
@click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal.")
def ui_command(path: str, read_only: bool, ascii_only: bool, no_mouse: bool) -> int:
    """Open the terminal UI on the run directory PATH (the current one if none is given)."""
    found = look(path)
    if isinstance(found, str) and os.path.sep not in path:
        raise click.UsageError(f"{found}; it is no verb either", click.get_current_context().parent)
    root = run_directory(path)
    return show(root, read_only=read_only, ascii_only=ascii_only, mouse=not no_mouse)
