"""The lock of this host: held through an open file, so that the kernel frees it at the very end.

It lies on a local disk, because flock over a network filesystem is local on some mounts, missing on
others, and hangs where the lock manager is broken. What other hosts and other users must know
stands in the claim file; this lock adds what a file cannot: it lives exactly as long as the last
process of the run that inherited it.
"""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
from dataclasses import dataclass

from ckptui.launch.places import lock_dir

_log = logging.getLogger("ckptui")


@dataclass(frozen=True, slots=True)
class LockHolder:
    """Who wrote itself into a lock file last: a pid of this host, and what it does."""

    pid: int = 0
    what: str = ""


class LockHeldError(Exception):
    """Another process of this host holds the lock; ``holder`` is what it wrote there."""

    def __init__(self, holder: LockHolder) -> None:
        self.holder = holder
        super().__init__(holder.pid)


def lock_path(root: str) -> str:
    """The lock file of a run directory: by device and inode, so that every name of it is one."""
    stat = os.stat(root)
    return os.path.join(lock_dir(), f"{stat.st_dev:x}-{stat.st_ino:x}.lock")


def hold(root: str, what: str) -> int | None:
    """Take the lock of a run directory without waiting.

    Args:
        root: The run directory.
        what: What for, in words; written into the lock file for whoever finds it held.

    Returns:
        A file descriptor; the lock is free when it and every inherited copy are closed. None where
        this host has no place that can lock: the claim file then stands alone.

    Raises:
        LockHeldError: Another process holds it.
        OSError: The run directory cannot be read.
    """
    os.stat(root)
    try:
        fd = os.open(lock_path(root), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        _log.warning("no lock for %s on this host (%s); its claim file stands alone", root, error)
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held = error.errno in (errno.EWOULDBLOCK, errno.EACCES)
        holder = _read_holder(fd)
        os.close(fd)
        if held:
            raise LockHeldError(holder) from None
        _log.warning("no lock for %s on this host (%s); its claim file stands alone", root, error)
        return None
    _write_holder(fd, LockHolder(os.getpid(), what))
    return fd


def _write_holder(fd: int, holder: LockHolder) -> None:
    # Only for the sentence that a loser prints; a full disk takes nothing but its words.
    try:
        os.ftruncate(fd, 0)
        os.pwrite(fd, json.dumps({"pid": holder.pid, "what": holder.what}).encode(), 0)
    except OSError as error:
        _log.debug("lock file not written: %s", error)


def _read_holder(fd: int) -> LockHolder:
    try:
        document: object = json.loads(os.pread(fd, 4096, 0))
    except (OSError, ValueError):
        return LockHolder()
    if not isinstance(document, dict):
        return LockHolder()
    pid, what = document.get("pid"), document.get("what")
    return LockHolder(pid if isinstance(pid, int) else 0, what if isinstance(what, str) else "")
