"""``ckptui plain-text``: a text file with its escapes made visible, for any pager."""

from __future__ import annotations

import sys

import click

from ckptui.cli.places import AnyPath
from ckptui.present.safe import plain
from ckptui.terms import EXIT_OK


@click.command("plain-text", hidden=True)
@click.argument("path", type=AnyPath())
def plain_text_command(path: str) -> int:
    """Print the text file PATH."""
    with open(path, encoding="utf-8", errors="replace", newline="\n") as file:
        while line := file.readline(1 << 16):
            whole = line.endswith("\n")
            text = plain(line.rstrip("\r\n").expandtabs(8))
            sys.stdout.write(f"{text}\n" if whole else text)
    return EXIT_OK
