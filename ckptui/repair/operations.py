"""The few atomic operations that every repair is made of, each with its reverse.

``move`` renames within the run directory and never over anything; ``create`` makes an empty marker;
``write`` makes a small text file, whole or not at all; ``mkdir`` and ``rmdir`` make and take away a
folder. Nothing else is ever done to a tree, which is
why it can be undone bit for bit: a rename keeps content, mode and times.
"""

from __future__ import annotations

import ctypes
import errno
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from typing import Final

from ckptui.durable import fsync_dir
from ckptui.repair.site import HOME, TRASH, Signature, Site, trash_path

_AT_FDCWD: Final = -100
_NOREPLACE: Final = 1
_NO_SUCH_CALL: Final = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP})


@dataclass(frozen=True, slots=True)
class Operation:
    """One atomic change.

    Attributes:
        do: ``move``, ``create``, ``write``, ``mkdir`` or ``rmdir``.
        path: What it acts on, relative to the run directory.
        to: Where it goes (``move`` only).
        bytes: Size of what moves.
        note: One short sentence.
        signature: Of what moves, or None for what is created.
        text: What is written, and, where that is taken back, what must still stand there.
    """

    do: str
    path: str
    to: str | None = None
    bytes: int = 0
    note: str = ""
    signature: Signature | None = None
    text: str = ""

    def stay_inside(self, site: Site) -> None:
        """Refuse an operation that would reach outside the run directory.

        Raises:
            RepairError: It would.
        """
        for path in (self.path, self.to):
            if path is not None:
                site.contained(path)

    def to_json(self) -> dict[str, object]:
        """As the journal keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, line: dict[str, object]) -> Operation:
        """From the journal; what is missing or of another type gets its default."""
        to, size, sign = line.get("to"), line.get("bytes"), line.get("signature")
        signature = None
        if isinstance(sign, list) and len(sign) == 3 and all(isinstance(n, int) for n in sign):
            signature = (int(sign[0]), int(sign[1]), int(sign[2]))
        return cls(
            str(line.get("do", "")),
            str(line.get("path", "")),
            to if isinstance(to, str) else None,
            size if isinstance(size, int) else 0,
            str(line.get("note", "")),
            signature,
            str(line.get("text", "")),
        )


def perform(site: Site, operation: Operation) -> None:
    """Do it, and have it on disk before returning.

    Raises:
        OSError: It was not done.
    """
    path = site.full(operation.path)
    if operation.do == "move" and operation.to is not None:
        target = site.full(operation.to)
        if operation.to.startswith(TRASH + "/"):
            _make_folders(os.path.dirname(target))
        move(path, target)
        fsync_dir(os.path.dirname(target))
    elif operation.do == "create":
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
    elif operation.do == "write":
        _write(site, path, operation.text)
    elif operation.do == "mkdir":
        os.mkdir(path)
    elif operation.do == "rmdir":
        os.rmdir(path)
    else:
        raise OSError(errno.EINVAL, f"unknown operation {operation.do!r}", operation.path)
    fsync_dir(os.path.dirname(path))


def _write(site: Site, path: str, text: str) -> None:
    """Written aside and renamed: what stands at its place is whole, and never over anything."""
    temporary = site.full(f"{HOME}/write.{os.getpid()}")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    with os.fdopen(fd, "wb") as file:
        file.write(text.encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())
    move(temporary, path)


def _make_folders(folder: str) -> None:
    """``makedirs`` that is on disk level by level."""
    if os.path.isdir(folder):
        return
    parent = os.path.dirname(folder)
    _make_folders(parent)
    with suppress(FileExistsError):
        os.mkdir(folder)
    fsync_dir(parent)


def reverse(operation: Operation, undo_id: str) -> Operation:
    """What takes an operation back; what was made goes to the trash of ``undo_id``."""
    if operation.do == "move" and operation.to is not None:
        return Operation(
            "move", operation.to, operation.path, operation.bytes, "", operation.signature
        )
    if operation.do in ("create", "write"):
        to = trash_path(undo_id, operation.path)
        return Operation("move", operation.path, to, operation.bytes, text=operation.text)
    return Operation("rmdir" if operation.do == "mkdir" else "mkdir", operation.path)


def happened(site: Site, operation: Operation) -> bool:
    """Whether an operation that was about to happen did, as the tree shows it after a crash."""
    here = site.look(operation.path) is not None
    if operation.do == "move" and operation.to is not None:
        there = site.signature(operation.to)
        return there is not None and (there[0] == (operation.signature or there)[0])
    return here if operation.do in ("create", "write", "mkdir") else not here


def move(path: str, target: str) -> None:
    """Rename, and fail where anything stands at ``target``: also what appeared just now.

    Raises:
        FileExistsError: Something stands there.
        OSError: As rename says.
    """
    libc = _libc()
    if libc is not None:
        done = libc.renameat2(
            _AT_FDCWD, os.fsencode(path), _AT_FDCWD, os.fsencode(target), _NOREPLACE
        )
        code = ctypes.get_errno() if done else 0
        if not code:
            return
        if code not in _NO_SUCH_CALL:
            raise OSError(code, os.strerror(code), path, None, target)
    # NFS and older kernels know no such rename: look first, the lock keeps other ckptui away.
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path, None, target)
    os.rename(path, target)


@cache
def _libc() -> ctypes.CDLL | None:
    libc = ctypes.CDLL(None, use_errno=True)
    return libc if hasattr(libc, "renameat2") else None
