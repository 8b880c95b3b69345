"""Every byte of a zip accounted for: local headers, payloads, descriptors, gaps and overlaps.

A record is ``local header + name + extra + payload [+ descriptor]``; torch aligns payloads to
64 bytes with an extra field "FB" of 'Z's and writes CRC and sizes behind them, leaving zeros in
the local header (inline_container.cc, getPadding and miniz's streaming mode).
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from ckptui.formats.model import Problem
from ckptui.formats.window import Window
from ckptui.formats.zip_directory import Directory, Entry, extra_fields

LOCAL: Final = Struct("<4s5H3L2H")
_SIZES32: Final = Struct("<3L")
_SIZES64: Final = Struct("<L2Q")
_HAS_DESCRIPTOR: Final = 0x08
_UTF8: Final = 0x0800
_ENCRYPTED: Final = 0x01
_METHODS: Final = frozenset({0, 8, 9, 12, 14, 93, 95})
_FULL32: Final = 0xFFFFFFFF
_BEFORE: Final = 24
"""Longest descriptor: what stands before a local header is read in the same go."""
_GUESS: Final = 200
"""Bytes read of a local header at first: 30 + name + up to 64 of padding fit."""
_TOLD: Final = 20
"""Problems of one kind that are listed one by one."""


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
        _check_extent(directory, entry, following)
    _check_front(window, directory, ordered)


def _inside(entry: Entry, directory: Directory) -> bool:
    room = directory.start - entry.header_start
    if entry.header_start >= 0 and room >= LOCAL.size + len(entry.raw_name) + entry.packed:
        return True
    _tell(
        directory, "record-outside", f"the record {_shown(entry)} lies outside the file's records",
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


def descriptor_size(entry: Entry) -> int:
    """Bytes of the descriptor as torch writes it: 16, 24 in zip64, none for an empty record."""
    if not entry.flags & _HAS_DESCRIPTOR:
        return 0
    return 24 if max(entry.size, entry.packed, entry.header_start) >= _FULL32 else 16


def _check_local(window: Window, directory: Directory, entry: Entry) -> None:
    raw = window.pread(_GUESS, entry.header_start)
    if len(raw) < LOCAL.size or raw[:4] != b"PK\x03\x04":
        _bad_local(directory, entry, "has lost its local header")
        return
    _, _, flags, method, _, _, crc, packed, size, name_size, extra_size = LOCAL.unpack_from(raw)
    whole = LOCAL.size + name_size + extra_size
    if whole > len(raw):
        raw = window.pread(whole, entry.header_start)
    name = raw[LOCAL.size : LOCAL.size + name_size]
    if name != entry.raw_name:
        _bad_local(directory, entry, "is called otherwise in its local header")
        return
    if method != entry.method or (flags ^ entry.flags) & ~0x0808:
        _bad_local(directory, entry, "has a local header that the directory contradicts")
    if (flags ^ entry.flags) & _UTF8:
        text = f"the record {_shown(entry)} says two things about how its name is written"
        directory.add("name-encoding", text, entry.header_start, "odd")
    extra = raw[LOCAL.size + name_size : whole]
    sizes = _local_sizes(extra, packed, size)
    streamed = bool(flags & _HAS_DESCRIPTOR) and (crc, *sizes) == (0, 0, 0)
    if not streamed and (crc, *sizes) != (entry.crc, entry.packed, entry.size):
        _bad_local(directory, entry, "has a local header that the directory contradicts")
    if not _extra_is_whole(extra):
        text = f"the record {_shown(entry)} has other padding than torch writes before its data"
        directory.add("padding", text, entry.header_start, "odd")
    start = entry.header_start + whole
    if start != entry.data_start:
        entry.data_start = start
        entry.end = start + entry.packed + descriptor_size(entry)


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
        size = int.from_bytes(extra[at + 2 : at + 4], "little")
        body = extra[at + 4 : at + 4 + size]
        if extra[at : at + 2] == b"FB" and body.strip(b"Z"):
            return False
        at += 4 + size
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
    _tell(
        directory, "descriptor",
        f"the record {_shown(entry)} and the directory disagree about its size or checksum", at,
    )  # fmt: skip


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
        text = f"the record {_shown(entry)} runs into what follows it"
        _tell(directory, "overlap", text, following)
    else:
        text = f"{following - entry.end:,} unexplained bytes follow the record {_shown(entry)}"
        _tell(directory, "gap", text, entry.end)


def _check_front(window: Window, directory: Directory, ordered: list[Entry]) -> None:
    first = ordered[0].header_start if ordered else directory.start
    if first > 0:
        what = "zeros" if not window.pread(min(first, 4096), 0).strip(b"\0") else "bytes"
        text = f"{first:,} {what} stand before the archive's first record"
        directory.problems.insert(0, Problem("leading", text, 0))


def check_names(directory: Directory) -> None:
    """Duplicates, encryption, unknown compression, and names that point elsewhere."""
    seen: set[str] = set()
    for entry in directory.entries:
        if entry.name in seen:
            text = f"the record {_shown(entry)} is there more than once"
            _tell(directory, "duplicate", text, entry.header_start)
        seen.add(entry.name)
        if entry.flags & _ENCRYPTED:
            _tell(directory, "encrypted", f"the record {_shown(entry)} is encrypted")
        if entry.method not in _METHODS:
            text = f"the record {_shown(entry)} is packed in a way that no reader knows"
            _tell(directory, "method", text)
        elif entry.method == 0 and entry.size != entry.packed:
            text = f"the record {_shown(entry)} has two different sizes in the directory"
            _tell(directory, "size-disagrees", text)
        if _points_elsewhere(entry.name):
            text = f"the record {_shown(entry)} has a name that points outside the archive"
            directory.add("traversal", text, entry.header_start, "hostile")


def _points_elsewhere(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or "\0" in name


def _bad_local(directory: Directory, entry: Entry, what: str) -> None:
    _tell(directory, "local-header", f"the record {_shown(entry)} {what}", entry.header_start)


def _tell(directory: Directory, code: str, text: str, offset: int | None = None) -> None:
    """Note a problem, unless this kind has been told often enough."""
    if sum(problem.code == code for problem in directory.problems[-_TOLD:]) < _TOLD:
        directory.add(code, text, offset)


def _shown(entry: Entry) -> str:
    return entry.name if len(entry.name) <= 80 else entry.name[:77] + "…"
