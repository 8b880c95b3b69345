"""Ending a run whose supervisor is gone: nobody else is left to do it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from ckptui.durable import atomic_write_json
from ckptui.errors import CkptuiError
from ckptui.launch import claim_file
from ckptui.launch.model import RunRecord
from ckptui.launch.places import claim_path, runs_dir
from ckptui.launch.processes import Stat, members
from ckptui.launch.registry import find_run, read_run, run_document

_LADDER: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
_LAST: Final = 5.0


def end_orphan(root: str, run_id: str, grace: tuple[float, float]) -> RunRecord:
    """End the processes of an unsupervised run, and write down what is known of its end.

    Args:
        root: The run directory.
        run_id: The run.
        grace: Seconds after SIGINT and after SIGTERM.

    Raises:
        CkptuiError: Processes of it still work, for example those of another user.
    """
    sent: list[str] = []
    for number, patience in zip(_LADDER, (*grace, _LAST), strict=True):
        left = _left(root, run_id)
        if left:
            sent.append(number.name)
            _signal(left, number)
            _wait(root, run_id, patience)
    if left := _left(root, run_id):
        pids = ", ".join(str(stat.pid) for stat in left)
        raise CkptuiError(f"{root}: processes of run {run_id} cannot be ended: pid {pids}")
    _write_exit(root, run_id, sent)
    return read_run(root, run_id) or find_run(root, run_id)


def _left(root: str, run_id: str) -> tuple[Stat, ...]:
    run = run_document(root, run_id)
    token, pid, ticks = run.get("token"), run.get("pid"), run.get("start_ticks")
    return members(
        token if isinstance(token, str) else "",
        pid if isinstance(pid, int) else 0,
        ticks if isinstance(ticks, int) else 0,
    )


def _signal(stats: Iterable[Stat], number: signal.Signals) -> None:
    for stat in stats:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(stat.pid, number)
            os.kill(stat.pid, signal.SIGCONT)


def _wait(root: str, run_id: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and _left(root, run_id):
        time.sleep(0.1)


def _write_exit(root: str, run_id: str, sent: list[str]) -> None:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    document: dict[str, object] = {
        "version": 1,
        "exit_code": None,
        "signal": None,
        "error": None,
        "cancelled": {"by": "ckptui, in the place of its supervisor", "at": now, "signals": sent},
        "leftovers": [],
        "ended_at": now,
        "duration_seconds": None,
    }
    path = os.path.join(runs_dir(root), run_id, "exit.json")
    if not os.path.exists(path):
        atomic_write_json(path, document)
    with suppress(OSError):
        claim = claim_file.read_file(claim_path(root))
        if claim is not None and claim.run == run_id:
            claim_file.release(claim_path(root), claim)
