"""Everything that touches the disk: our own verbs, each in a child process that may be killed.

A verb that hangs on a filesystem keeps a child and a daemon thread busy, never the UI: nothing
here is waited for when the app ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from ckptui.terms import EXIT_FAILURE, EXIT_OK

_CHUNK: Final = 65_536
_CHANGING: Final = frozenset({"repair", "undo", "resume", "cancel", "set-command"})
_CHUNKS_AHEAD: Final = 8
"""Chunks of a stream that may wait to be shown; then its reader pauses."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verb said.

    Attributes:
        code: Its exit code.
        document: Its JSON document, None where there is none.
        talk: Its stderr without our name in front, one sentence a line.
    """

    code: int
    document: Mapping[str, object] | None
    talk: str

    @property
    def ok(self) -> bool:
        """True where the verb succeeded and gave its document."""
        return self.code == EXIT_OK and self.document is not None

    @property
    def sentence(self) -> str:
        """Why it failed, in one line."""
        lines = [line for line in self.talk.splitlines() if line.strip()]
        return lines[-1] if lines else f"the action ended with exit code {self.code}"


class Verbs:
    """Runs verbs of ``ckptui`` on one run directory.

    Args:
        root: The run directory.
        environment: For the children; taken before Textual hides ``NO_COLOR`` from it.
        why_not: Why nothing may be changed, empty where it may; asked at each change, because the
            owner of a directory may become known only after a key was pressed.
    """

    def __init__(
        self, root: str, environment: Mapping[str, str], why_not: Callable[[], str] = str
    ) -> None:
        self.root = root
        self._why_not = why_not
        self._environment = dict(environment)
        self._reading: set[subprocess.Popen[bytes]] = set()

    async def ask(self, *arguments: str) -> Answer:
        """Run one verb to its end.

        Args:
            arguments: Verb and arguments, for example ``("undo", root, "--json", "--yes")``.
        """
        if changes(arguments) and (why := self._why_not()):
            return Answer(EXIT_FAILURE, None, why)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()

        def work() -> None:
            found = self._run(arguments)
            _hand_over(loop, partial(_settle, answer, found))

        threading.Thread(target=work, daemon=True).start()
        return await answer

    def _run(self, arguments: Sequence[str]) -> Answer:
        try:
            process = self._start(arguments, talk=subprocess.PIPE)
        except OSError as error:  # too many files in one go, no memory, no Python any more
            return Answer(EXIT_FAILURE, None, f"the action could not be started: {error.strerror}")
        out, talk = process.communicate()
        self._reading.discard(process)
        return Answer(process.returncode, _document(out), _talk(talk))

    async def stream(self, *arguments: str) -> AsyncIterator[bytes]:
        """Run one verb and pass on what it writes, as it comes; leaving the loop ends the verb."""
        loop = asyncio.get_running_loop()
        chunks: asyncio.Queue[bytes] = asyncio.Queue()
        ahead = threading.Semaphore(_CHUNKS_AHEAD)
        started: list[subprocess.Popen[bytes]] = []

        def work() -> None:
            process = self._start(arguments, talk=subprocess.DEVNULL)
            started.append(process)
            with process:
                while process.stdout and (chunk := os.read(process.stdout.fileno(), _CHUNK)):
                    ahead.acquire()
                    _hand_over(loop, partial(chunks.put_nowait, chunk))
            self._reading.discard(process)
            _hand_over(loop, partial(chunks.put_nowait, b""))

        threading.Thread(target=work, daemon=True).start()
        try:
            while chunk := await chunks.get():
                yield chunk
                ahead.release()
        finally:
            ahead.release()
            for process in started:
                _kill(process)

    def _start(self, arguments: Sequence[str], *, talk: int) -> subprocess.Popen[bytes]:
        # -P: a module that lies in the directory we were started in must not become ours.
        # cwd is no place of the user's either: it may be on the filesystem that hangs.
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ckptui", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=talk,
            cwd="/",
            env=self._environment,
            start_new_session=True,
        )
        if "--yes" not in arguments:  # a change that has begun is left to end by itself
            self._reading.add(process)
        return process

    def close(self) -> None:
        """Kill what still reads, and wait for none of it."""
        for process in tuple(self._reading):
            _kill(process)


def changes(arguments: Sequence[str]) -> bool:
    """True where a verb would change something in the run directory.

    Example:
        >>> changes(["undo", "run", "--yes"]), changes(["undo", "run", "--dry-run"])
        (True, False)
    """
    return arguments[0] in _CHANGING and "--dry-run" not in arguments


def _hand_over(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(call)
    except RuntimeError:
        return  # the app has ended meanwhile; nobody wants the answer


def _settle(future: asyncio.Future[Answer], answer: Answer) -> None:
    if not future.done():
        future.set_result(answer)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


def _document(out: bytes) -> Mapping[str, object] | None:
    try:
        document: object = json.loads(out, object_hook=_as_it_is)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _as_it_is(found: dict[str, object]) -> dict[str, object]:
    """A step of Python at each object: between two of them the UI's thread gets its turn.

    Without it, 20 MB are decoded in one go of half a second, in which no key is answered.
    """
    return found


def _talk(raw: bytes) -> str:
    lines = raw.decode("utf-8", "replace").splitlines()
    return "\n".join(line.removeprefix("ckptui: ") for line in lines)
