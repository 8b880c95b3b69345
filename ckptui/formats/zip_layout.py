"""Every byte of a zip accounted for: local headers, payloads, descriptors, gaps and overlaps.

A record is ``local header + name + extra + payload [+ descriptor]``; torch aligns payloads to
64 bytes with an extra field "FB" of 'Z's and writes CRC and sizes behind them, leaving zeros in
the local header (inline_container.cc, getPadding and miniz's streaming mode).
"""

from __future__ import annotations

from struct import Struct

from ckptui.formats.model import Problem
from ckptui.formats.window import Window
from ckptui.formats.zip_directory import Directory, Entry, extra_fields
from ckptui.formats.zip_torch import exact_header, judge_archive, judge_entry
from ckptui.light import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

LOCAL: Final = Struct("<4s5H3L2H")
_SIZES32: Final = Struct("<3L")
_SIZES64: Final = Struct("<L2Q")
_HAS_DESCRIPTOR: Final = 0x08
_UTF8: Final = 0x0800
_FULL32: Final = 0xFFFFFFFF
_BEFORE: Final = 24
"""Longest descriptor: what stands before a local header is read in the same go."""
_GUESS: Final = 200
"""Bytes read of a local header at first: 30 + name + up to 64 of padding fit."""


def check_layout(window: Window, directory: Directory, local_headers: bool) -> None:
    """Place every record of the directory in the file.

    Args:
        window: The file.
        directory: Its directory; ``data_start`` and ``end`` of its entries are filled in, and
            its problems extended.
        local_headers: False derives the payloads' places from the directory alone.

    Raises:
        OSError: A read failed.
    """
    ordered = sorted(directory.entries, key=lambda entry: entry.header_start)
    for index, entry in enumerate(ordered):
        last = index + 1 == len(ordered)
        following = directory.start if last else ordered[index + 1].header_start
        if not _inside(entry, directory):
            continue
        _place(entry, following)
        if local_headers:
            _check_local(window, directory, entry)
            _check_descriptor(window, directory, entry, following)
        else:
            judge_entry(directory, entry, None)
        _check_extent(directory, entry, following)
    _check_front(window, directory, ordered)
    judge_archive(directory)


def _inside(entry: Entry, directory: Directory) -> bool:
    room = directory.start - entry.header_start
    if entry.header_start >= 0 and room >= LOCAL.size + len(entry.raw_name) + entry.packed:
        return True
    directory.tell(
        "record-outside", f"the record {entry.shown} lies outside the file's records",
        entry.header_start if entry.header_start >= 0 else None,
    )  # fmt: skip
    return False


def _place(entry: Entry, following: int) -> None:
    """Where the payload lies, from the back: it ends where the next record begins."""
    descriptor = descriptor_size(entry)
    start = following - descriptor - entry.packed
    first = entry.header_start + LOCAL.size + len(entry.raw_name)
    entry.data_start = start if first <= start <= first + 0xFFFF else first
    entry.end = entry.data_start + entry.packed + descriptor


def place_exactly(window: Window, entry: Entry) -> None:
    """Where the payload lies, from its local header: another program's descriptors may differ.

    Raises:
        OSError: A read failed.
    """
    raw = window.pread(LOCAL.size, entry.header_start)
    if len(raw) == LOCAL.size and raw[:4] == b"PK\x03\x04":
        name_size, extra_size = LOCAL.unpack(raw)[-2:]
        entry.data_start = entry.header_start + LOCAL.size + name_size + extra_size


def descriptor_size(entry: Entry) -> int:
    """Bytes of the descriptor as torch writes it: 16, 24 in zip64, none for an empty record."""
    if not entry.flags & _HAS_DESCRIPTOR:
        return 0
    return 24 if max(entry.size, entry.packed, entry.header_start) >= _FULL32 else 16


def _check_local(window: Window, directory: Directory, entry: Entry) -> None:
    raw = window.pread(_GUESS, entry.header_start)
    exact = exact_header(entry, raw)
    if exact:
        _put(entry, entry.header_start + exact)
        return
    if len(raw) < LOCAL.size or raw[:4] != b"PK\x03\x04":
        zeros = bool(raw) and not raw[: LOCAL.size].strip(b"\0")
        what = "has only zeros where its local header belongs"
        _bad_local(directory, entry, what if zeros else "has lost its local header")
        return
    _, _, flags, method, _, _, crc, packed, size, name_size, extra_size = LOCAL.unpack_from(raw)
    whole = LOCAL.size + name_size + extra_size
    if whole > len(raw):
        raw = window.pread(whole, entry.header_start)
    name = raw[LOCAL.size : LOCAL.size + name_size]
    if name != entry.raw_name:
        _bad_local(directory, entry, "is called otherwise in its local header")
        return
    judge_entry(directory, entry, raw[:whole])
    if method != entry.method or (flags ^ entry.flags) & ~0x0808:
        _bad_local(directory, entry, "has a local header that the directory contradicts")
    extra = raw[LOCAL.size + name_size : whole]
    says = (crc, *_local_sizes(extra, packed, size))
    if says != (entry.crc, entry.packed, entry.size) and not (
        flags & _HAS_DESCRIPTOR and _left_open(says, entry)
    ):
        _bad_local(directory, entry, "has a local header that the directory contradicts")
    if not entry.by_torch:
        _check_oddities(directory, entry, raw[4:14], extra)
    _put(entry, entry.header_start + whole)


def _put(entry: Entry, start: int) -> None:
    """Place the payload where its local header says that it starts."""
    if start != entry.data_start:
        entry.data_start = start
        entry.end = start + entry.packed + descriptor_size(entry)


def _left_open(says: tuple[int, ...], entry: Entry) -> bool:
    """CRC and sizes that follow in the descriptor are 0 here, or said already (Info-ZIP)."""
    known = zip(says, (entry.crc, entry.packed, entry.size), strict=True)
    return all(value in {0, true} for value, true in known)


def _check_oddities(directory: Directory, entry: Entry, head: bytes, extra: bytes) -> None:
    """What most writers do not do, and no reader minds."""
    if (head[3] ^ entry.head[3]) & (_UTF8 >> 8):
        text = f"the record {entry.shown} says two things about how its name is written"
        directory.tell("name-encoding", text, entry.header_start, "odd")
    if (head[2] ^ entry.head[2]) & _HAS_DESCRIPTOR:
        text = f"the record {entry.shown} says two things about where its sizes stand"
        directory.tell("two-flags", text, entry.header_start, "odd")
    if head[6:] != entry.head[6:]:
        text = f"the record {entry.shown} has two times in its headers"
        directory.tell("two-times", text, entry.header_start, "odd")
    if not _extra_is_whole(extra):
        text = f"the record {entry.shown} has an extra field that does not add up"
        directory.tell("extra-field", text, entry.header_start, "odd")


def _local_sizes(extra: bytes, packed: int, size: int) -> tuple[int, int]:
    """Sizes of a local header; its zip64 field has size first, then packed size."""
    if packed != _FULL32 and size != _FULL32:
        return packed, size
    values = extra_fields(extra).get(1, b"")
    if size == _FULL32:
        size, values = int.from_bytes(values[:8], "little"), values[8:]
    if packed == _FULL32:
        packed = int.from_bytes(values[:8], "little")
    return packed, size


def _extra_is_whole(extra: bytes) -> bool:
    at = 0
    while at + 4 <= len(extra):
        at += 4 + int.from_bytes(extra[at + 2 : at + 4], "little")
    return at == len(extra)


def _check_descriptor(window: Window, directory: Directory, entry: Entry, following: int) -> None:
    if not entry.flags & _HAS_DESCRIPTOR:
        return
    at = entry.data_start + entry.packed
    room = following - at
    raw = window.pread(_BEFORE, at) if room > 0 else b""
    for size, signed in ((16, True), (24, True), (12, False), (20, False)):
        if size != room and room in {16, 24, 12, 20}:
            continue
        if _descriptor_fits(raw, size, signed, entry):
            entry.end = at + size
            return
    if room == 0 and entry.size == 0:
        entry.end = at
        return
    text = f"the record {entry.shown} and the directory disagree about its size or checksum"
    if raw and not raw[:16].strip(b"\0"):
        text = f"the record {entry.shown} ends in zeros where its size and checksum belong"
    directory.tell("descriptor", text, at)


def _descriptor_fits(raw: bytes, size: int, signed: bool, entry: Entry) -> bool:
    if len(raw) < size or (signed and raw[:4] != b"PK\x07\x08"):
        return False
    body = raw[4:size] if signed else raw[:size]
    numbers: tuple[int, ...] = (_SIZES32 if len(body) == 12 else _SIZES64).unpack(body)
    return numbers == (entry.crc, entry.packed, entry.size)


def _check_extent(directory: Directory, entry: Entry, following: int) -> None:
    if entry.end == following:
        return
    if entry.end > following:
        text = f"the record {entry.shown} runs into what follows it"
        directory.tell("overlap", text, following)
    else:
        text = f"{following - entry.end:,} unexplained bytes follow the record {entry.shown}"
        directory.tell("gap", text, entry.end)


def _check_front(window: Window, directory: Directory, ordered: list[Entry]) -> None:
    first = ordered[0].header_start if ordered else directory.start
    if first > 0:
        what = "zeros" if not window.pread(min(first, 4096), 0).strip(b"\0") else "bytes"
        text = f"{first:,} {what} stand before the archive's first record"
        directory.problems.insert(0, Problem("leading", text, 0))


def _bad_local(directory: Directory, entry: Entry, what: str) -> None:
    directory.tell("local-header", f"the record {entry.shown} {what}", entry.header_start)
