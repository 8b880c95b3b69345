"""Login nodes: where many people type, and large files are not to be read.

A host with Slurm's clients on which this process works in no job. A header is read there as
anywhere; beyond level 2 a file over a gigabyte is left to a job, or to whoever insists.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from typing import Final

from ckptui.terms import Level

LARGE: Final = 1_000_000_000
"""Bytes from which on a file is no work for a login node."""
_CLIENTS: Final = ("squeue", "sinfo")
_SETTINGS: Final = "/etc/slurm"
_JOB_CGROUP: Final = re.compile(r"/job_([0-9]+)(?:/|$)", re.MULTILINE)


def job_of(environment: Mapping[str, str], cgroup: str | None = None) -> str:
    """The Slurm job in which a process works, "" for none.

    Args:
        environment: Its environment.
        cgroup: Text of its /proc/PID/cgroup; an SSH session into a job's node belongs to the job
            without knowing it (pam_slurm_adopt). By default that of this process.
    """
    if job := environment.get("SLURM_JOB_ID", ""):
        return job
    if cgroup is None:
        try:
            with open("/proc/self/cgroup", encoding="utf-8", errors="replace") as file:
                cgroup = file.read()
        except OSError:
            cgroup = ""
    match = _JOB_CGROUP.search(cgroup) if "slurm" in cgroup else None
    return match[1] if match else ""


def is_login_node(environment: Mapping[str, str], settings: str = _SETTINGS) -> bool:
    """True where Slurm's clients are installed and this process works in no job.

    Args:
        environment: Its environment, for ``PATH`` and the job.
        settings: Directory of Slurm's settings, which tells as well as its programs do.
    """
    path = environment.get("PATH")
    found = any(shutil.which(name, path=path) for name in _CLIENTS) or os.path.isdir(settings)
    return found and not job_of(environment)


def is_too_much(level: int, size: int, environment: Mapping[str, str]) -> bool:
    """True where a check of this depth is no work for the host that this is."""
    return level > Level.CONTAINER and size > LARGE and is_login_node(environment)


def sentence(size: int) -> str:
    """Why such a file was checked to level 2 only, and what to do about it."""
    return (
        f"checked to level 2 only: reading {size / 1e9:.1f} GB is no work for a login node; "
        "give it to a job (srun ckptui validate FILE), or add --here"
    )
