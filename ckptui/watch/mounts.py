"""Which filesystem a path is on, and whether its events can be trusted.

inotify sees only what this kernel does. On NFS, Lustre, GPFS, FUSE and the like it says nothing
about other hosts, and ``inotify_add_watch`` succeeds all the same, so the list names those that
are known to be local; every other one is swept.
"""

from __future__ import annotations

import os
import re
from typing import Final

LOCAL: Final = frozenset(
    {
        "bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "nilfs2", "overlay", "ramfs",
        "reiserfs", "tmpfs", "xfs", "zfs",
    }
)  # fmt: skip
"""Types whose every change passes through this kernel."""

_OCTAL: Final = re.compile(rb"\\([0-3][0-7]{2})")
_MOUNTINFO: Final = "/proc/self/mountinfo"


def filesystem_of(path: str, mountinfo: str = _MOUNTINFO) -> str:
    """Type of the filesystem that holds ``path``, for example ``ext4``; "" where unknown.

    Args:
        path: Absolute; symlinks are resolved.
        mountinfo: Where the kernel lists the mounts (proc_pid_mountinfo(5)).
    """
    try:
        with open(mountinfo, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.readlines()
    except OSError:
        return ""
    return filesystem_in(lines, os.path.realpath(path))


def filesystem_in(lines: list[str], real: str) -> str:
    """Find the mount with the longest prefix of ``real``; of equal ones the last is on top."""
    best, kind = -1, ""
    for line in lines:
        left, separator, right = line.partition(" - ")
        fields = left.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = _unescape(fields[4])
        if len(point) >= best and _is_below(real, point):
            best, kind = len(point), right.split(" ", 1)[0]
    return kind


def _is_below(path: str, point: str) -> bool:
    return path == point or path.startswith(point.rstrip("/") + "/")


def _unescape(text: str) -> str:
    # The kernel escapes byte by byte, so it is undone on bytes.
    return os.fsdecode(_OCTAL.sub(lambda match: bytes((int(match[1], 8),)), os.fsencode(text)))


def events_are_complete(filesystem: str) -> bool:
    """True where every change on this filesystem is seen by this kernel."""
    return filesystem in LOCAL
