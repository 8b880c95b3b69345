"""How far a run is, told by the pipeline to whoever watches, through one small file.

The supervisor names the file in ``$CKPTUI_PROGRESS``; a pipeline that was started by hand has none
and writes nothing. A scanner reads the file, so it is replaced whole, and not too often.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ckptui.durable import atomic_write_json

PROGRESS_VARIABLE: Final = "CKPTUI_PROGRESS"
RUN_VARIABLE: Final = "CKPTUI_RUN"
_INTERVAL: Final = 0.5
"""Seconds between two writes; a network filesystem pays for each of them."""
_log = logging.getLogger("ckptui")


@dataclass(slots=True)
class _Pace:
    """What was written last for one file, and since when this stretch of work counts."""

    written: float = 0.0
    since: float = 0.0
    first: float = 0.0
    done: float = 0.0
    total: float = 0.0

    def rate(self, done: float, total: float, now: float) -> float:
        """Steps per second since this stretch began; a new total or a step back begins another."""
        if total != self.total or done < self.done or not self.since:
            self.since, self.first, self.written = now, done, 0.0
        self.done, self.total = done, total
        passed = now - self.since
        return (done - self.first) / passed if passed > 0 else 0.0


_paces: dict[str, _Pace] = {}


def write_progress(
    root_or_env: str | Mapping[str, str], done: float, total: float, text: str
) -> None:
    """Tell how far a run is. Cheap to call after every step; never fails a run.

    Args:
        root_or_env: The run directory, then the environment of this process says where to write;
            or an environment.
        done: Steps done.
        total: Steps in all; 0 where it is not known.
        text: What is being done, for example ``features 12 of 40``; rate and time left are added.

    Example:
        >>> write_progress({}, 12, 40, "features 12 of 40")
    """
    path = _path_for(root_or_env)
    if not path:
        return
    pace = _paces.setdefault(path, _Pace())
    now = time.monotonic()
    rate = pace.rate(done, total, now)
    if done < total and now - pace.written < _INTERVAL:
        return
    pace.written = now
    document = {
        "version": 1,
        "done": done,
        "total": total,
        "text": _with_rate(text, done, total, rate),
        "updated_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    try:
        atomic_write_json(path, document, durable=False)
    except (OSError, ValueError) as error:
        _log.debug("progress not written: %s", error)


def _path_for(root_or_env: str | Mapping[str, str]) -> str:
    if not isinstance(root_or_env, str):
        return root_or_env.get(PROGRESS_VARIABLE, "")
    run = os.environ.get(RUN_VARIABLE, "")
    # A pipeline that works on another directory below a resumed run must not report for it.
    if not run or os.path.realpath(run) != os.path.realpath(root_or_env):
        return ""
    return os.environ.get(PROGRESS_VARIABLE, "")


def _with_rate(text: str, done: float, total: float, rate: float) -> str:
    if rate <= 0 or not 0 < done < total or "/s" in text:
        return text
    return f"{text}, {_rate_text(rate)}, {_time_text((total - done) / rate)} left"


def _rate_text(rate: float) -> str:
    return f"{rate:.1f}/s" if rate >= 0.1 else f"{rate * 3600:.1f}/h"


def _time_text(seconds: float) -> str:
    if seconds < 120:
        return f"{max(1, round(seconds))} s"
    if seconds < 7200:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h"


def parse_progress(text: str) -> tuple[float | None, str]:
    """Read a progress file: the fraction done, or None, and the text. Damage reads as nothing."""
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError):
        return None, ""
    if not isinstance(document, dict):
        return None, ""
    done, total, words = document.get("done"), document.get("total"), document.get("text")
    fraction = None
    if isinstance(done, int | float) and isinstance(total, int | float) and total > 0:
        fraction = min(1.0, max(0.0, done / total))
    return fraction, words if isinstance(words, str) else ""
