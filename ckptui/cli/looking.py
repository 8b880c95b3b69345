"""One look at a run directory: the scanner begins first, the rest is loaded while it works."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from ckptui.cli.common import say
from ckptui.user_config import read_user_config
from ckptui.watch.link import Link, settings_for

if TYPE_CHECKING:
    from ckptui.watch.model import Snapshot


def look_once(root: str) -> Snapshot:
    """Look at a run directory once, and say on stderr while it does not answer.

    From the main thread alone, because the scanner ends with the thread that started it.

    Raises:
        CkptuiError: It does not answer, or what is in it cannot be read.
    """
    settings = settings_for(read_user_config()[0].limits)
    scanner = Link(os.path.abspath(root), settings, follow=False)
    with suppress(OSError):  # the monitor tries again, and says why
        scanner.start()
    from ckptui.cli.checking import settle
    from ckptui.watch.monitor import Monitor

    monitor = Monitor(root, follow=False, scanner=scanner)
    try:
        return settle(monitor)
    finally:
        monitor.close()


def say_notes(shown: Snapshot) -> None:
    """Say what was left out of account, such as a damaged configuration."""
    for note in shown.notes:
        say(note)
