"""What a resume would do, and what speaks against it: data for the dialog and ``--dry-run``.

Nothing is started, nothing is written. ``start_run`` takes the claim again for itself: what is
seen here may have changed by then.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ckptui.errors import ConfigError
from ckptui.launch.checks import Check, again, look_around
from ckptui.launch.command import Command, find_command
from ckptui.launch.site import where
from ckptui.terms import Level
from ckptui.watch.model import Snapshot


@dataclass(frozen=True, slots=True)
class ResumePreview:
    """What a resume would do; the document of ``ckptui resume --dry-run --json``.

    Attributes:
        root: The run directory.
        origin: Where it carries on from, in words (``from`` in JSON).
        checkpoint: Path of the last good checkpoint, relative to ``root``, or None.
        step: Its step, or None.
        steps_lost: Steps between it and the newest that was passed over, where both are known.
        passed_over: Newer checkpoints and why they were not taken, in words.
        command: What would be run, or None.
        cwd: Where it would be run.
        where: This host.
        checks: What was looked at.
        again: Stages that will be done again, and why, in words.
        blocked: Why it must not start, in one sentence; empty where it may.
    """

    root: str
    origin: str
    checkpoint: str | None
    step: int | None
    steps_lost: int | None
    passed_over: tuple[str, ...]
    command: Command | None
    cwd: str
    where: str
    checks: tuple[Check, ...]
    again: tuple[str, ...]
    blocked: str = ""

    @property
    def plan(self) -> str:
        """A short text that differs where another run would be started, or from elsewhere."""
        argv, cwd = (self.command.argv if self.command else ()), self.cwd
        said = json.dumps([self.checkpoint, self.step, argv, cwd, self.again])
        return hashlib.sha256(said.encode("ascii")).hexdigest()[:16]

    def to_json(self) -> dict[str, object]:
        """The document."""
        return {
            "root": self.root,
            "from": self.origin,
            "checkpoint": self.checkpoint,
            "step": self.step,
            "steps_lost": self.steps_lost,
            "passed_over": list(self.passed_over),
            "command": list(self.command.argv) if self.command else [],
            "command_source": self.command.source if self.command else None,
            "cwd": self.cwd,
            "where": self.where,
            "checks": [{"state": item.state, "sentence": item.sentence} for item in self.checks],
            "again": list(self.again),
            "blocked": self.blocked,
            "plan": self.plan,
        }


def resume_preview(
    root: str,
    snapshot: Snapshot,
    *,
    force: bool = False,
    on_login_node: bool = False,
    environment: Mapping[str, str] | None = None,
) -> ResumePreview:
    """Look at everything that a person should know before a run is carried on.

    Args:
        root: The run directory.
        snapshot: Its live model, settled.
        force: Take over a claim of another host, and start beside a writer that was seen: what
            would block for these reasons only warns.
        on_login_node: The user said ``--here``: a login node is no reason to refuse.
        environment: The user's; that of this process by default.
    """
    root = os.path.abspath(root)
    env = os.environ if environment is None else environment
    command, problem = _command(root)
    checks = tuple(look_around(root, snapshot, command, problem, env, force, on_login_node))
    good = snapshot.last_good
    return ResumePreview(
        root=root,
        origin=_origin(snapshot),
        checkpoint=good.path if good else None,
        step=good.step if good else None,
        steps_lost=_steps_lost(snapshot),
        passed_over=tuple(_passed_over(snapshot)),
        command=command,
        cwd=(command.cwd if command else None) or root,
        where=where(),
        checks=checks,
        again=tuple(again(snapshot)),
        blocked=next((check.sentence for check in checks if check.blocks), ""),
    )


def _command(root: str) -> tuple[Command | None, str]:
    try:
        return find_command(root), ""
    except ConfigError as error:
        return None, str(error)


def _origin(snapshot: Snapshot) -> str:
    good = snapshot.last_good
    if good is None:
        done = sum(row.status == "completed" for row in snapshot.stages)
        if done:
            return f"the recorded stages: {done} of {len(snapshot.stages)} completed"
        return "the beginning: no checkpoint here is good"
    step = f"step {good.step}  " if good.step is not None else ""
    depth = Level(good.level).label if good.level in tuple(Level) else "nothing"
    lost = _steps_lost(snapshot)
    loses = f"; loses {lost} steps" if lost else ""
    return f"{step}{good.path}  checked to level {good.level} ({depth}){loses}"


def _passed_over(snapshot: Snapshot) -> Iterator[str]:
    for item in _passed(snapshot):
        row = snapshot.checkpoints.get(item[0])
        step = f"step {row.step}  " if row and row.step is not None else ""
        yield f"{step}{item[0]}  {item[1]}"


def _passed(snapshot: Snapshot) -> list[tuple[str, str]]:
    good = snapshot.last_good
    rows = good.passed_over if good else snapshot.last_good_none
    return [(row.path, row.reason) for row in rows]


def _steps_lost(snapshot: Snapshot) -> int | None:
    good = snapshot.last_good
    if good is None or good.step is None:
        return None
    rows = (snapshot.checkpoints.get(path) for path, _ in _passed(snapshot))
    steps = [row.step for row in rows if row is not None and row.step is not None]
    return max(0, max(steps) - good.step) if steps else None
