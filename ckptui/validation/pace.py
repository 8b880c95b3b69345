"""Rates that all processes of one ckptui keep together: a few bytes of memory that they share.

The scanner lists, the workers open and read; the file server sees one guest, so there is one
account for all of them. It lies in a memory file (memfd_create(2)) that each child inherits.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from threading import Lock
from typing import Final

OPERATIONS: Final = 0
BYTES: Final = 8
_SIZE: Final = 16
_BURST: Final = 0.1
"""Seconds' worth that may be spent at once after a rest."""
_NAP: Final = 0.25
_VARIABLE: Final = "CKPTUI_PACE_FD"
_NAME: Final = "ckptui-pace"


class Account:
    """Until when the time is spent, for one kind of thing.

    Args:
        fd: A file of two numbers that all share; None keeps it to this process.
        place: Which of them.
    """

    def __init__(self, fd: int | None, place: int) -> None:
        self._fd, self._place = fd, place
        self._map = mmap.mmap(-1, _SIZE) if fd is None else mmap.mmap(fd, _SIZE)
        self._lock = Lock()

    def spend(self, seconds: float) -> float:
        """Take ``seconds`` of the common time; how long to wait until they are over."""
        with self._lock:
            self._claim(fcntl.LOCK_EX)
            try:
                # CLOCK_MONOTONIC is one clock for all processes of a machine.
                now = time.monotonic()
                known = float(struct.unpack_from("d", self._map, self._place)[0])
                free_at = max(known, now - _BURST) + seconds
                struct.pack_into("d", self._map, self._place, free_at)
            finally:
                self._claim(fcntl.LOCK_UN)
        return free_at - now

    def _claim(self, how: int) -> None:
        if self._fd is not None:
            # A record lock: the kernel drops it where its holder is killed.
            fcntl.lockf(self._fd, how, 8, self._place)


@lru_cache(maxsize=1)
def shared_fd() -> int | None:
    """The file that this process and its children share; inherited, or made now."""
    inherited = os.environ.get(_VARIABLE, "")
    if inherited.isdigit() and _is_ours(int(inherited)):
        return int(inherited)
    try:
        fd = os.memfd_create(_NAME, os.MFD_CLOEXEC)
        os.ftruncate(fd, _SIZE)
    except (OSError, AttributeError):  # a kernel without it: each process keeps to the rate alone
        return None
    return fd


def _is_ours(fd: int) -> bool:
    try:
        return _NAME in os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        return False


def inherited() -> tuple[tuple[int, ...], Mapping[str, str]]:
    """What ``subprocess.Popen`` needs so that a child keeps the same account: fds and variables."""
    fd = shared_fd()
    return ((), {}) if fd is None else ((fd,), {_VARIABLE: str(fd)})


@lru_cache(maxsize=2)
def account(place: int) -> Account:
    """The common account of operations or of bytes."""
    return Account(shared_fd(), place)


def keep_pace(
    place: int, count: float, rate: float | None, tick: Callable[[], None] = lambda: None
) -> float:
    """Wait until ``count`` more may be done at ``rate`` a second.

    Args:
        place: :data:`OPERATIONS` or :data:`BYTES`.
        count: How many.
        rate: None for any.
        tick: Called while waiting.

    Returns:
        Seconds waited.
    """
    if rate is None:
        return 0.0
    end = time.monotonic() + (owed := account(place).spend(count / rate))
    while (left := end - time.monotonic()) > 0:
        tick()
        time.sleep(min(left, _NAP))
    return max(owed, 0.0)
