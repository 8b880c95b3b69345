"""The user's own command that is told of events: one at a time, bounded, never waited for."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import IO, Final

from ckptui.light import dataclass

LIMIT_SECONDS: Final = 30.0
"""After so long the command and its process group are killed."""
MOST_WAITING: Final = 50
"""Events that wait for the one before; further ones are dropped, and that is said."""
LEAVE_SECONDS: Final = 0.3
"""How long leaving waits for what is being told."""
_REST_SECONDS: Final = 0.2
_TAIL: Final = 200
_MOST_KEPT: Final = 4096


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the command.

    Attributes:
        line: Its standard input, with its line end.
        variables: Added to its environment; surrogate-escaped.
    """

    line: str
    variables: Mapping[str, str]


class Hook:
    """Runs ``/bin/sh -c COMMAND`` for each event, from a thread of its own.

    Args:
        command: One string, as typed into a shell.
        environment: What the command gets besides the event.
        trouble: Called from that thread with one sentence, for the first failure after a success
            and where events were dropped.
        limit: Seconds that one call may take.
    """

    def __init__(
        self,
        command: str,
        environment: Mapping[str, str],
        trouble: Callable[[str], object],
        *,
        limit: float = LIMIT_SECONDS,
    ) -> None:
        self._command, self._environment = command, dict(environment)
        self._trouble, self._limit = trouble, limit
        self._calls: queue.Queue[Call] = queue.Queue(MOST_WAITING)
        self._dropped = 0
        self._failing = False
        self._child: subprocess.Popen[bytes] | None = None
        self._closed = threading.Event()
        self._started = False

    def tell(self, call: Call) -> None:
        """Run the command with this once the calls before are over; never blocks."""
        if self._closed.is_set():
            return
        try:
            self._calls.put_nowait(call)
        except queue.Full:
            self._dropped += 1
        if not self._started:
            self._started = True
            threading.Thread(target=self._run, name="on-event", daemon=True).start()

    def close(self) -> None:
        """Tell no more: a call that does not end in a moment is killed."""
        end = time.monotonic() + LEAVE_SECONDS
        while self._calls.unfinished_tasks and time.monotonic() < end:
            time.sleep(0.01)
        self._closed.set()
        if (child := self._child) is not None:
            _kill(child)

    def _run(self) -> None:
        while not self._closed.is_set():
            call = self._calls.get()
            try:
                if not self._closed.is_set():
                    self._one(call)
            finally:
                self._calls.task_done()
            if self._dropped:
                dropped, self._dropped = self._dropped, 0
                self._trouble(f"--on-event is too slow: {dropped} events were not told to it")

    def _one(self, call: Call) -> None:
        try:
            failure = self._call(call)
        except (OSError, ValueError) as error:
            failure = f"cannot be run: {error}"
        if failure and not self._failing and not self._closed.is_set():
            self._trouble(f"--on-event {failure}")
        self._failing = bool(failure)

    def _call(self, call: Call) -> str:
        """Why it failed, empty where it did not."""
        with tempfile.TemporaryFile() as given:
            given.write(call.line.encode())
            given.seek(0)
            child = subprocess.Popen(
                ["/bin/sh", "-c", self._command],
                stdin=given,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={**self._environment, **call.variables},
                start_new_session=True,  # a group of its own, and no terminal to write on
            )
        self._child = child
        said = _Said(child.stderr)
        try:
            return self._ending(child, said)
        finally:
            self._child = None

    def _ending(self, child: subprocess.Popen[bytes], said: _Said) -> str:
        try:
            code = child.wait(self._limit)
        except subprocess.TimeoutExpired:
            _kill(child)
            child.wait()
            return f"was stopped: it took longer than {self._limit:g} seconds"
        if not code:
            return ""
        how = f"exit code {code}" if code > 0 else f"ended by signal {-code}"
        words = said.last_line()
        return f"failed: {how}: {words}" if words else f"failed: {how}"


class _Said:
    """The end of what a command writes to its standard error, kept short."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._stream, self._kept = stream, b""
        self._thread = threading.Thread(target=self._read, name="on-event-stderr", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        if self._stream is None:
            return
        with self._stream as stream:
            while data := os.read(stream.fileno(), 65536):
                self._kept = (self._kept + data)[-_MOST_KEPT:]

    def last_line(self) -> str:
        """What it said last; not waited for where something it started still holds the pipe."""
        self._thread.join(_REST_SECONDS)
        lines = self._kept.decode("utf-8", "surrogateescape").strip().splitlines()
        return lines[-1][:_TAIL] if lines else ""


def _kill(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if child.poll() is None:  # not reaped, so the number is still its own
            os.killpg(child.pid, signal.SIGKILL)
