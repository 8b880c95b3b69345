"""Which process is which: identity that survives pid reuse, and who belongs to a run.

A pid alone means nothing after a while; together with the start time in clock ticks since boot
(field 22 of /proc/PID/stat, proc_pid_stat(5)) it names one process for as long as the kernel runs.
"""

from __future__ import annotations

import functools
import getpass
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

CLAIM_VARIABLE: Final = "CKPTUI_CLAIM"
"""Token of the claim under which a process works; every process of a run inherits it."""


@dataclass(frozen=True, slots=True)
class Stat:
    """A process as /proc/PID/stat tells it. ``ticks`` count from boot."""

    pid: int
    name: str
    state: str
    parent: int
    session: int
    ticks: int

    @property
    def dead(self) -> bool:
        """True for a process that has ended and only waits to be collected."""
        return self.state in "ZXx"


@dataclass(frozen=True, slots=True)
class Here:
    """This host, as claims and runs name it.

    Attributes:
        host: Host name.
        boot_id: Changes with every boot.
        pid_ns: Containers number their processes anew; pids compare only within one namespace.
        machine: Short fingerprint of /etc/machine-id, or "" where there is none: tells a reboot
            from another machine of the same name.
    """

    host: str
    boot_id: str
    pid_ns: str
    machine: str


@functools.cache
def here() -> Here:
    """Identity of this host, read once."""
    import hashlib

    machine = _line("/etc/machine-id")
    digest = hashlib.sha256(b"ckptui:" + machine.encode()).hexdigest()[:16] if machine else ""
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    return Here(socket.gethostname(), _line("/proc/sys/kernel/random/boot_id"), namespace, digest)


def _line(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.readline().strip()
    except OSError:
        return ""


def stat_of(pid: int) -> Stat | None:
    """Read /proc/PID/stat; None where there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read().decode("utf-8", "replace")
    except (OSError, OverflowError):
        return None
    # The name stands in parentheses and may hold any character, parentheses too.
    start, end = text.find("("), text.rfind(")")
    fields = text[end + 2 :].split()
    if start < 0 or len(fields) < 20:
        return None
    return Stat(
        pid=pid,
        name=text[start + 1 : end],
        state=fields[0],
        parent=int(fields[1]),
        session=int(fields[3]),
        ticks=int(fields[19]),
    )


def start_ticks(pid: int) -> int:
    """Start time of a process in clock ticks since boot, 0 where it is gone."""
    stat = stat_of(pid)
    return stat.ticks if stat else 0


def alive(pid: int, ticks: int) -> bool:
    """True where the process that had this pid and start time still works.

    Args:
        pid: Its pid, in this pid namespace.
        ticks: Its start time; a process that was given the same pid later has another.
    """
    stat = stat_of(pid) if pid > 0 else None
    return stat is not None and not stat.dead and stat.ticks == ticks


def processes() -> Iterator[Stat]:
    """Every process that this one may see, the dead ones left out."""
    for name in os.listdir("/proc"):
        stat = stat_of(int(name)) if name.isdecimal() else None
        if stat is not None and not stat.dead:
            yield stat


def members(token: str, session: int = 0, ticks: int = 0) -> tuple[Stat, ...]:
    """Living processes of a run: of its session, or carrying its claim in the environment.

    The session is readable for processes of any user; the environment finds those that started a
    session of their own.

    Args:
        token: The claim's token; "" asks for the session alone.
        session: Session of the run's command (its pid), 0 where it is not known.
        ticks: Start time of that command: where its pid belongs to another process by now, the
            session is another one too.
    """
    leader = stat_of(session) if session > 0 else None
    ours = session > 0 and (leader is None or leader.ticks == ticks)
    mark = f"{CLAIM_VARIABLE}={token}".encode()
    me = os.getpid()
    return tuple(
        stat
        for stat in processes()
        if stat.pid != me
        and ((ours and stat.session == session) or (token and _carries(stat.pid, mark)))
    )


def _carries(pid: int, mark: bytes) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return mark in file.read().split(b"\0")
    except OSError:
        return False


def command_line(pid: int) -> str:
    """The command line of a process for a sentence, at most 80 characters; "" where unknown."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read().rstrip(b"\0").split(b"\0")
    except OSError:
        return ""
    text = " ".join(os.fsdecode(word) for word in words)
    return text if len(text) <= 80 else text[:79] + "…"


def user_name() -> str:
    """Login name of this user; the number where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
