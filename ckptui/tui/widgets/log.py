"""The log of a resumed run, followed as it grows; scrolling up stops following, G goes on."""

from __future__ import annotations

import asyncio
from typing import Final

from textual.worker import Worker

from ckptui.present.glyphs import Role
from ckptui.present.spans import Span, line
from ckptui.tui.actions import Verbs
from ckptui.tui.logtext import LogLines
from ckptui.tui.widgets.pager import Pager

MOST_LINES: Final = 10_000
"""Lines that are kept; the whole log stays on disk."""
TAIL_BYTES: Final = 512 * 1024
"""Bytes from the end of the log to begin with."""
_QUIET_SECONDS: Final = 0.25


class LogPager(Pager):
    """Shows one run's log; ``open`` another one at any time."""

    def __init__(self, verbs: Verbs, *, ascii_only: bool, pager_id: str) -> None:
        super().__init__(ascii_only=ascii_only, pager_id=pager_id, follow=True)
        self._verbs = verbs
        self._worker: Worker[None] | None = None
        self.run_id: str | None = None

    def open(self, run_id: str | None) -> None:
        """Follow this run's log from near its end; None shows nothing."""
        if run_id == self.run_id:
            return
        self.stop()
        self.run_id = run_id
        self.following = True
        self.show([])
        if run_id is not None:
            self._worker = self.run_worker(self._read(run_id), exclusive=True, group="log")

    def stop(self) -> None:
        """Stop reading."""
        if self._worker is not None:
            self._worker.cancel()
        self._worker, self.run_id = None, None

    async def _read(self, run_id: str) -> None:
        lines = LogLines()
        arguments = ("logs", self._verbs.root, run_id, "--follow", "--bytes", str(TAIL_BYTES))
        async for chunk in self._verbs.stream(*arguments):
            self._take(lines, chunk)
            # A chatty log fills the pipe meanwhile, and comes in larger pieces.
            await asyncio.sleep(_QUIET_SECONDS)
        self.add([line(Span(text)) for text in [lines.open] if text], most=MOST_LINES)
        self.tail(line(Span("the log ends here", Role.MUTED)))

    def _take(self, lines: LogLines, chunk: bytes) -> None:
        self.add([line(Span(text)) for text in lines.feed(chunk)], most=MOST_LINES)
        self.tail(line(Span(lines.open)))
