"""The program on a run directory as the benchmark opens it, and what it looks for on screen."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from tests.benchmarks.ui.played import Played, Seen, played

LARGE: Final = (120, 40)
SMALL: Final = (80, 24)
PAGE_DOWN: Final = "\x1b[6~"
ESCAPE: Final = "\x1b"
_BAR: Final = "▌"
FILTER: Final = "only what matches"
"""What the empty filter line says."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the benchmark works, with a cache and settings of its own.

    Attributes:
        folder: Holds everything.
    """

    folder: str

    @property
    def environment(self) -> Mapping[str, str]:
        """For the program: many entries are allowed, nothing of the user's is read."""
        kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        own = {"XDG_CACHE_HOME": "cache", "XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state"}
        return {**kept, **{name: f"{self.folder}/{each}" for name, each in own.items()}}

    def configure(self) -> None:
        """Let it look at every file."""
        os.makedirs(f"{self.folder}/config/ckptui", exist_ok=True)
        with open(f"{self.folder}/config/ckptui/config.toml", "w", encoding="ascii") as file:
            file.write("[limits]\nentries = 1000000\n")

    def forget(self) -> None:
        """Begin without a verdict, and without a memory of how it was looked at last."""
        for name in ("cache", "state"):
            for folder, _, files in os.walk(f"{self.folder}/{name}"):
                for each in files:
                    os.unlink(os.path.join(folder, each))

    def verdicts(self) -> int:
        """Verdicts in the cache."""
        path = f"{self.folder}/cache/ckptui/verdicts-1.sqlite"
        if not os.path.exists(path):
            return 0
        with sqlite3.connect(path) as connection:
            (count,) = connection.execute("SELECT count(*) FROM verdicts").fetchone()
        return int(count)


@contextmanager
def opened(
    place: Place, root: str, size: tuple[int, int] = LARGE, before: Sequence[str] = ()
) -> Iterator[Played]:
    """The program on a run directory; ``before`` is a command that runs it."""
    command = [*before, sys.executable, "-m", "ckptui", "ui", "--no-session", root]
    with played(command, place.environment, size) as terminal:
        yield terminal


def has_rows(lines: list[str]) -> bool:
    """True once the first rows are on screen."""
    return any("ckpt_" in line for line in lines[3:-10])


def says(words: str, last: int = 0) -> Seen:
    """Whether these words are on screen, or in its last lines."""
    return lambda lines: any(words in line for line in lines[-last:])


def cursor(lines: list[str]) -> str:
    """What the row under the cursor says: its name."""
    return next((line[3:28] for line in lines if line.startswith(_BAR)), "")


def has_count(lines: list[str], count: int) -> bool:
    """True where the tab of the checkpoints counts so many."""
    return any(f"1 Checkpoints {count:,} " in line for line in lines)
