"""``--on-event``: a command of the user's that is told of events, without the terminal UI."""

from __future__ import annotations

import os
import time
from typing import Final

import click

from ckptui.cli.common import say
from ckptui.launch.hook import Hook
from ckptui.present.events import Happenings, hook_call
from ckptui.user_config import read_user_config
from ckptui.watch.model import Change

_HELP: Final = (
    "Run CMD by /bin/sh -c when checkpoints turn bad, a resumed run ends, the next save does not "
    "fit or is late. It gets the event as a JSON line on its standard input, and CKPTUI_EVENT, "
    "CKPTUI_RUN, CKPTUI_PATH and CKPTUI_MESSAGE in its environment."
)


def on_event_option() -> click.Option:
    """The option, the same for the UI and ``ckptui watch``."""
    return click.Option(["--on-event"], metavar="CMD", default="", help=_HELP)


class Telling:
    """Tells a command what happens in one run directory.

    Args:
        command: For ``/bin/sh -c``.
        root: The run directory, absolute.
    """

    def __init__(self, command: str, root: str) -> None:
        self._root = root
        self._kinds = read_user_config()[0].notify.command
        self._happenings = Happenings()
        self._hook = Hook(command, os.environ, say)

    def heed(self, change: Change) -> None:
        """Take the next change."""
        self._happenings.heed(change, time.time())

    def tell(self) -> None:
        """Tell what there is to tell now; called about once a second."""
        now = time.time()
        for event in self._happenings.take(now):
            if event.kind in self._kinds:
                self._hook.tell(hook_call(event, self._root, now))

    def close(self) -> None:
        """Tell no more."""
        self._hook.close()
