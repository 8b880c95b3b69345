"""Starting and cancelling resumed runs on this host."""

from __future__ import annotations

import json
import os
import secrets
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from ckptui.durable import atomic_write_json
from ckptui.errors import CkptuiError, ClaimError
from ckptui.launch import supervisor
from ckptui.launch.claim import Claim, ClaimInfo, take_lock, write_claim
from ckptui.launch.command import Command
from ckptui.launch.model import RunRecord
from ckptui.launch.places import claim_path, make_dirs, runs_dir
from ckptui.launch.processes import CLAIM_VARIABLE, here
from ckptui.launch.progress import PROGRESS_VARIABLE, RUN_VARIABLE
from ckptui.launch.registry import find_run, list_runs, read_run

_START_PATIENCE: Final = 20.0
"""Seconds for a Python without site packages to start; a cold network filesystem needs some."""
_END_PATIENCE: Final = 3.0
_PRIVATE: Final = "CKPTUI_"


def start_run(root: str, command: Command, *, force: bool = False) -> RunRecord:
    """Start a command under a supervisor of its own; it outlives this process and its terminal.

    The claim is written for the supervisor's pid before anything starts, and the supervisor starts
    nothing unless the whole job has reached it: a starter that dies in between leaves at most a
    claim of a dead process.

    Args:
        root: The run directory.
        command: What to run, from :func:`ckptui.launch.command.find_command`.
        force: Take over a claim of another host; see :func:`ckptui.launch.claim.take_claim`.

    Returns:
        The run, started; or ended with its error where the command cannot be run at all.

    Raises:
        ClaimError: Somebody else works here, or the directory cannot be written.
    """
    root = os.path.abspath(root)
    what = f"resumed run: {_cut(command.text)}"
    lock = take_lock(root, what)
    try:
        run_id = _make_run(root)
        process = _spawn(lock)
        with process:
            info, error = _hand_over(process, root, run_id, command, what, force)
    finally:
        if lock is not None:
            os.close(lock)
    return _settled(root, run_id, ended=bool(error)) or _just_started(root, run_id, command, info)


def _settled(root: str, run_id: str, *, ended: bool) -> RunRecord | None:
    """The run as its files say; with ``ended`` once its end stands there, which is in no time."""
    deadline = time.monotonic() + _END_PATIENCE
    while True:
        run = read_run(root, run_id)
        if not ended or time.monotonic() > deadline or (run and run.state == "ended"):
            return run
        time.sleep(0.02)


def _cut(text: str) -> str:
    return text if len(text) <= 120 else text[:119] + "…"


def _make_run(root: str) -> str:
    run_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    try:
        make_dirs(root, os.path.join(runs_dir(root), run_id))
    except OSError as error:
        raise ClaimError(
            f"{root}: cannot be resumed: {error.filename or root} cannot be written "
            f"({error.strerror}); resume it as its owner, or in a copy that you may write"
        ) from error
    return run_id


def _spawn(lock: int | None) -> subprocess.Popen[bytes]:
    # The two must agree on how paths become bytes, whatever PYTHONUTF8 says to this process.
    utf8 = "utf8=1" if sys.getfilesystemencoding() == "utf-8" else "utf8=0"
    return subprocess.Popen(
        [sys.executable, "-I", "-X", utf8, supervisor.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=() if lock is None else (lock,),
        start_new_session=True,
    )


def _hand_over(
    process: subprocess.Popen[bytes],
    root: str,
    run_id: str,
    command: Command,
    what: str,
    force: bool,
) -> tuple[ClaimInfo, str]:
    """Claim the directory for the supervisor, give it its job; what kept it from starting."""
    pid = _answer(process, root).get("pid")
    if not isinstance(pid, int):
        raise _no_supervisor(root)
    try:
        info = write_claim(root, what=what, force=force, pid=pid, run=run_id)
    except ClaimError:
        _forget(root, run_id)
        raise
    assert process.stdin is not None  # noqa: S101  (for the type checker: it is a pipe)
    try:
        process.stdin.write(json.dumps(_job(root, run_id, command, info)).encode())
        process.stdin.close()
    except OSError as error:
        Claim(root, info).release()
        raise _no_supervisor(root) from error
    return info, str(_answer(process, root).get("error") or "")


def _answer(process: subprocess.Popen[bytes], root: str) -> dict[str, object]:
    """One line from the supervisor; empty where it says nothing more."""
    assert process.stdout is not None  # noqa: S101
    deadline = time.monotonic() + _START_PATIENCE
    data = b""
    while not data.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], max(0, deadline - time.monotonic()))
        piece = os.read(process.stdout.fileno(), 65536) if ready else b""
        if not piece:
            raise _no_supervisor(root)
        data += piece
    answer: object = json.loads(data)
    return answer if isinstance(answer, dict) else {}


def _no_supervisor(root: str) -> CkptuiError:
    return CkptuiError(
        f"{root}: the supervisor did not start or went away ({sys.executable} -I "
        f"{supervisor.__file__}); see ckptui runs {root} before you try again"
    )


def _forget(root: str, run_id: str) -> None:
    """Remove the empty directory of a run that never was."""
    try:
        os.rmdir(os.path.join(runs_dir(root), run_id))
    except OSError:
        return


def _job(root: str, run_id: str, command: Command, info: ClaimInfo) -> dict[str, object]:
    directory = os.path.join(runs_dir(root), run_id)
    return {
        "directory": directory,
        "claim": claim_path(root),
        "token": info.token,
        "argv": list(command.argv),
        "cwd": command.cwd or root,
        "env": run_environment(root, directory, command, info.token, os.environ),
        "run": {
            "version": 1,
            "id": run_id,
            "command": list(command.argv),
            "cwd": command.cwd or root,
            "pipeline": command.pipeline,
            "host": info.host,
            "boot_id": info.boot_id,
            "pid_ns": info.pid_ns,
            "machine": info.machine,
            "user": info.user,
            "job": info.job,
            "token": info.token,
            "started_at": info.started_at,
            "log": "log.txt",
            "pid": None,
            "start_ticks": None,
        },
    }


def run_environment(
    root: str, directory: str, command: Command, token: str, base: Mapping[str, str]
) -> dict[str, str]:
    """The environment of a resumed run: the user's own, the command's, and ours for pipelines.

    Args:
        root: The run directory.
        directory: The run's own directory below it.
        command: Its ``env`` wins over the user's.
        token: The claim, for a pipeline to adopt.
        base: The user's environment; what earlier runs of ckptui put there is left out.
    """
    kept = {name: value for name, value in base.items() if not name.startswith(_PRIVATE)}
    # Python keeps back what it prints to a file; a log that is followed should not lag by 8 KB.
    kept.setdefault("PYTHONUNBUFFERED", "1")
    return {
        **kept,
        **command.env,
        CLAIM_VARIABLE: token,
        RUN_VARIABLE: root,
        PROGRESS_VARIABLE: os.path.join(directory, "progress.json"),
    }


def _just_started(root: str, run_id: str, command: Command, info: ClaimInfo) -> RunRecord:
    log = os.path.relpath(os.path.join(runs_dir(root), run_id, "log.txt"), root)
    return RunRecord(run_id, "starting", command.argv, info.host, None, info.started_at, log=log)


def cancel_run(
    root: str,
    run_id: str | None = None,
    *,
    grace: tuple[float, float] = supervisor.GRACE,
    by: str = "",
) -> RunRecord:
    """Ask a run to end: SIGINT, then SIGTERM, then SIGKILL to its whole group.

    Args:
        root: The run directory.
        run_id: The run; by default the one that works now. Asking again sends the next signal at
            once.
        grace: Seconds after SIGINT and after SIGTERM.
        by: Who asks, for the record.

    Returns:
        The run as it was when it was asked; its supervisor does the rest. A run whose supervisor
        is gone is ended here, and comes back as it is then.

    Raises:
        CkptuiError: No such run, or it does not work any more, or it cannot be reached from here.
    """
    root = os.path.abspath(root)
    run = _working_run(root, run_id)
    if run.state == "unsupervised":
        from ckptui.launch.orphan import end_orphan

        return end_orphan(root, run.id, grace)
    path = os.path.join(runs_dir(root), run.id, "cancel.json")
    asked = {
        "version": 1,
        "by": by or f"ckptui on {here().host}",
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "grace": list(grace),
    }
    try:
        atomic_write_json(path, asked, durable=False)
    except OSError as error:
        _signal_supervisor(root, run, error)
    return run


def _working_run(root: str, run_id: str | None) -> RunRecord:
    runs = [find_run(root, run_id)] if run_id else list(list_runs(root))
    working = ("starting", "running", "unsupervised", "elsewhere")
    for run in runs:
        if run.state in working:
            return run
    if run_id:
        raise CkptuiError(f"{root}: run {run_id} does not work any more ({runs[0].note})")
    raise CkptuiError(f"{root}: no resumed run works here; see: ckptui runs {root}")


def _signal_supervisor(root: str, run: RunRecord, error: OSError) -> None:
    """A full disk or a read-only mount: the supervisor takes a signal as well."""
    from ckptui.launch.registry import supervisor_pid

    pid = supervisor_pid(root, run.id)
    try:
        if run.state == "elsewhere" or not pid:
            raise error
        os.kill(pid, signal.SIGTERM)
    except OSError as reason:
        raise CkptuiError(
            f"{root}: run {run.id} cannot be asked to end ({reason.strerror}); "
            f"ask its owner, or end pid {run.pid} on {run.host} yourself"
        ) from reason
