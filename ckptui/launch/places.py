"""Where launch keeps things: under ``RUN/.ckptui/``, and locks on a local disk of this host."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Final

import platformdirs

from ckptui.watch.mounts import events_are_complete, filesystem_of

OWN_DIR: Final = ".ckptui"


def own_dir(root: str) -> str:
    """``RUN/.ckptui``."""
    return os.path.join(root, OWN_DIR)


def claim_path(root: str) -> str:
    """``RUN/.ckptui/claim.json``."""
    return os.path.join(root, OWN_DIR, "claim.json")


def command_path(root: str) -> str:
    """``RUN/.ckptui/command.json``."""
    return os.path.join(root, OWN_DIR, "command.json")


def runs_dir(root: str) -> str:
    """``RUN/.ckptui/runs``; every resumed run has a directory in it."""
    return os.path.join(root, OWN_DIR, "runs")


def make_dirs(root: str, path: str) -> None:
    """Create ``path``, a directory below ``root``, and what lies between, for the run's group.

    Args:
        root: The run directory; it must exist.
        path: ``root`` or a directory below it.

    Raises:
        OSError: It cannot be created.
    """
    if path == root or os.path.isdir(path):
        return
    make_dirs(root, os.path.dirname(path))
    try:
        os.mkdir(path)
    except FileExistsError:
        return
    _share_with_group(root, path)


def _share_with_group(root: str, path: str) -> None:
    wanted = os.stat(root).st_gid
    if os.stat(path).st_gid == wanted:
        return
    # Set-group-ID hands the group on to the files inside. Not being allowed to is no harm.
    with suppress(OSError):
        os.chown(path, -1, wanted)
        os.chmod(path, os.stat(path).st_mode & 0o777 | 0o2000)


def lock_dir() -> str:
    """A directory of this user for locks, on a disk of this host; created where it is missing.

    ``$XDG_STATE_HOME/ckptui/locks``, or a private directory under ``/var/tmp`` where the home is
    on a network filesystem: a lock there is as good as its lock manager, and may hang.

    Raises:
        OSError: None can be created.
    """
    wanted = os.path.join(platformdirs.user_state_dir("ckptui"), "locks")
    parent = os.path.dirname(wanted)
    if not events_are_complete(filesystem_of(wanted)):
        parent = f"/var/tmp/ckptui-{os.getuid()}"  # noqa: S108  (private: see below)
        wanted = os.path.join(parent, "locks")
        with suppress(FileExistsError):
            os.mkdir(parent, 0o700)
    os.makedirs(parent, exist_ok=True)
    with suppress(FileExistsError):
        os.mkdir(wanted, 0o700)
    for place in (parent, wanted):
        if os.lstat(place).st_uid != os.getuid():
            raise PermissionError(1, "belongs to another user", place)
    return wanted
