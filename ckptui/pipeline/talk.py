"""What a run says while it works: plain lines on stderr that read well in a log."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

log: Final = logging.getLogger("ckptui.pipeline")

_SECONDS_BETWEEN_LINES: Final = 1.0


@contextmanager
def talking() -> Iterator[None]:
    """Send the log of ckptui to stderr, unless the caller already sends it somewhere."""
    root = logging.getLogger("ckptui")
    if root.hasHandlers():
        yield
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_worth_saying)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def _worth_saying(record: logging.LogRecord) -> bool:
    """All that the runner says; of the library only warnings: its errors are raised, and told once.

    The library's own notes (a line for each checkpoint saved) would bury the progress.
    """
    return record.name == log.name or record.levelno == logging.WARNING


class ProgressLines:
    """Progress as lines in a log: the first, the last, and at most one a second between."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def say(self, done: int, total: int, text: str) -> None:
        """Log one line where it is due."""
        now = time.monotonic()
        if done < total and now - self._last < _SECONDS_BETWEEN_LINES:
            return
        # After the last unit of a stage, the first of the next one is due at once.
        self._last = now if done < total else float("-inf")
        log.info("  %s", text)
