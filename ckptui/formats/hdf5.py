"""HDF5: the superblock, and whether the file is as long as it says. No deeper than that.

"HDF5 File Format Specification" version 3, II.A: the signature stands at byte 0, or behind a user
block at 512, 1024, 2048 …; versions 2 and 3 carry a checksum (Jenkins' lookup3, H5checksum.c).
The end-of-file address counts from the beginning of the file (H5Fsuper.c: "stored EOF being
absolute"), and the library refuses a shorter file.
"""

from __future__ import annotations

from typing import Final

from ckptui.formats.limits import Limits
from ckptui.formats.model import Header, Problem
from ckptui.formats.window import Window

SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"
NOT_DEEPER: Final = "its superblock was read; what lies inside an HDF5 file is not judged here"
_FURTHEST: Final = 64 * 1024
_MASK: Final = 0xFFFFFFFF
_OPEN_FOR_WRITING: Final = 0x01
_SIZES: Final = frozenset({2, 4, 8, 16})


def signature_at(window: Window) -> int | None:
    """Offset of the signature, or None where there is none in the usual places.

    Raises:
        OSError: A read failed.
    """
    at = 0
    while at < min(window.size, _FURTHEST):
        if window.pread(8, at) == SIGNATURE:
            return at
        at = at * 2 or 512
    return None


def read_header_of(window: Window, limits: Limits, full: bool) -> Header:
    """The header of an HDF5 file: its superblock.

    Raises:
        OSError: A read failed.
    """
    start = signature_at(window) or 0
    raw = window.pread(128, start)
    problems: list[Problem] = []
    version = raw[8] if len(raw) > 8 else -1
    if version in {0, 1}:
        end = _old(raw, version, problems)
    elif version in {2, 3}:
        end = _new(raw, start, problems)
    else:
        end = None
        if version >= 0:
            text = f"its superblock is of version {version}, which is not known here"
            problems.append(Problem("reader-limit", text, start + 8, "limit"))
    if end is None and not problems:
        problems.append(_cut(window.size, 0))
    elif end is not None and end > window.size and not problems:
        problems.append(_cut(window.size, end))
    metadata = {"superblock": str(version), "user_block": str(start)}
    return Header(
        "hdf5", window.size, metadata=metadata, problems=tuple(problems), notes=(NOT_DEEPER,)
    )


def _cut(size: int, end: int) -> Problem:
    of = f" of {end:,}" if end else ", inside its superblock"
    return Problem("cut-short", f"it is cut short at byte {size:,}{of}", size)


def _old(raw: bytes, version: int, problems: list[Problem]) -> int | None:
    """The end-of-file address of versions 0 and 1; None where the superblock is cut."""
    if len(raw) < 24:
        return None
    width = raw[13]
    if width not in _SIZES or raw[14] not in _SIZES:
        problems.append(Problem("bad-superblock", "its superblock is damaged", 13))
        return None
    place = (24 if version == 0 else 28) + 2 * width  # after base and free-space addresses
    return (
        int.from_bytes(raw[place : place + width], "little") if len(raw) >= place + width else None
    )


def _new(raw: bytes, start: int, problems: list[Problem]) -> int | None:
    """The end-of-file address of versions 2 and 3; None where the superblock is cut."""
    if len(raw) < 12:
        return None
    width = raw[9]
    if width not in _SIZES or raw[10] not in _SIZES:
        problems.append(Problem("bad-superblock", "its superblock is damaged", start + 9))
        return None
    size = 12 + 4 * width
    if len(raw) < size + 4:
        return None
    if lookup3(raw[:size]) != int.from_bytes(raw[size : size + 4], "little"):
        text = "its superblock does not match its checksum"
        problems.append(Problem("bad-superblock", text, start))
        return None
    if raw[11] & _OPEN_FOR_WRITING:
        text = "its own flag says that it is open for writing: its writer has not closed it"
        problems.append(Problem("open-for-writing", text, start + 11))
    return int.from_bytes(raw[12 + 2 * width : 12 + 3 * width], "little")


def lookup3(data: bytes) -> int:
    """Bob Jenkins' lookup3 ``hashlittle`` with an initial value of 0: HDF5's metadata checksum."""
    a = b = c = (0xDEADBEEF + len(data)) & _MASK
    at = 0
    while len(data) - at > 12:
        a, b, c = _mix(*_added(a, b, c, data[at : at + 12]))
        at += 12
    if at == len(data):
        return c
    return _final(*_added(a, b, c, data[at:].ljust(12, b"\0")))


def _added(a: int, b: int, c: int, raw: bytes) -> tuple[int, int, int]:
    words = (int.from_bytes(raw[n : n + 4], "little") for n in (0, 4, 8))
    first, second, third = words
    return (a + first) & _MASK, (b + second) & _MASK, (c + third) & _MASK


def _turned(value: int, by: int) -> int:
    return ((value << by) | (value >> (32 - by))) & _MASK


def _mix(a: int, b: int, c: int) -> tuple[int, int, int]:
    for by in (4, 6, 8, 16, 19, 4):
        a = ((a - c) & _MASK) ^ _turned(c, by)
        c = (c + b) & _MASK
        a, b, c = b, c, a
    return a, b, c


def _final(a: int, b: int, c: int) -> int:
    for by in (14, 11, 25, 16, 4, 14, 24):
        c = ((c ^ b) - _turned(b, by)) & _MASK
        a, b, c = b, c, a
    return b
