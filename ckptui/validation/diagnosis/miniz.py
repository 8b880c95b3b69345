"""Opening a zip as torch's reader does, to know what it says of a damaged one.

After ``mz_zip_reader_read_central_dir`` and ``mz_zip_reader_locate_header_sig`` of miniz, as torch
2.13 builds it (third_party/miniz), and ``PyTorchStreamReader::init`` of
caffe2/serialize/inline_container.cc. It is a model of a reader with few checks, not a check.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ckptui.formats.window import Source
from ckptui.formats.zip_directory import ENTRY, EOCD, EOCD64, LOCATOR, extra_fields

NOT_A_ZIP: Final = "not a ZIP archive"
NO_DIRECTORY: Final = "failed finding central directory"
INVALID: Final = "invalid header or archive is corrupted"
MULTIDISK: Final = "unsupported multidisk archive"
TOO_MANY: Final = "too many files"
TOO_LARGE: Final = "unsupported central directory size"
EINVAL: Final = "OSError: [Errno 22] Invalid argument"
"""Searching backwards the reader steps before the file's beginning, and Python refuses to seek."""
_BUFFER: Final = 4096
_STEP: Final = _BUFFER - 3
_REACH: Final = 0xFFFF + EOCD.size
_FULL32: Final = 0xFFFFFFFF
_LARGEST: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One record as the directory has it; sizes and offsets in bytes."""

    name: str
    packed: int
    size: int
    start: int


@dataclass(frozen=True, slots=True)
class Opened:
    """What came of opening: records, or why not."""

    entries: tuple[Entry, ...] = ()
    problem: str = ""


def open_zip(source: Source, size: int) -> Opened | None:
    """Read end records and directory.

    Returns:
        None where the directory is too large to be worth it, or packed in ways of its own.
    """
    if size < EOCD.size:
        return Opened(problem=NOT_A_ZIP)
    at = _find_end(source, size)
    if isinstance(at, str):
        return Opened(problem=at)
    fields = EOCD.unpack(source.pread(EOCD.size, at))
    disk, first_disk, here, count, length, start = (int(field) for field in fields[1:7])
    big = _zip64(source, size, at)
    if isinstance(big, str):
        return Opened(problem=big)
    if big is not None:
        disk, first_disk, here, count, length, start = big
    if here != count or ((disk | first_disk) and (disk != 1 or first_disk != 1)):
        return Opened(problem=MULTIDISK)
    if length < count * ENTRY.size or start + length > size:
        return Opened(problem=INVALID)
    if length > _LARGEST:
        return None
    return _entries(source.pread(length, start), count, size, disk)


def _find_end(source: Source, size: int) -> int | str:
    if size < EOCD.size:
        return NO_DIRECTORY
    at = max(size - _BUFFER, 0)
    while True:
        chunk = source.pread(min(_BUFFER, size - at), at)
        found = chunk.rfind(b"PK\x05\x06")
        while found >= 0 and at + found + EOCD.size > size:
            found = chunk.rfind(b"PK\x05\x06", 0, found)
        if found >= 0:
            return at + found
        if at == 0 or size - at >= _REACH:
            return NO_DIRECTORY
        at -= _STEP
        if at < 0:
            return EINVAL


def _zip64(source: Source, size: int, at: int) -> tuple[int, int, int, int, int, int] | str | None:
    raw = source.pread(LOCATOR.size, at - LOCATOR.size) if at >= LOCATOR.size + EOCD64.size else b""
    if raw[:4] != b"PK\x06\x07":
        return None
    _, where, disks = (int(field) for field in LOCATOR.unpack(raw)[1:])
    if where > size - EOCD64.size:
        return NOT_A_ZIP
    record = source.pread(EOCD64.size, where)
    if record[:4] != b"PK\x06\x06":
        return None
    fields = [int(field) for field in EOCD64.unpack(record)[1:]]
    if disks != 1:
        return MULTIDISK
    if fields[0] < EOCD64.size - 12:
        return INVALID
    if max(fields[5], fields[6]) > _FULL32:
        return TOO_MANY
    if fields[7] > _FULL32:
        return TOO_LARGE
    return fields[3], fields[4], fields[5], fields[6], fields[7], fields[8]


def _entries(raw: bytes, count: int, size: int, disk: int) -> Opened | None:
    entries: list[Entry] = []
    at = 0
    for _ in range(count):
        if at + ENTRY.size > len(raw) or raw[at : at + 4] != b"PK\x01\x02":
            return Opened(problem=INVALID)
        fields = [int(field) for field in ENTRY.unpack_from(raw, at)[1:]]
        method, packed, full, start = fields[3], fields[7], fields[8], fields[15]
        if method not in {0, 8} or fields[2] & 1:
            return None
        name_at = at + ENTRY.size
        extra_at = name_at + fields[9]
        end = extra_at + fields[10] + fields[11]
        if end > len(raw):
            return Opened(problem=INVALID)
        if _FULL32 in (packed, full, start):
            extra = extra_fields(raw[extra_at : extra_at + fields[10]]).get(1, b"")
            full, packed, start = _wide(extra, full, packed, start)
        if (not method and full != packed) or (full and not packed):
            return Opened(problem=INVALID)
        if fields[12] == 0xFFFF or fields[12] not in {disk, 1}:
            return Opened(problem=MULTIDISK)
        if start + 30 + packed > size:
            return Opened(problem=INVALID)
        name = raw[name_at:extra_at].decode("utf-8", "surrogateescape")
        entries.append(Entry(name, packed, full, start))
        at = end
    return Opened(tuple(entries))


def _wide(extra: bytes, full: int, packed: int, start: int) -> tuple[int, int, int]:
    values = [int.from_bytes(extra[i : i + 8], "little") for i in range(0, len(extra) - 7, 8)]
    numbers = [full, packed, start]
    for index, number in enumerate(numbers):
        if number == _FULL32 and values:
            numbers[index] = values.pop(0)
    return numbers[0], numbers[1], numbers[2]


def place_of(source: Source, entry: Entry, size: int) -> int | None:
    """Where the reader takes the record's bytes from, by its local header's own lengths.

    Returns:
        None where it finds no local header, or the bytes would reach beyond the file.
    """
    raw = source.pread(30, entry.start)
    if len(raw) < 30 or raw[:4] != b"PK\x03\x04":
        return None
    skip = int.from_bytes(raw[26:28], "little") + int.from_bytes(raw[28:30], "little")
    at = entry.start + 30 + skip
    return at if at + entry.packed <= size else None


def can_read(source: Source, entry: Entry, size: int) -> bool:
    """True where the reader finds the record's local header and its bytes inside the file."""
    return place_of(source, entry, size) is not None
