"""Where the verdict cache lies: a directory of this user alone, on a disk of this machine.

``$CKPTUI_CACHE`` names it, or says ``off``. By default it is ``$XDG_CACHE_HOME/ckptui``. Where that
is on a network filesystem, which may hang, and where SQLite's locks are not to be trusted
(sqlite.org/faq.html), it is a private directory under ``/var/tmp`` or ``$TMPDIR``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import Final

from ckptui.validation.mounts import is_served

VARIABLE: Final = "CKPTUI_CACHE"
_SHARED: Final = "/var/tmp"  # noqa: S108  (a directory of our own in it, owner and mode checked)


def is_switched_off() -> bool:
    """True where the user's environment says that nothing is to be remembered."""
    return os.environ.get(VARIABLE, "").strip().lower() == "off"


def cache_directory() -> str:
    """The cache's directory, made where it is missing. It may take as long as its disk takes.

    Raises:
        OSError: There is none that can be made, or that is safe to use.
    """
    wanted = os.environ.get(VARIABLE, "").strip()
    if not wanted:
        import platformdirs

        wanted = platformdirs.user_cache_dir("ckptui")
    wanted = os.path.abspath(os.path.expanduser(wanted))
    if not is_served(wanted):
        return _usable(wanted, follow=True)
    for parent in _local_parents():
        return own_directory(parent)
    raise FileNotFoundError("no directory on a disk of this machine")


def own_directory(parent: str) -> str:
    """A directory of this user alone in one that is open to everybody, such as ``/var/tmp``.

    Raises:
        OSError: Something stands in its place that somebody else may have laid out.
    """
    own = _usable(os.path.join(parent, f"ckptui-{os.getuid()}"), follow=False)
    return _usable(os.path.join(own, "cache"), follow=False)


def _local_parents() -> Iterator[str]:
    """Directories on a local disk in which each user may have one of his own."""
    for parent in (_SHARED, os.environ.get("TMPDIR", "")):
        if os.path.isabs(parent) and not is_served(parent) and os.path.isdir(parent):
            yield parent


def _usable(path: str, *, follow: bool) -> str:
    """Make a directory, or see that nobody else can have put anything into the one that is there.

    Raises:
        OSError: It is no directory, another user's, or others may write to it.
    """
    parent = os.path.dirname(path)
    if follow:
        os.makedirs(parent, exist_ok=True)
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass
    info = os.stat(path) if follow else os.lstat(path)
    if not stat.S_ISDIR(info.st_mode):
        raise NotADirectoryError(20, "not a directory", path)
    if info.st_uid != os.geteuid():
        raise PermissionError(1, "belongs to another user", path)
    if info.st_mode & 0o022:
        raise PermissionError(1, "others may write to it", path)
    return path
