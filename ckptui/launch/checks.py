"""What speaks for and against carrying a run on: one short look each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ckptui.errors import CkptuiError
from ckptui.launch import site
from ckptui.launch.claim import holder_sentence, read_claim
from ckptui.launch.command import Command
from ckptui.launch.processes import user_name
from ckptui.launch.standing import Standing, refusal, standing
from ckptui.terms import InputState
from ckptui.validation.login_node import is_login_node, job_of
from ckptui.watch.model import NOBODY, Checkpoint, Snapshot


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        state: ``ok``, ``warn`` or ``fail``.
        sentence: What was seen.
        blocks: True where the run must not start because of it; ``force`` lifts those that it can.
    """

    state: str
    sentence: str
    blocks: bool = False


def look_around(
    root: str,
    snapshot: Snapshot,
    command: Command | None,
    problem: str,
    env: Mapping[str, str],
    force: bool,
    on_login_node: bool,
) -> Iterator[Check]:
    """Every check, in the order in which a person reads them.

    Args:
        root: The run directory, absolute.
        snapshot: Its live model.
        command: What would be run, or None.
        problem: Why the command could not be read, or "".
        env: The user's environment.
        force: See :func:`ckptui.launch.preview.resume_preview`.
        on_login_node: Likewise.
    """
    yield _command_check(root, command, problem, env)
    yield _claim_check(root, force)
    yield from _writer_checks(snapshot, force)
    yield from _queue_checks(root, env, force)
    yield _writable_check(root)
    yield from _space_check(snapshot)
    yield from _host_checks(env, on_login_node)
    yield from (Check("warn", sentence) for sentence in again(snapshot))


def _command_check(
    root: str, command: Command | None, problem: str, env: Mapping[str, str]
) -> Check:
    if command is None:
        unknown = (
            f"no command is known for {root}; give it with: ckptui set-command {root} -- COMMAND"
        )
        return Check("fail", problem or unknown, blocks=True)
    cwd = command.cwd or root
    if not os.path.isdir(cwd):
        return Check("fail", f"the command's directory {cwd} is not there", blocks=True)
    program = command.argv[0]
    search = command.env.get("PATH", env.get("PATH"))
    path = os.path.join(cwd, program) if os.sep in program else program
    if shutil.which(path, path=search) is None:
        return Check(
            "fail",
            f"{program} is not to be found here; is its environment active? ({_source(command)})",
            blocks=True,
        )
    if command.moved_from:
        return Check(
            "warn",
            f"the command was recorded in {command.moved_from}; its paths are put to this "
            "directory here: read it before you start",
        )
    return Check("ok", _source(command))


def _source(command: Command) -> str:
    if command.source == "recorded":
        return "the command is the one that was recorded when this run was started"
    return f"the command stands in {command.source}"


def _claim_check(root: str, force: bool) -> Check:
    try:
        info = read_claim(root)
    except CkptuiError as error:
        return Check("fail", str(error), blocks=True)
    if info is None:
        return Check("ok", "no claim on this directory")
    state = standing(root, info)
    if state is Standing.DEAD:
        return Check("ok", f"the last holder is gone, its claim goes over: {holder_sentence(info)}")
    if force and state in (Standing.ELSEWHERE, Standing.UNKNOWN):
        return Check("warn", f"takes the claim over from {holder_sentence(info)}")
    return Check("fail", refusal(root, info, state), blocks=True)


def _writer_checks(snapshot: Snapshot, force: bool) -> Iterator[Check]:
    for sentence in snapshot.writers:
        if " alive here" in sentence:
            yield Check("warn" if force else "fail", f"writing: {sentence}", blocks=not force)
        elif sentence == NOBODY:
            yield Check("ok", sentence)
        else:
            yield Check("warn", f"writers: {sentence}")


def _queue_checks(root: str, env: Mapping[str, str], force: bool) -> Iterator[Check]:
    jobs = site.queued_jobs(env)
    if jobs is None:
        return
    mine, real = job_of(env), os.path.realpath(root)
    fitting = [
        job
        for job in jobs
        if job.id != mine
        and os.path.realpath(job.directory).startswith(real)
        and os.path.realpath(job.directory)[len(real) :][:1] in ("", os.sep)
    ]
    for job in fitting:
        sentence = f"your job {job.id} ({job.name}, {job.state.lower()}) works in this directory"
        yield Check("warn" if force else "fail", sentence, blocks=not force)
    if not fitting:
        yield Check("ok", "none of your queued jobs works in this directory")


def _writable_check(root: str) -> Check:
    if not os.path.isdir(root):
        return Check("fail", f"{root}: is not there, or is no directory", blocks=True)
    own = os.path.join(root, ".ckptui")
    place = own if os.path.isdir(own) else root
    if os.access(place, os.W_OK | os.X_OK):
        return Check("ok", "the run directory can be written")
    sentence = f"{place}: cannot be written; resume it as its owner, or in a copy of yours"
    return Check("fail", sentence, blocks=True)


def _space_check(snapshot: Snapshot) -> Iterator[Check]:
    if snapshot.disk is None:
        return
    free, row = snapshot.disk.free, _newest_sized(snapshot)
    if row is None or row.size is None:
        yield Check("ok", f"free {_size(free)}")
    elif free < row.size:
        yield Check("fail", f"free {_size(free)}, but the last checkpoint took {_size(row.size)}")
    elif free < 3 * row.size:
        yield Check("warn", f"free {_size(free)}: room for {free // row.size} more checkpoints")
    else:
        yield Check("ok", f"free {_size(free)}")


def _newest_sized(snapshot: Snapshot) -> Checkpoint | None:
    if snapshot.last_good and snapshot.last_good.path in snapshot.checkpoints:
        return snapshot.checkpoints[snapshot.last_good.path]
    rows = [row for row in snapshot.checkpoints.values() if row.size and not row.unit]
    return max(rows, key=lambda row: row.mtime or 0.0, default=None)


def _host_checks(env: Mapping[str, str], on_login_node: bool) -> Iterator[Check]:
    if job := job_of(env):
        yield Check("warn", f"you work inside Slurm job {job}: the run ends with that job")
    elif is_login_node(env):
        sentence = "this looks like a login node (Slurm is here, and you are in no job)"
        if on_login_node:
            yield Check("warn", sentence)
        else:
            yield Check("fail", f"{sentence}; submit a job, or say --here", blocks=True)
    kills = site.kills_user_processes(user_name())
    if kills:
        yield Check(
            "warn",
            "this host ends your processes when you log out (KillUserProcesses=yes): stay logged "
            "in, or start ckptui with: systemd-run --user --scope ckptui …, and linger enabled",
        )
    elif not job:
        known = "" if kills is False else ", as far as this host says"
        yield Check("ok", f"outlives ckptui and this terminal{known}")


def again(snapshot: Snapshot) -> Iterator[str]:
    """Stages that a resumed run does again, and why."""
    reasons: dict[str, list[str]] = {}
    for row in snapshot.stages:
        if row.status == "completed" and row.input_hash.state is InputState.STALE:
            why = row.input_hash.why or "inputs have changed"
            reasons.setdefault(why, []).append(row.stage)
        elif row.status == "failed":
            why = f"it failed ({row.error})" if row.error else "it failed"
            reasons.setdefault(why, []).append(row.stage)
    for why, stages in reasons.items():
        many = "s" if len(stages) > 1 else ""
        are = "are" if len(stages) > 1 else "is"
        yield f"stage{many} {', '.join(stages)} {are} done again: {why}"


def _size(size: int) -> str:
    value = float(size)
    for unit in ("B", "K", "M", "G", "T"):
        if value < 1024 or unit == "T":
            return f"{value:.0f}{unit}" if unit == "B" else f"{value:.1f}{unit}"
        value /= 1024
    return str(size)
