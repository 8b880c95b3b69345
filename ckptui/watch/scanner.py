"""The scanner process: ``python -m ckptui.watch.scanner ROOT [--once]``.

The only process that touches the run directory. It writes JSON lines to stdout, reads commands
from stdin, and dies with its parent.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

from ckptui.watch.protocol import Settings
from ckptui.watch.scanning import Scanner
from ckptui.watch.voice import ParentGoneError

_PR_SET_PDEATHSIG: Final = 1


def die_with_parent(parent: int) -> None:
    """Let the kernel kill this process when the thread that started it ends (prctl(2))."""
    try:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    except (OSError, AttributeError):  # not Linux: the closed stdin has to do
        return
    if os.getppid() != parent:
        raise ParentGoneError


def be_modest() -> None:
    """Give way to the job that is being watched."""
    try:
        os.nice(10)
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("800")
    except OSError:
        pass


def _understand(arguments: list[str]) -> tuple[bool, int, Settings, str]:
    """Read the command line: whether to look once, the parent, the settings, and the root."""
    # The root is absolute: it never looks like an option. argparse takes longer than a small sweep.
    options = [each.removeprefix("--").partition("=") for each in arguments if each[:2] == "--"]
    given = {name: value for name, _, value in options}
    (root,) = [each for each in arguments if each[:2] != "--"]
    usual = Settings()
    settings = Settings(
        int(given.get("entries", usual.entries)),
        int(given.get("depth", usual.depth)),
        float(given.get("operations", usual.operations)),
        given.get("mode", usual.mode),
        float(given.get("interval", usual.interval)),
    )
    return "once" in given, int(given.get("parent", 0)), settings, root


def main(arguments: list[str] | None = None) -> int:
    """Entry point of the process."""
    once, parent, settings, root = _understand(sys.argv[1:] if arguments is None else arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl-C belongs to the parent
    try:
        if parent:
            die_with_parent(parent)
        be_modest()
        scanner = Scanner(os.path.abspath(root), settings, sys.stdout.fileno(), None if once else 0)
        if once:
            scanner.once()
        else:
            scanner.follow()
    except (ParentGoneError, KeyboardInterrupt):
        pass
    return 0


if __name__ == "__main__":
    code = main()
    os._exit(code)  # watchdog's threads may hang with the filesystem
