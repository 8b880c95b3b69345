"""One child process that speaks JSON lines: started, written to and read without ever blocking."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Final

from ckptui.validation.pace import inherited

_READ: Final = 1 << 16
_LONGEST_LINE: Final = 1 << 28

Message = dict[str, object]


def child_environment() -> dict[str, str]:
    """The environment of a check process: no GPU, one thread for each numerical library."""
    quiet = {
        "CUDA_VISIBLE_DEVICES": "",
        "HIP_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONIOENCODING": "utf-8:surrogateescape",
    }
    return os.environ | quiet


class Child:
    """A child process and its two pipes.

    Args:
        argv: Command line; the parent's process id is appended.

    Attributes:
        heard: Monotonic seconds of its last sign of life (or of the last order to it).

    Raises:
        OSError: Where it cannot be started.
    """

    def __init__(self, argv: Sequence[str]) -> None:
        fds, variables = inherited()
        self._process = subprocess.Popen(
            [*argv, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={**child_environment(), **variables},
            pass_fds=fds,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise OSError("no pipes to the child process")
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        os.set_blocking(self._stdin.fileno(), False)
        os.set_blocking(self._stdout.fileno(), False)
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self.heard = time.monotonic()
        self.ended = False

    def fileno(self) -> int:
        """The descriptor to wait on."""
        return self._stdout.fileno()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def unsent(self) -> bool:
        """True where something is still to be written once the pipe takes it."""
        return bool(self._outgoing)

    def send(self, message: Mapping[str, object]) -> None:
        """Send one line, or as much of it as the pipe takes now; ``flush`` sends the rest."""
        self._outgoing += json.dumps(message).encode("ascii") + b"\n"
        self.heard = time.monotonic()
        self.flush()

    def flush(self) -> None:
        """Write what is left to write, as far as it goes without waiting."""
        while self._outgoing:
            try:
                count = os.write(self._stdin.fileno(), self._outgoing)
            except BlockingIOError:
                return
            except OSError:
                # It is gone; reading will show that and how.
                self._outgoing.clear()
                return
            del self._outgoing[:count]

    def receive(self) -> list[Message]:
        """Every whole line that has arrived. ``ended`` tells whether the child is gone."""
        while not self.ended:
            try:
                data = os.read(self._stdout.fileno(), _READ)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if data:
                self.heard = time.monotonic()
                self._incoming += data
            self.ended = not data or len(self._incoming) > _LONGEST_LINE
        return self._lines()

    def _lines(self) -> list[Message]:
        whole, newline, rest = self._incoming.rpartition(b"\n")
        if not newline:
            return []
        self._incoming = bytearray(rest)
        messages: list[Message] = []
        for line in whole.splitlines():
            try:
                message: object = json.loads(line)
            except ValueError:
                # Half a line of a dying child, or a stray print: nothing that can be used.
                continue
            if isinstance(message, dict):
                messages.append(message)
        return messages

    def strike(self) -> None:
        """Kill it without looking what becomes of it."""
        self._process.kill()

    def kill(self) -> str:
        """End it at once and say how it had ended; never waits for a child that cannot die."""
        gone = self._process.poll()
        if gone is None:
            self._process.kill()
        for stream in (self._stdin, self._stdout):
            try:
                stream.close()
            except OSError:
                pass
        try:
            code = self._process.wait(0.5 if gone is None else 0)
        except subprocess.TimeoutExpired:
            return "does not even end when killed"
        return _ending(code)


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    import signal

    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
