"""The lock that makes two ckptui take turns on one run directory.

Two witnesses: ``flock`` on ``repair.lock``, which the kernel drops with its process, and
``repair.holder``, created exclusively, which other hosts see where ``flock`` stays on its own host
(NFSv3, Lustre without ``-o flock``). A holder of this host whose process is gone is taken over.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from ckptui.errors import RepairError
from ckptui.repair.site import HOME, Site

LOCK: Final = f"{HOME}/repair.lock"
HOLDER: Final = f"{HOME}/repair.holder"
PATIENCE: Final = 30.0
"""Seconds to wait for another ckptui to finish its repair."""
_NO_FLOCK: Final = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})


@contextmanager
def turn(site: Site, *, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock for the length of a ``with`` block.

    Args:
        site: The run directory; its ``.ckptui`` exists.
        patience: Seconds to wait for whoever holds it.

    Raises:
        RepairError: It is held for longer than that; the sentence says by whom.
        OSError: The lock cannot be made.
    """
    deadline = time.monotonic() + patience
    fd = os.open(site.full(LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        _flock(fd, site, deadline)
        _take_holder(site, deadline)
        try:
            yield
        finally:
            with suppress(OSError):
                os.unlink(site.full(HOLDER))
    finally:
        os.close(fd)


def _flock(fd: int, site: Site, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError as error:
            if error.errno in _NO_FLOCK:
                return
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
        _wait(site, deadline)


def _take_holder(site: Site, deadline: float) -> None:
    me = {"host": socket.gethostname(), "pid": os.getpid(), "start": process_start(os.getpid())}
    while True:
        try:
            fd = os.open(
                site.full(HOLDER), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644
            )
        except FileExistsError:
            if _gone(_holder(site)):
                with suppress(FileNotFoundError):
                    os.unlink(site.full(HOLDER))
                continue
            _wait(site, deadline)
            continue
        try:
            with os.fdopen(fd, "w", encoding="ascii") as file:
                file.write(json.dumps(me) + "\n")
        except OSError:
            os.unlink(site.full(HOLDER))
            raise
        return


def _holder(site: Site) -> dict[str, object]:
    try:
        with open(site.full(HOLDER), encoding="ascii", errors="replace") as file:
            found = json.loads(file.read())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _gone(holder: dict[str, object]) -> bool:
    """True only for a process of this host that surely no longer runs."""
    pid = holder.get("pid")
    if holder.get("host") != socket.gethostname() or not isinstance(pid, int):
        # Empty: its writer died between two calls, or is between them now. flock is held here,
        # so on this host it is dead; from another host it would be a matter of microseconds.
        return not holder
    return pid == os.getpid() or process_start(pid) != holder.get("start")


def process_start(pid: int) -> str:
    """Start time of a process in clock ticks since boot, ``""`` where there is none.

    Field 22 of ``/proc/PID/stat`` (proc(5)); with the pid it names a process for good.
    """
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _wait(site: Site, deadline: float) -> None:
    if time.monotonic() >= deadline:
        holder = _holder(site)
        who = f"process {holder.get('pid', '?')} on {holder.get('host', 'an unknown host')}"
        raise RepairError(
            f"{site.root}: another ckptui ({who}) is repairing this run; try again when it is "
            f"done. If that host is gone for good, remove {site.full(HOLDER)}"
        )
    time.sleep(0.02)
