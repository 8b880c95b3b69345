"""What a text view and its reader process say to each other: questions by number, and silence."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ckptui.launch.reader_link import ReaderLink
from ckptui.watch.protocol import Message

PATIENCE: Final = 2.0
"""Seconds without an answer after which it is said."""
_HEALTHY: Final = 60.0
"""A reader that lived so long may be started again when it dies."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on its way.

    Attributes:
        what: What was asked, for the one who asked.
        at: Offset that it is about.
        since: Monotonic seconds.
    """

    what: str
    at: int
    since: float


class Reading:
    """One file being read by a child process, which is started again once where it dies.

    Args:
        path: The file.
        hear: Called from another thread with what the reader says; None at its end.
        environment: For the child.
    """

    def __init__(
        self,
        path: str,
        hear: Callable[[Reading, Message | None], object],
        environment: Mapping[str, str],
    ) -> None:
        self.path = path
        self._hear, self._environment = hear, environment
        self._number = 0
        self._open: dict[int, Asked] = {}
        self._started = 0.0
        self._again = 0.0
        self._link = self._start()

    def _start(self) -> ReaderLink:
        # What an earlier life still says is not for the one that followed it.
        link = ReaderLink(self.path, lambda said: self._hear_from(link, said), self._environment)
        self._link = link
        self._open.clear()
        self._started = time.monotonic()
        link.start()
        return link

    def _hear_from(self, link: ReaderLink, said: Message | None) -> None:
        if link is self._link:
            self._hear(self, said)

    @property
    def pid(self) -> int | None:
        """Process id of the reader, None where there is none now."""
        return self._link.pid

    def ask(self, what: str, at: int = 0, **question: object) -> int:
        """Ask something; the answer carries the number that this returns."""
        self._number += 1
        self._open[self._number] = Asked(what, at, time.monotonic())
        self._link.send({"do": what, "id": self._number, "at": at, **question})
        return self._number

    def asked(self, said: Message) -> Asked | None:
        """The question that something is the answer to; it is then no longer open."""
        number = said.get("id")
        return self._open.pop(number, None) if isinstance(number, int) else None

    def waits_for(self, what: str) -> bool:
        """True while such a question is open."""
        return any(each.what == what for each in self._open.values())

    def silence(self) -> float:
        """Seconds for which the oldest question has not been answered."""
        since = [each.since for each in self._open.values()]
        return time.monotonic() - min(since) if since else 0.0

    def rested(self) -> None:
        """Count the silence from now on: until now nobody listened."""
        now = time.monotonic()
        self._open = {number: Asked(each.what, each.at, now) for number, each in self._open.items()}

    def restart(self) -> None:
        """Kill the reader and start another, because the user wants it."""
        self._link.close()
        self._start()

    def revive(self) -> bool:
        """Start another after this one died by itself; False where that has happened just now."""
        now = time.monotonic()
        if now - self._again < _HEALTHY:
            return False
        self._again = now
        self._start()
        return True

    def close(self) -> None:
        """End it; nothing is waited for."""
        self._link.close()
