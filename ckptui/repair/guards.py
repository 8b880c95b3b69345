"""What a repair must not touch, and how a refusal is worded."""

from __future__ import annotations

import errno
import os
import pwd
import stat
import time
from collections.abc import Mapping
from typing import Final

from ckptui.errors import RepairError
from ckptui.repair.site import Site

SETTLE_SECONDS: Final = 3.0
"""A file that changed within this time may still be at work, and is left alone."""


def check_root(root: str) -> None:
    """Refuse a run directory that this user cannot change.

    Raises:
        RepairError: It is missing, or not writable.
    """
    try:
        found = os.stat(root)
    except OSError as error:
        raise RepairError(f"{root}: {_why(error)}; check the path") from error
    if not stat.S_ISDIR(found.st_mode):
        raise RepairError(f"{root}: not a directory; name the run directory")
    _check_writable(root, found)


def check_folder(site: Site, path: str) -> None:
    """Refuse a file whose folder this user cannot change, or which lies on another filesystem.

    Raises:
        RepairError: One sentence that names the folder and its owner.
    """
    folder = os.path.dirname(site.full(path))
    try:
        found = os.stat(folder)
    except OSError as error:
        raise RepairError(f"{path}: its folder: {_why(error)}") from error
    _check_writable(folder, found)
    if found.st_dev != os.stat(site.root).st_dev:
        raise RepairError(
            f"{path}: lies on another filesystem than {site.root}; repairs only rename, so open "
            "the directory on that filesystem as a run of its own"
        )


def _check_writable(folder: str, found: os.stat_result) -> None:
    if os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        return
    owner = _owner(found.st_uid)
    whose = "" if found.st_uid == os.geteuid() else f" (it belongs to {owner})"
    raise RepairError(
        f"{folder}: you may not write there{whose}, mode {stat.S_IMODE(found.st_mode):o}; "
        "nothing was changed. Ask for write access, or repair a copy"
    )


def _owner(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def in_use(site: Site, path: str, writers: Mapping[str, str], *, settle: float) -> str:
    """A sentence where a file must be left alone because someone is at work on it, else empty.

    Args:
        site: The run directory.
        path: A file or a checkpoint directory.
        writers: From :func:`open_for_writing`.
        settle: Seconds for which a change counts as just now.
    """
    found = site.look(path)
    if found is None:
        return ""
    age = time.time() - found.st_mtime
    if abs(age) < settle:
        return f"{path}: changed {max(age, 0):.0f} s ago, so it is left alone; try again shortly"
    real = os.path.realpath(site.full(path))
    for target, who in writers.items():
        if target == real or target.startswith(real + "/"):
            return f"{path}: {who} has it open for writing, so it is left alone"
    return ""


def open_for_writing(root: str) -> dict[str, str]:
    """Files under ``root`` that processes of this host have open for writing, and who.

    Only processes that this user may look into are seen.
    """
    top = os.path.realpath(root).rstrip("/") + "/"
    found: dict[str, str] = {}
    for pid in os.listdir("/proc"):
        if not pid.isdigit():
            continue
        for fd in _listed(f"/proc/{pid}/fd"):
            target = _link(f"/proc/{pid}/fd/{fd}")
            if target.startswith(top) and _writes(pid, fd):
                found[target] = f"process {pid} ({_name(pid)})"
    return found


def _listed(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _writes(pid: str, fd: str) -> bool:
    # proc(5): "flags" in fdinfo is octal; its access mode bits say how the file was opened.
    for line in _read(f"/proc/{pid}/fdinfo/{fd}").splitlines():
        name, _, value = line.partition(":")
        if name == "flags":
            return int(value, 8) & os.O_ACCMODE != os.O_RDONLY
    return False


def _name(pid: str) -> str:
    return _read(f"/proc/{pid}/comm").strip() or "unknown"


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def sentence(error: OSError, path: str, root: str) -> str:
    """One sentence for a system error in the midst of a repair: place, what, what to do."""
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        todo = "ask for write access, or repair a copy"
    elif error.errno in (errno.ENOSPC, errno.EDQUOT):
        todo = f"make room on the filesystem of {root} and try again"
    elif error.errno == errno.EXDEV:
        return (
            f"{path}: lies on another filesystem than {root}; repairs only rename within one. "
            "Nothing was changed"
        )
    elif error.errno == errno.EEXIST:
        return f"{path}: something stands there already; nothing was changed"
    elif error.errno == errno.ENOENT:
        todo = "it vanished under the repair; look again"
    else:
        todo = "look at it and try again"
    return f"{path}: {_why(error)}; nothing was changed: {todo}"


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
