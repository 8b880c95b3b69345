"""Validates one file in a process of its own and says how much memory that took.

Not in the test's process: a child that has not replaced its image yet is counted with all that
its parent has loaded, and a test process has loaded much.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Self

from ckptui.validation import Done, Pool, Request


def _resident(pid: int) -> int:
    """Resident bytes of a process: anonymous and mapped pages both."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


class Meter:
    """The largest sum of resident memory over this process and its children, above the start."""

    def __init__(self) -> None:
        self._me = os.getpid()
        self._before = _resident(self._me)
        self.most = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.is_set():
            children = Path(f"/proc/{self._me}/task/{self._me}/children").read_text().split()
            total = _resident(self._me) + sum(_resident(int(pid)) for pid in children)
            self.most = max(self.most, total - self._before)
            time.sleep(0.005)


def main() -> None:
    """Validate ``argv[1]`` to level ``argv[2]``, with torch where ``argv[3]`` is ``load``."""
    path, level, load = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "load"
    verdicts = []
    with Meter() as meter, Pool() as pool:
        pool.submit(Request(path, level=level, load=load))
        while pool.pending:
            verdicts += [e.verdict for e in pool.events(1.0) if isinstance(e, Done)]
    print(json.dumps([[v.category, v.level] for v in verdicts] + [meter.most]))


if __name__ == "__main__":
    main()
