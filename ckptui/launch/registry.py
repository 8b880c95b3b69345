"""The resumed runs of a run directory, read back from their files; nothing else remembers them.

A state is never guessed: a run has ended well only if its exit status is on disk. One whose
supervisor and processes are gone without one is ``lost``.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from ckptui.errors import CkptuiError
from ckptui.launch.exit_words import note_of_exit, signal_name
from ckptui.launch.model import RunRecord
from ckptui.launch.places import OWN_DIR, runs_dir
from ckptui.launch.processes import Stat, alive, here, members
from ckptui.launch.progress import parse_progress

_FILES: Final = ("run.json", "exit.json", "progress.json")
_LOG: Final = "log.txt"
"""Of the log there is only the last line in what the scanner sends."""
_BELATED: Final = 10.0
"""Seconds for which a run without a supervisor is not yet called lost by a reader of old text."""

Document = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Files:
    """The documents of one run; empty where a file is missing or damaged."""

    id: str
    run: Document
    exit: Document
    progress: str
    last_line: str = ""


def parse_runs(
    run_files: Mapping[str, str], *, dead_since: dict[str, float] | None = None
) -> tuple[RunRecord, ...]:
    """The runs that the scanner's copies of their files describe, newest first.

    Reads nothing but /proc of this host.

    Args:
        run_files: Path relative to the run directory → text (``Snapshot.run_files``).
        dead_since: Kept by a caller whose texts may be older than the processes it looks at: a run
            then counts as lost only some seconds after its supervisor was first seen gone, so that
            its exit status has time to arrive.
    """
    runs: dict[str, dict[str, str]] = {}
    for path, text in run_files.items():
        parts = path.split("/")
        if len(parts) == 4 and parts[:2] == [OWN_DIR, "runs"] and parts[3] in (*_FILES, _LOG):
            runs.setdefault(parts[2], {})[parts[3]] = text
    records = (_record(_files(run_id, texts)) for run_id, texts in runs.items())
    found = [record for record in records if record is not None]
    if dead_since is not None:
        found = [_belated(record, dead_since) for record in found]
    return tuple(sorted(found, key=lambda record: record.id, reverse=True))


def list_runs(root: str) -> tuple[RunRecord, ...]:
    """The runs of a run directory, newest first, read from disk now.

    Args:
        root: The run directory; one without runs, or that is missing, gives none.
    """
    try:
        names = sorted(os.listdir(runs_dir(root)), reverse=True)
    except OSError:
        return ()
    found = (read_run(root, name) for name in names)
    return tuple(record for record in found if record is not None)


def read_run(root: str, run_id: str) -> RunRecord | None:
    """One run, read from disk now; None where there is none of that id."""
    record = _record(_files(run_id, _texts(root, run_id)))
    if record is not None and record.state == "lost":
        # It may have ended between the reading and the look at its processes. The exit status is
        # written before the supervisor goes, so a second reading after the look decides.
        record = _record(_files(run_id, _texts(root, run_id)))
    return record


def find_run(root: str, run_id: str | None = None) -> RunRecord:
    """The run of an id, or of the beginning of one; the newest where none is given.

    Raises:
        CkptuiError: There is none, or several begin so.
    """
    runs = list_runs(root)
    fitting = [run for run in runs if run.id.startswith(run_id or "")]
    exact = [run for run in fitting if run.id == run_id]
    if exact or (fitting and not run_id):
        return (exact or fitting)[0]
    if len(fitting) == 1:
        return fitting[0]
    known = ", ".join(run.id for run in (fitting or runs)[:5]) or "none"
    what = "several runs begin with" if fitting else "there is no run"
    raise CkptuiError(f"{root}: {what} {run_id or 'at all'}; known: {known}")


def supervisor_pid(root: str, run_id: str) -> int:
    """Pid of a run's supervisor on this host, 0 where it is gone or elsewhere."""
    run = _files(run_id, _texts(root, run_id)).run
    pid, ticks = _process(run.get("supervisor"))
    return pid if _is_here(run) and alive(pid, ticks) else 0


def run_document(root: str, run_id: str) -> Document:
    """``run.json`` of a run as it stands; empty where it is missing or damaged."""
    return _files(run_id, _texts(root, run_id)).run


def _texts(root: str, run_id: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    if os.path.basename(run_id) != run_id:
        return texts
    for name in _FILES:
        try:
            with open(os.path.join(runs_dir(root), run_id, name), "rb") as file:
                texts[name] = file.read(1 << 20).decode("utf-8", "replace")
        except OSError:
            continue
    return texts


def _files(run_id: str, texts: Mapping[str, str]) -> _Files:
    return _Files(
        run_id,
        _document(texts.get("run.json", "")),
        _document(texts.get("exit.json", "")),
        texts.get("progress.json", ""),
        texts.get(_LOG, ""),
    )


def _document(text: str) -> Document:
    try:
        value: object = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _record(files: _Files) -> RunRecord | None:
    run = files.run
    if not run and not files.exit:
        return None
    state, note = _state(files)
    command = run.get("command")
    fraction, text = parse_progress(files.progress)
    return RunRecord(
        id=files.id,
        state=state,
        command=tuple(str(word) for word in command) if isinstance(command, list) else (),
        host=_text(run, "host"),
        pid=_whole(run, "pid"),
        started_at=_text(run, "started_at"),
        ended_at=_text(files.exit, "ended_at") or None,
        exit_code=_whole(files.exit, "exit_code"),
        signal=signal_name(_whole(files.exit, "signal")),
        log=f"{OWN_DIR}/runs/{files.id}/log.txt",
        progress=fraction,
        progress_text=text,
        note=note,
        last_line=files.last_line,
    )


def _state(files: _Files) -> tuple[str, str]:
    run = files.run
    if files.exit:
        ours = isinstance(run.get("pipeline"), str)
        state = "cancelled" if isinstance(files.exit.get("cancelled"), dict) else "ended"
        return state, note_of_exit(files.exit, ours=ours)
    if not _is_here(run):
        return _away(run)
    pid, ticks = _process(run.get("supervisor"))
    child, child_ticks = _process(run)
    if alive(pid, ticks):
        return ("running", "") if child else ("starting", "")
    if left := _left(_text(run, "token"), child, child_ticks):
        pids = ", ".join(str(stat.pid) for stat in left[:3])
        return "unsupervised", (
            f"its supervisor is gone, it works on (pid {pids}); its exit status will not be known"
        )
    return "lost", "gone without an exit status; cause not known"


_gone: set[tuple[str, int, int]] = set()
"""Runs that had no process left. None comes back, so nobody is made to look again."""


def _left(token: str, child: int, ticks: int) -> tuple[Stat, ...]:
    key = (token, child, ticks)
    left = () if key in _gone else members(*key)
    if not left:
        _gone.add(key)
    return left


def _is_here(run: Document) -> bool:
    this = here()
    same = (this.host, this.boot_id, this.pid_ns)
    return (_text(run, "host"), _text(run, "boot_id"), _text(run, "pid_ns")) == same


def _away(run: Document) -> tuple[str, str]:
    this = here()
    host, machine = _text(run, "host"), _text(run, "machine")
    if host == this.host and machine and machine == this.machine:
        if _text(run, "boot_id") != this.boot_id:
            return "lost", f"{host} was restarted while it worked; it left no exit status"
        return "elsewhere", f"in another container on {host}; no exit status yet"
    job = f" in job {_text(run, 'job')}" if _text(run, "job") else ""
    return "elsewhere", f"on {host or 'another host'}{job}; no exit status yet"


def _belated(record: RunRecord, dead_since: dict[str, float]) -> RunRecord:
    if record.state != "lost":
        dead_since.pop(record.id, None)
        return record
    since = dead_since.setdefault(record.id, time.monotonic())
    if time.monotonic() - since > _BELATED:
        return record
    return replace(record, state="running", note="ended a moment ago; reading its exit status")


def _process(value: object) -> tuple[int, int]:
    if not isinstance(value, Mapping):
        return 0, 0
    return _whole(value, "pid") or 0, _whole(value, "start_ticks") or 0


def _text(document: Document, name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""


def _whole(document: Document, name: str) -> int | None:
    value = document.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
