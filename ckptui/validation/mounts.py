"""Which filesystem a path is on, by the kernel's list of mounts."""

from __future__ import annotations

import os
import re
import stat
from typing import Final

from ckptui.validation.settling import NETWORK_FILESYSTEMS

_OCTAL: Final = re.compile(rb"\\([0-3][0-7]{2})")
_MOUNTINFO: Final = "/proc/self/mountinfo"
_MOST_LINKS: Final = 40


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


def is_served(path: str) -> bool:
    """True where a path leads to a network filesystem, which is not touched to find that out.

    Every part of the path is looked at in turn, and only after the list of mounts has said that it
    is on a disk of this machine: a file server that is gone would not answer.

    Args:
        path: Absolute; it need not exist.
    """
    try:
        with open(_MOUNTINFO, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.readlines()
    except OSError:
        return False
    left, here, links = _parts(path), "/", 0
    while True:
        if _is_network(filesystem_in(lines, here)):
            return True
        if not left:
            return False
        there = os.path.join(here, left.pop(0))
        target = "" if _is_network(filesystem_in(lines, there)) else _target(there)
        links += bool(target)
        if links > _MOST_LINKS:
            return False
        if target:
            # A link is followed from where it stands; ".." in it is resolved as text, which errs
            # only where a link leads through another link and up again.
            left = _parts(os.path.join(here, target)) + left
            here = "/"
        else:
            here = there


def _parts(path: str) -> list[str]:
    return [part for part in os.path.normpath(path).split("/") if part]


def _target(path: str) -> str:
    """Where a symbolic link leads, as it is written; "" where it is none."""
    try:
        return os.readlink(path) if stat.S_ISLNK(os.lstat(path).st_mode) else ""
    except OSError:
        return ""


def _is_network(kind: str) -> bool:
    return kind in NETWORK_FILESYSTEMS or kind.startswith("fuse.")
