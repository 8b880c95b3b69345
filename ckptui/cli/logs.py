"""``ckptui logs``: the log of a resumed run, byte for byte."""

from __future__ import annotations

import sys

import click

from ckptui.cli.places import AnyPath, run_directory
from ckptui.launch import log
from ckptui.present.safe import plain
from ckptui.terms import EXIT_OK


@click.command("logs")
@click.argument("path", default=".", type=AnyPath())
@click.argument("run_id", required=False)
@click.option("--follow", "-f", is_flag=True, help="Go on until the run has ended.")
@click.option("--bytes", "max_bytes", type=click.IntRange(0), help="Only so much of its end.")
def logs_command(path: str, run_id: str | None, follow: bool, max_bytes: int | None) -> int:
    """Print the log of the run RUN_ID of the run directory PATH, or of the newest.

    On a terminal its escape sequences are made visible; into a pipe its bytes go as they are.
    """
    root = run_directory(path)
    clean = sys.stdout.isatty()
    for piece in log.follow(root, run_id, follow=follow, max_bytes=max_bytes):
        if clean:
            text = piece.decode("utf-8", "surrogateescape")
            sys.stdout.write("\n".join(plain(line) for line in text.split("\n")))
        else:
            sys.stdout.buffer.write(piece)
        sys.stdout.flush()
    return EXIT_OK
