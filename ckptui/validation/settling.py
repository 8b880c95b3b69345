"""How long a file must have been left alone before bad bytes count as damage."""

from __future__ import annotations

import os
import time
from functools import lru_cache
from typing import Final

SETTLING_LOCAL: Final = 10.0
"""Seconds on a local filesystem."""
SETTLING_NETWORK: Final = 60.0
"""Seconds on a network filesystem, where attributes are cached and clocks differ."""

NETWORK_FILESYSTEMS: Final = frozenset(
    {
        "9p", "afs", "beegfs", "ceph", "cifs", "davfs", "fuse", "gfs2", "glusterfs", "gpfs",
        "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "panfs", "pvfs2", "smb3",
        "smbfs", "wekafs",
    }
)  # fmt: skip
"""Filesystem types by /proc/self/mountinfo; any ``fuse.*`` counts too."""


@lru_cache(maxsize=64)
def filesystem_type(device: int) -> str:
    """Type of the filesystem with this ``st_dev``, for example ``ext4``; empty if unknown."""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            lines = file.readlines()
    except OSError:
        return ""
    for line in lines:
        fields, _, rest = line.partition(" - ")
        if fields.split(" ", 3)[2:3] == [wanted]:
            return rest.split(" ", 1)[0]
    return ""


def is_network(device: int) -> bool:
    """True where the filesystem with this ``st_dev`` is served from elsewhere."""
    kind = filesystem_type(device)
    return kind in NETWORK_FILESYSTEMS or kind.startswith("fuse.")


def settling_time(device: int) -> float:
    """Seconds for which a file on this filesystem must have been left alone."""
    return SETTLING_NETWORK if is_network(device) else SETTLING_LOCAL


def is_young(info: os.stat_result, *, now: float | None = None) -> bool:
    """True where the file was written within the settling time (clocks may differ by as much)."""
    age = (time.time() if now is None else now) - info.st_mtime
    return abs(age) < settling_time(info.st_dev)
