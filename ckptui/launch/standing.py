"""Whether the holder of a claim still works, as far as this host can tell, and how to say so."""

from __future__ import annotations

import json
import os
from enum import StrEnum

from ckptui.launch.claim_file import ClaimInfo
from ckptui.launch.places import runs_dir
from ckptui.launch.processes import Stat, alive, command_line, here, members


class Standing(StrEnum):
    """What this host can say about the holder of a claim."""

    ALIVE = "alive"
    """It works on this host."""
    ORPHANED = "orphaned"
    """The holder is gone, but processes that it started still work on this host."""
    DEAD = "dead"
    """It worked on this host and is gone for certain."""
    ELSEWHERE = "elsewhere"
    """Another host, or another container: not to be seen from here."""
    UNKNOWN = "unknown"
    """The claim file is damaged, or from a machine of this name that may be another one."""


def standing(root: str, info: ClaimInfo) -> Standing:
    """Judge the holder of a claim from this host.

    Args:
        root: The run directory.
        info: The claim that stands there.
    """
    this = here()
    if info.damaged or not info.host:
        return Standing.UNKNOWN
    if info.host != this.host:
        return Standing.ELSEWHERE
    if info.boot_id != this.boot_id:
        # A reboot ends every process; but only the machine id tells a reboot from a namesake.
        same = bool(info.machine) and info.machine == this.machine
        return Standing.DEAD if same else Standing.UNKNOWN
    if info.pid_ns != this.pid_ns:
        return Standing.ELSEWHERE
    if alive(info.pid, info.start_ticks):
        return Standing.ALIVE
    return Standing.ORPHANED if left_behind(root, info) else Standing.DEAD


def left_behind(root: str, info: ClaimInfo) -> tuple[Stat, ...]:
    """Processes of a claimed run that still work on this host although its holder is gone."""
    session, ticks = _session_of(root, info.run)
    return members(info.token, session, ticks)


def _session_of(root: str, run: str) -> tuple[int, int]:
    if not run or os.path.basename(run) != run:
        return 0, 0
    try:
        with open(os.path.join(runs_dir(root), run, "run.json"), "rb") as file:
            document: object = json.loads(file.read(1 << 20))
    except (OSError, ValueError):
        return 0, 0
    if not isinstance(document, dict):
        return 0, 0
    pid, ticks = document.get("pid"), document.get("start_ticks")
    return (pid, ticks) if isinstance(pid, int) and isinstance(ticks, int) else (0, 0)


def holder_sentence(info: ClaimInfo) -> str:
    """Who holds a claim, where and since when: ``pid 812 of anna on n042 since …: what``.

    Args:
        info: The claim.
    """
    if info.damaged:
        return "a claim file that cannot be read"
    job = f" (job {info.job})" if info.job else ""
    user = f" of {info.user}" if info.user else ""
    what = f": {info.what}" if info.what else ""
    return f"pid {info.pid}{user} on {info.host}{job} since {_clock(info.started_at)}{what}"


def _clock(stamp: str) -> str:
    date, _, clock = stamp.partition("T")
    return f"{date} {clock[:8]} UTC" if clock else stamp or "an unknown time"


def refusal(root: str, info: ClaimInfo, state: Standing) -> str:
    """The whole sentence for somebody who wanted the claim: who holds it, and what to do."""
    who = holder_sentence(info)
    if state is Standing.ALIVE:
        end = f"end it with: ckptui cancel {root}" if info.run else f"stop pid {info.pid}"
        return f"{root}: already worked on by {who}. Wait for it, or {end}"
    if state is Standing.ORPHANED:
        left = left_behind(root, info)
        names = ", ".join(
            f"pid {stat.pid} ({command_line(stat.pid) or stat.name})" for stat in left[:3]
        )
        return (
            f"{root}: its supervisor (pid {info.pid}) is gone, but processes of that run still "
            f"work on {info.host}: {names}. Wait for them, or end them with: ckptui cancel {root}"
        )
    if state is Standing.ELSEWHERE:
        return (
            f"{root}: claimed by {who}. This host ({here().host}) cannot see whether it still "
            "works: look there; if it is gone for certain, take the claim over with --take-claim"
        )
    if info.damaged:
        return (
            f"{root}: its claim file .ckptui/claim.json cannot be read, so nobody knows who works "
            "here. If nothing does, take the claim over with --take-claim"
        )
    return (
        f"{root}: claimed by {who}. That host has been restarted since, or is another one of the "
        "same name; if that run is gone for certain, take the claim over with --take-claim"
    )
