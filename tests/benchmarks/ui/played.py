"""A terminal that is played: the real program in a real pty, what it sends, and what that shows.

One thread reads and notes when each piece came; an emulator (pyte) says what is on the screen
then. Times are those of the reading, so that a slow emulator does not count.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, TypeAlias

import psutil
import pyte

Seen: TypeAlias = "Callable[[list[str]], bool]"
"""Says of the lines on screen whether they show what was waited for."""

_QUERIES: Final = {
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",
    b"\x1b[?2048$p": b"\x1b[?2048;0$y",
    b"\x1b[6n": b"\x1b[1;1R",
}
"""What a modern xterm answers to what is asked."""
_UNKNOWN: Final = re.compile(rb"\x1b\[[<>=?][0-9;]*[$!]?[a-zA-Z]|\x1b\][^\a\x1b]*(?:\a|\x1b\\)")
"""What the emulator would show as text, or does not need."""
_CUT: Final = re.compile(rb"\x1b(?:\[[0-9;:?<>=$!]*|\][^\a\x1b]*\x1b?)?$")
"""A sequence of which the end has not come yet."""
_SMALL: Final = 0.002


class NotSeenError(Exception):
    """What was waited for did not come."""


class ProgramEndedError(NotSeenError):
    """The program is gone."""


class Played:
    """A child in a pseudo-terminal.

    Attributes:
        pid: Of the child.
        count: Bytes that came so far.
        began: ``perf_counter`` just before the child was started.
    """

    def __init__(self, pid: int, fd: int, size: tuple[int, int], began: float) -> None:
        self.pid, self.began = pid, began
        self._fd = fd
        self.count = 0
        self.log = bytearray()
        self._tail = b""
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)

    # What comes

    def _take(self, seconds: float) -> float | None:
        """Read one piece; when it came, None where nothing did."""
        if not select.select([self._fd], [], [], max(seconds, 0.0))[0]:
            return None
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError as error:  # the child is gone
            raise ProgramEndedError("the program ended") from error
        at = time.perf_counter()
        self.count += len(data)
        self.log += data
        data = self._tail + data
        cut = _CUT.search(data)
        whole, self._tail = (data[: cut.start()], data[cut.start() :]) if cut else (data, b"")
        self._answer(whole)
        self._stream.feed(_UNKNOWN.sub(b"", whole))
        return at

    def _answer(self, data: bytes) -> None:
        for query, answer in _QUERIES.items():
            if query in data:
                os.write(self._fd, answer * data.count(query))

    @property
    def lines(self) -> list[str]:
        """What is on the screen."""
        return list(self._screen.display)

    def garble(self, data: bytes) -> None:
        """Show what the program knows nothing of, as another that writes to its terminal would."""
        self._stream.feed(data)

    def sees(self, seen: Seen, what: str, patience: float = 60.0) -> float:
        """When the screen first showed it, by ``perf_counter``.

        Raises:
            NotSeenError: It did not.
        """
        end, at = time.perf_counter() + patience, time.perf_counter()
        while not seen(self.lines):
            while (came := self._take(end - time.perf_counter())) is None:
                if time.perf_counter() >= end:
                    raise NotSeenError(what + "\n" + "\n".join(self.lines))
            at = came
        return at

    def rests(self, quiet: float = 0.5, patience: float = 60.0) -> None:
        """Read until nothing has come for a while."""
        end = time.perf_counter() + patience
        while self._take(quiet) is not None and time.perf_counter() < end:
            pass

    def listens(self, seconds: float) -> int:
        """Read for some time: bytes that came."""
        before, end = self.count, time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._take(left)
        return self.count - before

    def ends(self, patience: float = 30.0) -> None:
        """Read until the program ends.

        Raises:
            NotSeenError: It does not.
        """
        end = time.perf_counter() + patience
        try:
            while time.perf_counter() < end:
                self._take(0.1)
        except ProgramEndedError:
            return
        raise NotSeenError("the program's end")

    # What goes

    def press(self, keys: str) -> float:
        """Send keys: when."""
        while self._take(0.0) is not None:  # what came before is not the answer
            pass
        at = time.perf_counter()
        os.write(self._fd, keys.encode())
        return at

    # Who they are

    def family(self) -> list[psutil.Process]:
        """The child and all of its children."""
        parent = psutil.Process(self.pid)
        return [parent, *parent.children(recursive=True)]

    def work(self) -> dict[int, float]:
        """Processor seconds of each process of the family."""
        found: dict[int, float] = {}
        for each in self.family():
            try:
                times = each.cpu_times()
            except psutil.Error:
                continue
            found[each.pid] = times.user + times.system
        return found


@contextmanager
def played(
    command: Sequence[str], environment: Mapping[str, str], size: tuple[int, int]
) -> Iterator[Played]:
    """Run a command in a terminal of ``size`` columns and lines; it is ended at the end."""
    env = {**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
    for name in ("NO_COLOR", "TMUX", "COLUMNS", "LINES"):
        env.pop(name, None)
    began = time.perf_counter()
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        os.execve(command[0], list(command), env)
    try:
        yield Played(pid, fd, size, began)
    finally:
        _end(pid, fd)


def _end(pid: int, fd: int) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            break
        deadline = time.monotonic() + 5.0
        while time.monotonic() < deadline:
            if os.waitpid(pid, os.WNOHANG)[0]:
                os.close(fd)
                return
            if select.select([fd], [], [], 0.02)[0]:
                try:
                    os.read(fd, 1 << 16)
                except OSError:
                    time.sleep(_SMALL)
    os.close(fd)
