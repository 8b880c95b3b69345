"""``ckptui latest``: the last good checkpoint, for job scripts."""

from __future__ import annotations

import os
from dataclasses import replace

import click

from ckptui.cli.caching import no_cache_option
from ckptui.cli.checking import DeepLook
from ckptui.cli.common import put_path, say
from ckptui.cli.looking import entries_option, say_left_out, say_notes
from ckptui.cli.options import here_option
from ckptui.cli.places import AnyPath, run_directory
from ckptui.terms import CHECKPOINT_EXIT_CODE, EXIT_FAILURE, EXIT_OK, Category, Level
from ckptui.watch.last_good import find_last_good
from ckptui.watch.model import Checkpoint, LastGood, PassedOver


@click.command("latest", params=[here_option(), entries_option(), no_cache_option()])
@click.argument("path", default=".", type=AnyPath())
@click.option("--level", type=click.IntRange(1, 6), default=4, show_default=True, help="How deep.")
@click.option("--load", is_flag=True, help="Also ask torch.load (level 3) in a process of its own.")
@click.option("--series", metavar="GLOB", help="Choose from the checkpoints that match.")
def latest_command(path: str, level: int, load: bool, series: str | None, here: bool) -> int:
    """Print the absolute path of the last good checkpoint in PATH, and nothing else.

    Why newer ones were passed over, and how deep it looked, goes to stderr. Exits 3 where there
    is none. Without --level it reads headers only; --level 5 reads the bytes, newest first, until
    one is whole.

    \b
    CKPT=$(ckptui latest RUN) || exit 3
    """
    root = run_directory(path)
    with DeepLook(root) as look:
        shown = look.settled()
        best, over = _search(look, series, level, load=load, here=here)
    say_notes(shown)
    say_left_out(shown)
    if shown.problem:
        say(shown.problem)
        return EXIT_FAILURE
    for passed in over:
        say(f"passed over {passed.path}: {passed.reason}")
    if best is None:
        say(f"{path}: no good checkpoint{' of this series' if series else ''} to go on from")
        return CHECKPOINT_EXIT_CODE
    for note in best.notes:
        say(f"{best.path}: {note}")
    if not any(note.startswith("header only") for note in best.notes):
        say(f"{best.path}: looked at to level {best.level} ({Level(best.level).label})")
    put_path(os.path.normpath(os.path.join(root, best.path)))
    return EXIT_OK


def _search(
    look: DeepLook, series: str | None, level: int, *, load: bool, here: bool
) -> tuple[LastGood | None, tuple[PassedOver, ...]]:
    """Read candidates whole, newest first, until one of them stands."""
    if level > Level.KEYS or load:
        read: set[str] = set()
        odd: set[str] = set()
        while (candidate := _candidate(look, odd, series)) is not None:
            if candidate in read:
                break
            read.add(candidate)
            row = look.one(candidate, level=level, load=load, here=here)
            if row is not None and level >= Level.VALUES and warns(row):
                odd.add(candidate)  # an older one without such values would be better
    return find_last_good(look.snapshot.checkpoints, series=series, level=level)


def _candidate(look: DeepLook, odd: set[str], series: str | None) -> str | None:
    rows = dict(look.snapshot.checkpoints)
    for path in odd & rows.keys():
        rows[path] = replace(rows[path], category=Category.CHANGING)
    best, _ = find_last_good(rows, series=series)
    return best.path if best else None


def warns(row: Checkpoint) -> bool:
    """True where the values of a checkpoint are odd: NaN, Inf, all zero."""
    return (row.checks.get(Level.VALUES.label) or "").startswith("warn")
