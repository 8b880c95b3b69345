"""What every child process of ckptui does first: be polite, and die with its parent."""

from __future__ import annotations

import os
import resource
import signal

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_NICE = 10
_OOM_SCORE = "500"


def die_with_parent(parent: int) -> None:
    """Ask the kernel to end this process when its parent ends.

    Args:
        parent: Process id that the parent had when it started us: where it is already gone, this
            process ends at once.
    """
    import ctypes

    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    except (OSError, AttributeError):
        # Not Linux: the end of standard input tells as well, only later.
        return
    if parent and os.getppid() != parent:
        os._exit(1)


def be_polite() -> None:
    """Give way to the job that is being watched: processor, and memory when it ends."""
    # Ctrl-C goes to the whole foreground group; it is the parent that decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        os.nice(_NICE)
    except OSError:
        pass
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write(_OOM_SCORE)
    except OSError:
        pass


def limit_memory(extra: int) -> None:
    """Allow this process ``extra`` bytes of address space more than it has now."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[0])
    except (OSError, ValueError):
        return
    limit = pages * resource.getpagesize() + extra
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
