"""Asks a checker about many files, in a process with limits that is started anew when it dies."""

from __future__ import annotations

import json
import os
import resource
import select
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import Final

from tests.workshop.specimen import Specimen

SECONDS: Final = 3.0
"""An answer that takes longer is none."""
_MEMORY: Final = 6 << 30
"""Bytes of address space: torch maps much that it never uses."""
_ROOT: Final = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 3))
NO_ANSWER: Final = "no answer"
CRASHED: Final = "crashed"


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Asker:
    """One checker in a process of its own."""

    def __init__(self, checker: str, seconds: float = SECONDS) -> None:
        self._checker = checker
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None

    def __call__(self, path: str) -> str:
        """What the checker says about a file."""
        child = self._child or self._start()
        assert child.stdin is not None
        child.stdin.write(json.dumps(path).encode() + b"\n")
        child.stdin.flush()
        return self._answer(child, self._seconds)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-W", "ignore", "-m", "tests.workshop.atlas.checkers"]
        child = self._child = subprocess.Popen(
            [*command, self._checker], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, preexec_fn=_limit,
        )  # fmt: skip
        if self._answer(child, 60.0) != "ready":
            raise RuntimeError(f"the checker {self._checker} does not start")
        return child

    def _answer(self, child: subprocess.Popen[bytes], seconds: float) -> str:
        assert child.stdout is not None
        if not select.select([child.stdout], [], [], seconds)[0]:
            self.close()
            return NO_ANSWER
        line = child.stdout.readline()
        if not line:
            self.close()
            return CRASHED
        return str(json.loads(line))

    def close(self) -> None:
        """End the process."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
        self._child = None


def ask(checker: str, specimens: Iterable[Specimen]) -> Iterator[str]:
    """The checker's answers, in order."""
    asker = Asker(checker)
    try:
        for specimen in specimens:
            specimen.prepare()
            yield asker(specimen.path)
    finally:
        asker.close()
