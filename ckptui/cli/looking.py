"""One look at a run directory: the scanner begins first, the rest is loaded while it works."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ckptui.cli.common import say
from ckptui.user_config import read_user_config
from ckptui.watch.link import begin

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

    monitor = Monitor(root, follow=False, scanner=scanner)
    try:
        return settle(monitor)
    finally:
        monitor.close()


def say_notes(shown: Snapshot) -> None:
    """Say what was left out of account, such as a damaged configuration."""
    for note in shown.notes:
        say(note)
