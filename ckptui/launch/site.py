"""What this host does to a run that is started on it: logind, Slurm, graphics cards.

Everything here is read, nothing is asked twice, and what cannot be read is not claimed.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ckptui.launch.processes import here, user_name

_LOGIND: Final = (
    "/usr/lib/systemd/logind.conf",
    "/usr/lib/systemd/logind.conf.d/*.conf",
    "/etc/systemd/logind.conf",
    "/run/systemd/logind.conf.d/*.conf",
    "/etc/systemd/logind.conf.d/*.conf",
)
_SQUEUE_PATIENCE: Final = 5.0


@dataclass(frozen=True, slots=True)
class Job:
    """A job of this user in the Slurm queue."""

    id: str
    state: str
    name: str
    directory: str


def where() -> str:
    """This host, for the preview: ``gpu-07, 8 GPUs``."""
    try:
        count = len(os.listdir("/proc/driver/nvidia/gpus"))
    except OSError:
        count = 0
    return here().host + (f", {count} GPU{'s' if count > 1 else ''}" if count else "")


def kills_user_processes(user: str, texts: Iterable[str] | None = None) -> bool | None:
    """Whether logind ends a user's processes at logout; None where there is no logind to ask.

    Args:
        user: Login name; logind's KillOnlyUsers and KillExcludeUsers name users.
        texts: Contents of logind.conf and its drop-ins in the order in which they apply
            (logind.conf(5)); by default those of this host.
    """
    if texts is None:
        if not os.path.isdir("/run/systemd/system"):
            return None
        texts = _logind_texts()
    settings = {"KillUserProcesses": "no", "KillExcludeUsers": "root", "KillOnlyUsers": ""}
    for text in texts:
        for line in text.splitlines():
            name, equals, value = line.partition("=")
            if equals and name.strip() in settings:
                settings[name.strip()] = value.strip()
    if user in settings["KillExcludeUsers"].split():
        return False
    only = settings["KillOnlyUsers"].split()
    if only:
        return user in only
    return settings["KillUserProcesses"].lower() in ("yes", "true", "1", "on")


def _logind_texts() -> list[str]:
    texts: list[str] = []
    for pattern in _LOGIND:
        for path in sorted(glob.glob(pattern)):
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    texts.append(file.read(1 << 16))
            except OSError:
                continue
    return texts


def queued_jobs(environment: Mapping[str, str]) -> tuple[Job, ...] | None:
    """The user's jobs in the Slurm queue; None where there is no Slurm, or it does not answer.

    Args:
        environment: For ``PATH`` and Slurm's own variables.
    """
    program = shutil.which("squeue", path=environment.get("PATH"))
    if program is None:
        return None
    try:
        answer = subprocess.run(
            [program, "-h", "-u", user_name(), "-o", "%i|%T|%Z|%j"],
            capture_output=True,
            timeout=_SQUEUE_PATIENCE,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = os.fsdecode(answer.stdout).splitlines()
    rows = [line.split("|", 3) for line in lines if line.count("|") >= 3]
    return tuple(Job(row[0], row[1], row[3], row[2]) for row in rows)
