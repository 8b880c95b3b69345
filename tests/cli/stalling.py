"""A real filesystem that stops answering: a read-only FUSE view of a directory.

    python -m tests.cli.stalling SOURCE MOUNTPOINT [OPERATION [SUFFIX]]

It talks to the kernel over /dev/fuse without any library, so that nothing needs installing; it
needs the right to mount. Given an OPERATION (GETATTR, READDIR, READ), it never answers that one
(for names that end in SUFFIX), as an NFS server does that went away between two calls; stopped by
SIGSTOP it answers nothing. Where STALLING_LOG names a file, each request is written to it as a
line: seconds, operation, bytes that were read, name.
The structures are those of the Linux kernel's include/uapi/linux/fuse.h, protocol 7.31.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
import sys
import time
from collections.abc import Callable
from typing import Final

_NAMES: Final = {
    1: "LOOKUP", 2: "FORGET", 3: "GETATTR", 14: "OPEN", 15: "READ", 17: "STATFS", 18: "RELEASE",
    25: "FLUSH", 26: "INIT", 27: "OPENDIR", 28: "READDIR", 29: "RELEASEDIR", 34: "ACCESS",
    36: "INTERRUPT", 42: "BATCH_FORGET",
}  # fmt: skip
_UNANSWERED: Final = ("FORGET", "BATCH_FORGET", "INTERRUPT")
_ROOT: Final = 1


class View:
    """What the kernel asks, answered from a source directory; raises OSError for an error reply."""

    def __init__(self, source: str) -> None:
        self._paths = {_ROOT: source}

    def name(self, node: int) -> str:
        return self._paths.get(node, "")

    def lookup(self, node: int, body: bytes) -> bytes:
        path = os.path.join(self._paths[node], os.fsdecode(body.rstrip(b"\0")))
        found = os.lstat(path)
        self._paths[found.st_ino] = path
        # Attributes hold for a second, as on most file servers: one look is one request. So do the
        # names of directories, which hold for half a minute there: a walk to a file asks for none.
        names = 1 if stat.S_ISDIR(found.st_mode) else 0
        return struct.pack("<QQQQII", found.st_ino, 0, names, 1, 0, 0) + _attributes(found)

    def getattr(self, node: int, body: bytes) -> bytes:
        return struct.pack("<QII", 0, 0, 0) + _attributes(os.lstat(self._paths[node]))

    def readdir(self, node: int, body: bytes) -> bytes:
        _, offset, size = struct.unpack_from("<QQI", body)
        out = b""
        for number, name in enumerate(sorted(os.listdir(self._paths[node]))):
            raw = os.fsencode(name)
            item = struct.pack("<QQII", number + 100, number + 1, len(raw), 0) + raw
            item += b"\0" * (-len(item) % 8)
            if number < offset:
                continue
            if len(out) + len(item) > size:
                break
            out += item
        return out

    def read(self, node: int, body: bytes) -> bytes:
        _, offset, size = struct.unpack_from("<QQI", body)
        with open(self._paths[node], "rb") as file:
            return os.pread(file.fileno(), size, offset)

    def opened(self, node: int, body: bytes) -> bytes:
        return struct.pack("<QII", 0, 0, 0)

    def statfs(self, node: int, body: bytes) -> bytes:
        return struct.pack("<5Q10I", 1000, 500, 500, 100, 50, 4096, 255, 4096, *[0] * 7)

    def fine(self, node: int, body: bytes) -> bytes:
        return b""


def _attributes(found: os.stat_result) -> bytes:
    whole = (found.st_ino, found.st_size, found.st_blocks, 0, int(found.st_mtime), 0)
    modest = (0, 0, 0, found.st_mode, found.st_nlink, found.st_uid, found.st_gid, 0, 4096, 0)
    return struct.pack("<6Q10I", *whole, *modest)


def _init(node: int, body: bytes) -> bytes:
    return struct.pack("<IIIIHHII", 7, 31, 65536, 0, 12, 9, 65536, 1).ljust(64, b"\0")


def _never(view: View, name: str, node: int, never: str, suffix: str) -> bool:
    return never != "" and name == never and view.name(node).endswith(suffix)


def serve(fd: int, source: str, never: str, suffix: str) -> None:
    """Answer the kernel until the mount is gone."""
    view = View(source)
    path = os.environ.get("STALLING_LOG")
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if path else -1
    answers: dict[str, Callable[[int, bytes], bytes]] = {
        "INIT": _init, "LOOKUP": view.lookup, "GETATTR": view.getattr, "READDIR": view.readdir,
        "READ": view.read, "OPEN": view.opened, "OPENDIR": view.opened, "STATFS": view.statfs,
        "RELEASE": view.fine, "RELEASEDIR": view.fine, "FLUSH": view.fine, "ACCESS": view.fine,
    }  # fmt: skip
    while True:
        try:
            request = os.read(fd, 1 << 20)
        except OSError:  # ENODEV: it was unmounted
            return
        _, opcode, unique, node = struct.unpack_from("<IIQQ", request)
        name = _NAMES.get(opcode, "")
        if name in _UNANSWERED or _never(view, name, node, never, suffix):
            continue
        error, out = 0, b""
        try:
            if name not in answers:
                raise OSError(errno.ENOSYS, "not served")
            out = answers[name](node, request[40:])
        except OSError as problem:
            error = -(problem.errno or errno.EIO)
        os.write(fd, struct.pack("<IiQ", 16 + len(out), error, unique) + out)
        if log >= 0:
            count = len(out) if name == "READ" else 0
            line = f"{time.monotonic()} {name} {count} {os.path.basename(view.name(node))!r}\n"
            os.write(log, line.encode())


def mount(fd: int, place: str) -> None:
    """Mount it read-only.

    Raises:
        OSError: This process may not.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={fd},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()},allow_other"
    if libc.mount(b"stalling", os.fsencode(place), b"fuse.stalling", 1, options.encode()):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def main() -> None:
    """Mount, say so, and serve."""
    source, place, never, suffix = (*sys.argv[1:], "", "")[:4]
    try:
        fd = os.open("/dev/fuse", os.O_RDWR)
        mount(fd, place)
    except OSError as error:
        print(f"no FUSE here: {error.strerror}", flush=True)
        return
    print("mounted", flush=True)
    serve(fd, source, never, suffix)


if __name__ == "__main__":
    main()
