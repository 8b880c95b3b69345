"""Which filesystem a path is on, and whether its events can be trusted.

inotify sees only what this kernel does. On NFS, Lustre, GPFS, FUSE and the like it says nothing
about other hosts, and ``inotify_add_watch`` succeeds all the same, so the list names those that
are known to be local; every other one is swept.
"""

from __future__ import annotations

from typing import Final

from ckptui.validation.mounts import filesystem_in, filesystem_of

__all__ = ["LOCAL", "events_are_complete", "filesystem_in", "filesystem_of"]

LOCAL: Final = frozenset(
    {
        "bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "nilfs2", "overlay", "ramfs",
        "reiserfs", "tmpfs", "xfs", "zfs",
    }
)  # fmt: skip
"""Types whose every change passes through this kernel."""


def events_are_complete(filesystem: str) -> bool:
    """True where every change on this filesystem is seen by this kernel."""
    return filesystem in LOCAL
