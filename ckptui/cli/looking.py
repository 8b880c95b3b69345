"""One look at a run directory: the scanner begins first, the rest is loaded while it works."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from ckptui.cli.common import say
from ckptui.terms import SWEEP_ENTRIES
from ckptui.user_config import read_user_config
from ckptui.watch.link import ENTRIES_VARIABLE, begin, settings_for
from ckptui.watch.protocol import Settings

if TYPE_CHECKING:
    from ckptui.watch.model import Snapshot


def look_once(root: str) -> Snapshot:
    """Look at a run directory once, and say on stderr while it does not answer.

    From the main thread alone, because the scanner ends with the thread that started it.

    Raises:
        CkptuiError: It does not answer, or what is in it cannot be read.
    """
    limits = read_user_config()[0].limits
    scanner = begin(os.path.abspath(root), limits, follow=False)
    from ckptui.cli.checking import settle
    from ckptui.watch.monitor import Monitor

    monitor = Monitor(root, follow=False, scanner=scanner, settings=settings_for(limits))
    try:
        return settle(monitor)
    finally:
        monitor.close()


def _set_entries(context: click.Context, parameter: click.Parameter, value: int | None) -> None:
    if value is not None:
        os.environ[ENTRIES_VARIABLE] = str(value)  # also for what this command starts


def entries_option() -> click.Option:
    """``--entries``, the same for every verb that looks through a run directory."""
    return click.Option(
        ["--entries"],
        type=click.IntRange(1, 10_000_000),
        metavar="N",
        expose_value=False,
        callback=_set_entries,
        help=f"Look at up to N names (limits.entries; {SWEEP_ENTRIES:,} by default).",
    )


def scan_settings() -> Settings:
    """How this user wants a directory to be scanned."""
    return settings_for(read_user_config()[0].limits)


def say_notes(shown: Snapshot) -> None:
    """Say what was left out of account, such as a damaged configuration."""
    for note in shown.notes:
        say(note)


def say_left_out(shown: Snapshot) -> None:
    """Say where the look through the directory was not a whole one."""
    if shown.watching.left_out:
        say(shown.watching.left_out)
