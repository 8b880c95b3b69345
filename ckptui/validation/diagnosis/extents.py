"""What the filesystem knows about a part of a file: written, set aside, or nothing there.

FIEMAP (Linux, Documentation/filesystems/fiemap.rst) tells blocks that were set aside from blocks
that were written; SEEK_DATA (lseek(2)) knows only holes once the pages are in memory.
"""

from __future__ import annotations

import errno
import fcntl
import os
from struct import Struct
from typing import Final

WRITTEN: Final = "written"
SET_ASIDE: Final = "set aside"
HOLE: Final = "hole"

_FIEMAP: Final = 0xC020660B
_HEAD: Final = Struct("<2Q4I")
_EXTENT: Final = Struct("<3Q2Q4I")
_EXTENTS: Final = 64
_UNWRITTEN: Final = 0x800
_SYNC: Final = 0x1
"""Have what was written a moment ago on disk first: until then its blocks count as unwritten."""


def state_of(fd: int, start: int, end: int) -> str:
    """What lies between two offsets of an open file.

    Args:
        fd: The file.
        start, end: In bytes; whole blocks.

    Returns:
        :data:`HOLE`, :data:`SET_ASIDE`, or :data:`WRITTEN` (also where nobody can tell).
    """
    flags = _extent_flags(fd, start, end)
    if flags is None:
        return HOLE if _is_hole(fd, start) else WRITTEN
    if not flags:
        return HOLE
    return SET_ASIDE if all(flag & _UNWRITTEN for flag in flags) else WRITTEN


def _extent_flags(fd: int, start: int, end: int) -> list[int] | None:
    """Flags of the extents in a range; None where the filesystem does not list them."""
    request = bytearray(_HEAD.size + _EXTENTS * _EXTENT.size)
    _HEAD.pack_into(request, 0, start, max(0, end - start), _SYNC, 0, _EXTENTS, 0)
    try:
        fcntl.ioctl(fd, _FIEMAP, request)
    except OSError:
        return None
    mapped = int(_HEAD.unpack_from(request)[3])
    extents = [_EXTENT.unpack_from(request, _HEAD.size + n * _EXTENT.size) for n in range(mapped)]
    return [int(extent[5]) for extent in extents if int(extent[0]) + int(extent[2]) > start]


def _is_hole(fd: int, start: int) -> bool:
    try:
        os.lseek(fd, start, os.SEEK_DATA)
    except OSError as error:
        return error.errno == errno.ENXIO
    return False
