"""A resumed run as its files describe it."""

from __future__ import annotations

from typing import Final

from ckptui.light import dataclass

LIVE: Final = frozenset({"starting", "running", "unsupervised", "elsewhere"})
"""States of a run that may still be working."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One resumed run; the fields of a run in JSON, and a few for the screen.

    Attributes:
        id: Directory name under ``RUN/.ckptui/runs/``.
        state: ``starting``, ``running``, ``unsupervised`` (its supervisor died, it works on),
            ``ended``, ``cancelled``, ``lost`` (gone without an exit status) or ``elsewhere``
            (another host; what this host knows is in ``note``).
        command: argv.
        host, pid: Where and under which process it works.
        started_at, ended_at: ISO 8601, UTC.
        exit_code, signal: How it ended; both None while it runs.
        log: Path of the log, relative to the run directory.
        progress: Fraction done as the pipeline reported it, or None.
        progress_text: ``features 12 of 40, 3.1/s, 9 s left`` or empty.
        last_line: The last line of its log as far as it was seen, raw.
        note: One sentence in words (``exit code 3: checkpoint trouble``).
    """

    id: str
    state: str
    command: tuple[str, ...]
    host: str
    pid: int | None
    started_at: str
    ended_at: str | None = None
    exit_code: int | None = None
    signal: str | None = None
    log: str = ""
    progress: float | None = None
    progress_text: str = ""
    note: str = ""
    last_line: str = ""
