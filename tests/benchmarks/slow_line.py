"""A slow line: python -m tests.benchmarks.slow_line --baud 9600 -- ckptui ui RUN.

Runs a command in a terminal of its own and passes on what it says, and what is typed, at that
speed. What the line has not taken yet waits in a buffer, as it does in ssh or in a modem; once
that is full the command waits. Try it in any terminal; the benchmark does it too.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_BITS: Final = 10
"""Bits of a byte on a serial line: eight, a start and a stop."""
_TICK: Final = 0.01


@dataclass(slots=True)
class Way:
    """One direction of the line.

    Attributes:
        source: Is read.
        target: Is written to.
        rate: Bytes a second.
        room: Bytes that may wait.
    """

    source: int
    target: int
    rate: float
    room: int
    waiting: bytes = b""
    credit: float = 0.0

    def take(self) -> bool:
        """Read what there is. False at the end."""
        try:
            data = os.read(self.source, self.room - len(self.waiting))
        except OSError:
            return False
        self.waiting += data
        return bool(data)

    def pass_on(self, seconds: float) -> None:
        """Write what passes in this time."""
        if not self.waiting:
            self.credit = 0.0
            return
        self.credit += seconds * self.rate
        whole = min(int(self.credit), len(self.waiting))
        if whole:
            whole = os.write(self.target, self.waiting[:whole])
            self.credit -= whole
            self.waiting = self.waiting[whole:]


def _carry(ways: Sequence[Way]) -> None:
    """Pass bytes both ways until one side ends."""
    before = time.monotonic()
    while True:
        busy = any(way.waiting for way in ways)
        open_ways = [way for way in ways if len(way.waiting) < way.room]
        sources = [way.source for way in open_ways]
        # Nothing is read while bytes pass: a wait of one tick is what the line takes for them.
        ready = select.select(sources, [], [], _TICK if busy else None)[0]
        if not busy:
            before = time.monotonic()
        for way in open_ways:
            if way.source in ready and not way.take():
                _empty(ways)
                return
        now = time.monotonic()
        for way in ways:
            way.pass_on(now - before)
        before = now
        if ready and busy:
            time.sleep(_TICK / 4)


def _empty(ways: Sequence[Way]) -> None:
    for way in ways:
        if way.target == sys.stdout.fileno():
            os.write(way.target, way.waiting)


def _fit(inner: int) -> None:
    size = fcntl.ioctl(sys.stdin.fileno(), termios.TIOCGWINSZ, bytes(8))
    fcntl.ioctl(inner, termios.TIOCSWINSZ, size)


def run(command: Sequence[str], baud: int, room: int) -> int:
    """Run a command behind a slow line; its exit code."""
    size = fcntl.ioctl(sys.stdin.fileno(), termios.TIOCGWINSZ, bytes(8))
    pid, inner = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, size)
        os.execvp(command[0], list(command))
    signal.signal(signal.SIGWINCH, lambda *_: _fit(inner))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: os.kill(pid, number))
    outer, before = sys.stdin.fileno(), termios.tcgetattr(sys.stdin)
    rate = baud / _BITS
    try:
        tty.setraw(outer)
        _carry([Way(inner, sys.stdout.fileno(), rate, room), Way(outer, inner, rate, room)])
    finally:
        termios.tcsetattr(outer, termios.TCSADRAIN, before)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.slow_line",
                                     description=__doc__)  # fmt: skip
    parser.add_argument("--baud", type=int, default=9600)
    parser.add_argument("--buffer", type=int, default=4096, help="bytes that may wait (ssh: more)")
    parser.add_argument("command", nargs="+")
    told = parser.parse_args()
    return run(told.command, told.baud, told.buffer)


if __name__ == "__main__":
    sys.exit(main())
