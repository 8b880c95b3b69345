"""``ckptui PATH…``: the terminal UI, or the status table where there is no terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

import click

from ckptui.cli.common import put, say
from ckptui.cli.looking import entries_option
from ckptui.cli.on_event import on_event_option
from ckptui.cli.places import AnyPath, look, run_directories
from ckptui.errors import CkptuiError
from ckptui.present.safe import plain
from ckptui.terms import EXIT_FAILURE


def has_terminal() -> bool:
    """True where a full-screen program can be shown: a terminal on both sides, no dumb one."""
    return (
        sys.stdin.isatty()
        and sys.stdout.isatty()
        and os.environ.get("TERM", "") not in ("", "dumb")
    )


def show(
    roots: Mapping[str, str],
    *,
    read_only: bool,
    ascii_only: bool,
    mouse: bool = True,
    remember: bool = True,
    on_event: str = "",
) -> int:
    """Open the terminal UI on run directories; without a terminal, print their status tables.

    Args:
        roots: Absolute path → the same without symlinks.
        read_only: Change nothing.
        ascii_only: No signs beyond ASCII.
        mouse: False leaves the mouse to the terminal.
        remember: False neither reads nor keeps how they are looked at.
        on_event: A command that is told of events; empty for none.
    """
    if not has_terminal():
        return _print_all(list(roots), ascii_only=ascii_only)
    from ckptui.tui import run_app

    real = tuple(roots.values()) if remember else ()
    return run_app(
        list(roots),
        read_only=read_only,
        ascii=ascii_only,
        mouse=mouse,
        remembered_as=real,
        on_event=on_event,
    )


def _print_all(roots: Sequence[str], *, ascii_only: bool) -> int:
    """One status table after the other; the exit code is the worst of theirs."""
    from ckptui.cli.status import print_status

    say("no terminal here, so this is the status table; ckptui status --json is for programs")
    codes: list[int] = []
    for root in roots:
        if len(roots) > 1:
            put(("\n" if codes else "") + plain(f"{root}:"))
        try:
            codes.append(print_status(root, as_json=False, ascii_only=ascii_only))
        except CkptuiError as error:  # the others are told all the same
            say(str(error))
            codes.append(EXIT_FAILURE)
    return max(codes)


@click.command("ui", hidden=True, params=[entries_option(), on_event_option()])
@click.argument("paths", nargs=-1, type=AnyPath(), metavar="[PATH]...")
@click.option("--read-only", is_flag=True, help="Change nothing; repairs and resume are greyed.")
@click.option("--ascii", "ascii_only", is_flag=True, help="No glyphs beyond ASCII.")
@click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal.")
@click.option("--no-session", is_flag=True, help="Neither recall nor remember views and filters.")
def ui_command(
    paths: tuple[str, ...],
    read_only: bool,
    ascii_only: bool,
    no_mouse: bool,
    no_session: bool,
    on_event: str,
) -> int:
    """Open the terminal UI on run directories (the current one if none is given).

    Of several, each is a place of its own; [ and ] go from one to the next.
    """
    first = paths[0] if paths else "."
    found = look(first)
    if isinstance(found, str) and os.path.sep not in first:
        raise click.UsageError(f"{found}; it is no verb either", click.get_current_context().parent)
    roots = run_directories(paths or (first,))
    return show(
        roots,
        read_only=read_only,
        ascii_only=ascii_only,
        mouse=not no_mouse,
        remember=not no_session,
        on_event=on_event,
    )
