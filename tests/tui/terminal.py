"""The real program in a real pseudo-terminal: what it sends, byte for byte."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import pyte
from textual.keys import key_to_character

PATIENCE = 40.0
_CSI = rb"\x1b\[[0-9;:?<>=]*[ -/]*[@-~]"
_OSC = rb"\x1b\][^\a\x1b]*(?:\a|\x1b\\)|\x1b[PX^_].*?\x1b\\"
_SEQUENCES = re.compile(_CSI + b"|" + _OSC)


_SENT: Final[Mapping[str, str]] = {
    "escape": "\x1b", "enter": "\r", "tab": "\t", "shift+tab": "\x1b[Z", "backspace": "\x7f",
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H",
    "end": "\x1b[F", "pageup": "\x1b[5~", "pagedown": "\x1b[6~", "f1": "\x1bOP",
    "shift+up": "\x1b[1;2A", "shift+down": "\x1b[1;2B", "slash": "/",
}  # fmt: skip


def sent_for(name: str) -> str:
    """What a terminal sends for a key, by Textual's name for it."""
    if name in _SENT:
        return _SENT[name]
    if match := re.fullmatch(r"ctrl\+([a-z])", name):
        return chr(ord(match[1]) & 0x1F)
    found = key_to_character(name) or name
    assert len(found) == 1, name
    return found


class Terminal:
    """A child in a pseudo-terminal, and everything that it sent."""

    def __init__(self, pid: int, fd: int, size: tuple[int, int] = (120, 36)) -> None:
        self.pid = pid
        self.fd = fd
        self.sent = b""
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._played = 0
        self.status: int | None = None

    def read(self, seconds: float = 0.1) -> bytes:
        """Take what comes within a short time."""
        end, got = time.monotonic() + seconds, b""
        while time.monotonic() < end:
            if not select.select([self.fd], [], [], 0.02)[0]:
                continue
            try:
                got += os.read(self.fd, 65536)
            except OSError:
                break
        self.sent += got
        return got

    def text(self) -> str:
        """Everything sent so far without its escape sequences."""
        return _SEQUENCES.sub(b"", self.sent).decode("utf-8", "replace")

    def until(self, met: Callable[[], object], what: str) -> None:
        """Read until something is true."""
        end = time.monotonic() + PATIENCE
        while not met():
            assert time.monotonic() < end, f"never came: {what}\n{self.text()[-3000:]}"
            self.read()

    def sees(self, words: str) -> None:
        """Read until these words were sent."""
        self.until(lambda: words in self.text(), words)

    def screen(self) -> str:
        """What stands on the screen now: only what differs is sent, so words come in pieces."""
        self._stream.feed(self.sent[self._played :])
        self._played = len(self.sent)
        return "\n".join(line.rstrip() for line in self._screen.display)

    def shows(self, words: str) -> None:
        """Read until these words stand on the screen."""
        end = time.monotonic() + PATIENCE
        while words not in self.screen():
            assert time.monotonic() < end, f"never came: {words}\n{self.screen()}"
            self.read()

    def press(self, keys: str) -> None:
        """Send keys."""
        os.write(self.fd, keys.encode())

    def ended(self) -> bool:
        """True once the child is gone; its exit status is then known."""
        if self.status is None:
            self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = os.waitstatus_to_exitcode(status) if pid else None
        return self.status is not None


@contextmanager
def shown(*words: str, size: tuple[int, int] = (120, 36), **environment: str) -> Iterator[Terminal]:
    """Open ``ckptui`` on run directories, with options, in a pseudo-terminal."""
    # LINES and COLUMNS, which readline sets in pytest's workers, hide the terminal's own size.
    left_out = ("NO_COLOR", "TMUX", "LINES", "COLUMNS")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    env = {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
    env |= environment
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, "-m", "ckptui", "ui", *words], env)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    terminal = Terminal(pid, fd, size)
    try:
        yield terminal
    finally:
        if not terminal.ended():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(fd)
