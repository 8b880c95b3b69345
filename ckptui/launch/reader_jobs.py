"""Work of the reader that takes long: done in steps, between which questions are answered."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final, TypeAlias

from ckptui.watch.protocol import Message, number_in

_TELL_EVERY: Final = 0.25

Job: TypeAlias = "Iterator[Message | None]"
"""Work in steps; a step may have something to say."""


class Jobs:
    """What is being worked on, by name; each in turn."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._told = 0.0

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def __contains__(self, name: str) -> bool:
        return name in self._jobs

    def begin(self, name: str, job: Job) -> None:
        """Begin a job, in the place of one of the same name."""
        self._jobs[name] = job

    def drop(self, *names: str) -> None:
        """Work on these no more."""
        for name in names:
            self._jobs.pop(name, None)

    def clear(self) -> None:
        """Work on nothing any more."""
        self._jobs.clear()

    def step(self) -> Message | None:
        """Do one step of the job whose turn it is; what that has to say."""
        name, job = next(iter(self._jobs.items()))
        del self._jobs[name]
        try:
            said = next(job)
        except StopIteration:
            return None
        except OSError as error:
            return {"is": "problem", "problem": error.strerror or str(error)}
        self._jobs[name] = job  # at the end: the others come first
        return said

    def due(self) -> bool:
        """True where it is time to say how far something is."""
        now = time.monotonic()
        due = now - self._told >= _TELL_EVERY
        if due:
            self._told = now
        return due


def whole(message: Message, name: str) -> int:
    """A whole number of a question, 0 where there is none."""
    return int(number_in(message.get(name)))
