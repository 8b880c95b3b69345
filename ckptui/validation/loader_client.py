"""The pool's end of the loader: started when the first level 3 is asked; one load at a time."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from typing import Final

from ckptui.light import dataclass
from ckptui.terms import Result
from ckptui.validation.child import Child, Message
from ckptui.validation.finding import Finding, skipped
from ckptui.validation.interpreter import NO_TORCH, find_interpreter
from ckptui.validation.settling import is_network
from ckptui.validation.verdict import Verdict

_SCRIPT: Final = os.path.join(os.path.dirname(os.path.abspath(__file__)), "loader.py")
_STARTING: Final = 300.0
"""Seconds that importing torch may take: from a cold network disk it takes minutes."""
_IDLE: Final = 60.0
"""Seconds after which an idle loader is let go: torch alone holds 220 MB."""


@dataclass(slots=True)
class Load:
    """One file for torch: the verdict so far, and what its pickle needs allowed."""

    id: int
    verdict: Verdict
    needed: tuple[str, ...]
    attempts: int = 0


Finished = Callable[[Load, Finding], None]


class LoaderClient:
    """Feeds the loader process and survives it.

    Args:
        python: Interpreter that the user named, or None.
        finished: Called for each load with its finding, from ``pump`` and ``check_time``.
        patience: Seconds without an answer, beyond what the file's size explains.
    """

    def __init__(self, python: str | None, finished: Finished, patience: float) -> None:
        self._python = python
        self._finished = finished
        self._patience = patience
        self._queue: deque[Load] = deque()
        self._current: Load | None = None
        self._absent = ""
        self._ready = False
        self._idle_since = 0.0
        self.child: Child | None = None

    @property
    def busy(self) -> bool:
        """True where a load is running or waiting."""
        return self._current is not None or bool(self._queue)

    def add(self, id_: int, verdict: Verdict, allow: tuple[str, ...]) -> None:
        """Ask torch about a file whose pickle was accepted."""
        from ckptui.validation.known_globals import split_globals  # where torch is asked at all

        split = split_globals(verdict.facts.globals, allow)
        self._queue.append(Load(id_, verdict, (*split.harmless, *split.allowed)))

    def drop(self, id_: int) -> bool:
        """Forget a load. True where it was waiting or running; a running one ends unheard."""
        if self._current is not None and self._current.id == id_:
            self._stop()
            self._current = None
            return True
        before = len(self._queue)
        self._queue = deque(load for load in self._queue if load.id != id_)
        return len(self._queue) != before

    def pump(self) -> None:
        """Start the loader where there is work for it, and hand it the next file."""
        if self._queue and self.child is None:
            self._start()
        self._turn_away()
        if self.child is None or not self._ready or self._current is not None or not self._queue:
            return
        self._current = load = self._queue.popleft()
        load.attempts += 1
        path = os.path.abspath(load.verdict.path)
        signature = load.verdict.facts.signature
        served = signature is not None and is_network(signature[0])
        self.child.send({"id": load.id, "path": path, "allow": load.needed, "served": served})

    def _turn_away(self) -> None:
        """Without torch everything that waits is skipped, with the sentence that says why."""
        if not self._absent:
            return
        while self._queue:
            self._finished(self._queue.popleft(), skipped(self._absent))

    def read(self) -> None:
        """Take in what the loader has said."""
        child = self.child
        if child is None:
            return
        for message in child.receive():
            self._hear(message)
        if child.ended and self.child is child:
            self._died(self._stop())

    def check_time(self, now: float) -> None:
        """End a loader that does not answer, or that has had nothing to do for a while."""
        if self.child is None:
            return
        if not self.busy and self._ready:
            self._idle_since = self._idle_since or now
            if now - self._idle_since > _IDLE:
                self._stop()
            return
        self._idle_since = 0.0
        if now - self.child.heard <= self._allowance():
            return
        self._stop()
        load, self._current = self._current, None
        if load is None:
            self._absent = "torch did not finish importing; name another Python with --python"
        else:
            self._finished(load, skipped(f"torch gave no answer in {self._allowance():.0f} s"))

    def close(self) -> None:
        """End the loader."""
        self._stop()

    def _allowance(self) -> float:
        return self._patience if self._ready else max(self._patience, _STARTING)

    def _start(self) -> None:
        if self._absent:
            return
        interpreter = find_interpreter(self._python)
        if interpreter is None:
            self._absent = NO_TORCH
            return
        try:
            self.child = Child([interpreter, "-I", _SCRIPT])
        except OSError as error:
            self._absent = f"{interpreter} cannot be started: {error.strerror or error}"

    def _stop(self) -> str:
        child, self.child = self.child, None
        self._ready = False
        self._idle_since = 0.0
        return child.kill() if child is not None else ""

    def _hear(self, message: Message) -> None:
        if "torch" in message:
            self._ready = True
        elif "absent" in message:
            self._absent = f"no torch in {find_interpreter(self._python)}: {message['absent']}"
            self._stop()
        elif self._current is not None and message.get("id") == self._current.id:
            from ckptui.validation.load_result import finding_of_answer

            load, self._current = self._current, None
            self._finished(load, finding_of_answer(message, load.needed))

    def _died(self, how: str) -> None:
        """The loader ended by itself. A load gets a second chance: it may have been killed."""
        load, self._current = self._current, None
        if load is None:
            if not self._absent and self._queue:
                self._absent = f"the Python that was to ask torch {how}"
        elif load.attempts < 2:
            self._queue.appendleft(load)
        else:
            from ckptui.validation.load_result import CRASHED

            note = f"{CRASHED.note}: it {how}"
            self._finished(load, Finding(Result.SKIPPED, note))
