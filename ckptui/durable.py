"""Writing so that a crash leaves the old file or the new one, and never a part of either.

The order is the whole point (POSIX promises nothing less strict): a temporary file in the same
directory, written, fsynced and closed with every error checked, then ``os.replace``, then an fsync
of the directory. tests/crash kills these functions at every system call that they make.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final, TypeAlias

from ckptui.light import dataclass

StrPath: TypeAlias = "str | os.PathLike[str]"
"""A path as callers give it; inside ckptui it is a surrogate-escaped ``str``."""

_OURS: Final = re.compile(
    r"\.(?P<name>.+)\.tmp\.(?P<host>[A-Za-z0-9_-]+)\.(?P<pid>[0-9]{1,10})\.[0-9a-f]{8}", re.DOTALL
)
_OTHERS: Final = re.compile(r".*\.(tmp|part)|.*\.tmp\..*|\..*\.tmp.*", re.DOTALL)
_CUT: Final = "~"
_NO_DIRECTORY_FSYNC: Final = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF})


@dataclass(frozen=True, slots=True)
class Temporary:
    """What the name of a temporary file of ours says.

    Attributes:
        final_hint: Name that the file was to get; without its end where ``cut``.
        host: Host that wrote it, in the form of :func:`this_host`.
        pid: Process that wrote it, on that host.
        cut: True where the final name was too long to be kept whole.
    """

    final_hint: str
    host: str
    pid: int
    cut: bool = False


def this_host() -> str:
    """This host as temporary names spell it: no dots, at most 40 characters."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname())[:40] or "host"


def temporary_path(path: StrPath) -> str:
    """A fresh name for a temporary file in the directory of ``path``.

    Args:
        path: The final path; its name is cut where the whole would be too long for the directory.

    Returns:
        ``DIR/.NAME.tmp.HOST.PID.RANDOM``. ``x.pt`` and ``x.pth`` never collide.

    Example:
        >>> parse_temporary(os.path.basename(temporary_path("run/x.pt"))).final_hint
        'x.pt'
    """
    directory, name = os.path.split(os.fspath(path))
    tail = f".tmp.{this_host()}.{os.getpid()}.{os.urandom(4).hex()}"
    room = _name_limit(directory) - len(tail) - 1
    if len(os.fsencode(name)) > room:
        # Whole characters go, not bytes: some filesystems refuse names that are not UTF-8.
        while len(os.fsencode(name)) > room - len(_CUT):
            name = name[:-1]
        name += _CUT
    return os.path.join(directory, f".{name}{tail}")


def _name_limit(directory: str) -> int:
    try:
        return os.pathconf(directory or ".", "PC_NAME_MAX")
    except (OSError, ValueError):
        return 255


def parse_temporary(name: str) -> Temporary | None:
    """Read a temporary name of ours, or None where ``name`` is none.

    Args:
        name: A file name without its directory.
    """
    match = _OURS.fullmatch(name)
    if match is None:
        return None
    final, cut = match["name"], match["name"].endswith(_CUT)
    return Temporary(final.removesuffix(_CUT), match["host"], int(match["pid"]), cut)


def is_temporary(name: str) -> bool:
    """True for names that mean "not finished": ours, ``*.tmp``, ``*.tmp.*``, ``*.part``.

    Args:
        name: A file name without its directory.

    Example:
        >>> is_temporary("x.pt.tmp"), is_temporary("x.pt")
        (True, False)
    """
    return _OTHERS.fullmatch(name) is not None


def fsync_dir(path: StrPath) -> None:
    """Make the names in a directory durable.

    Args:
        path: A directory; ``""`` means the current one.

    Raises:
        OSError: The directory cannot be opened or synced. Filesystems that cannot sync a
            directory at all (some FUSE, CIFS) are passed over.
    """
    fd = os.open(os.fspath(path) or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in _NO_DIRECTORY_FSYNC:
            raise
    finally:
        os.close(fd)


@contextmanager
def new_file(path: StrPath, *, durable: bool = True) -> Iterator[BinaryIO]:
    """Create ``path`` exclusively; flush, sync and close it at the end, or leave no trace.

    Args:
        path: A file that must not exist yet. Its mode follows the umask.
        durable: False leaves out the fsync.

    Raises:
        OSError: Also where only the close failed: NFS reports a full disk there.
    """
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(fd, "wb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise


@contextmanager
def nothing_changed(final: str) -> Iterator[None]:
    """Make a system error name the file that was to be written, and say that it still stands."""
    try:
        yield
    except OSError as error:
        what = error.strerror or str(error)
        raise OSError(error.errno, f"{what}; not written, nothing was changed", final) from error


def atomic_write_bytes(path: StrPath, data: bytes, *, durable: bool = True) -> None:
    """Write a file so that ``path`` holds nothing, the old or the new content at every instant.

    Args:
        path: The final path; a symlink is replaced, not followed.
        data: Its whole content.
        durable: False leaves out the fsyncs: proof against a crash of the process alone.

    Raises:
        OSError: Nothing was changed and no temporary file is left.

    Example:
        >>> atomic_write_bytes("/tmp/note", b"done")
    """
    final = os.fspath(path)
    temporary = temporary_path(final)
    with nothing_changed(final):
        with new_file(temporary, durable=durable) as file:
            file.write(data)
        try:
            os.replace(temporary, final)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
    if durable:
        fsync_dir(os.path.dirname(final))


def atomic_write_json(
    path: StrPath,
    obj: object,
    *,
    durable: bool = True,
    indent: int | None = None,
    ensure_ascii: bool = True,
) -> None:
    """Write ``obj`` as JSON with the promise of :func:`atomic_write_bytes`.

    Args:
        path: The final path.
        obj: What ``json.dumps`` accepts.
        durable: As in :func:`atomic_write_bytes`.
        indent: Spaces per depth, or None for one line.
        ensure_ascii: False writes UTF-8 as it is; text that is not Unicode (a path that is not
            UTF-8) then goes out escaped, so that the file is always valid.

    Raises:
        TypeError: ``obj`` is not JSON; nothing was changed.
        ValueError: ``obj`` holds itself, or NaN; nothing was changed.
        OSError: As in :func:`atomic_write_bytes`.

    Example:
        >>> atomic_write_json("/tmp/state.json", {"stage": "chunk"})
    """
    text = json.dumps(obj, indent=indent, ensure_ascii=ensure_ascii, allow_nan=False)
    # A lone surrogate in the text becomes \udcxx, which is what JSON itself would write for it.
    atomic_write_bytes(path, text.encode("utf-8", "backslashreplace") + b"\n", durable=durable)


@contextmanager
def taking_turns(fd: int, *, seconds: float = 5.0) -> Iterator[None]:
    """Hold an exclusive lock on an open file while the block runs.

    Where the filesystem cannot lock, or the lock is not to be had in time, the block runs all the
    same: a lock manager that is gone must not hang a pipeline.

    Args:
        fd: An open file.
        seconds: How long to wait for the lock.
    """
    held = _try_lock(fd, time.monotonic() + seconds)
    try:
        yield
    finally:
        if held:
            fcntl.flock(fd, fcntl.LOCK_UN)


def _try_lock(fd: int, deadline: float) -> bool:
    while time.monotonic() < deadline:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.002)
        except OSError:
            return False
        else:
            return True
    return False
