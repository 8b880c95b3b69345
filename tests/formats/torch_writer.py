"""A zip written the way torch writes it, byte for byte.

After caffe2/serialize/inline_container.cc and third_party/miniz-3.0.2 (``getPadding``,
``mz_zip_writer_add_mem_ex_v2``, ``mz_zip_writer_finalize_archive``); test_zip_writers.py holds it
to a real file of torch's. Old releases differ in which records they wrote, and in which order.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable

_FULL = 0xFFFFFFFF


def write_zip(
    records: Iterable[tuple[str, bytes]],
    *,
    alignment: int = 64,
    checksums: bool = True,
    moved: bool = False,
) -> bytes:
    """The archive that torch writes for these full names and contents.

    An alignment of 0 is miniz without torch around it: no padding field at all. ``moved`` records
    stood beyond 4 GiB once, before 7-Zip moved them here without touching their headers.
    """
    body, directory, count = b"", b"", 0
    for name, data in records:
        local, entry = _record(name.encode(), data, len(body), alignment, checksums, moved)
        body += local
        directory += entry
        count += 1
    end = end_records(count, len(directory), len(body))
    return body + directory + (end[-22:] if moved else end)


def _record(
    name: bytes, data: bytes, start: int, alignment: int, checksums: bool, moved: bool
) -> tuple[bytes, bytes]:
    crc, size = zlib.crc32(data) if checksums else 0, len(data)
    flags = 0x0808 if size else 0x0800
    extra = b""
    if alignment:
        padding = -(start + 30 + len(name) + 4) % alignment
        extra = b"FB" + struct.pack("<H", padding) + b"Z" * padding
    if moved:
        extra = b"\1\0\x08\0" + struct.pack("<Q", (1 << 32) + start) + extra
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 0, flags, 0, 0, 0, 0, 0, 0, len(name), len(extra))
    form = "<4sL2Q" if moved else "<4s3L"
    descriptor = struct.pack(form, b"PK\7\x08", crc, size, size) if size else b""
    entry = struct.pack(
        "<4s6H3L5H2L", b"PK\1\2", 0, 0, flags, 0, 0, 0, crc, size, size, len(name), 0, 0, 0, 0, 0,
        start,
    )  # fmt: skip
    return local + name + extra + data + descriptor, entry + name


def end_records(count: int, size: int, start: int) -> bytes:
    """zip64 end record, its locator, and the classic end record."""
    return (
        struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 0x031E, 45, 0, 0, count, count, size, start)
        + struct.pack("<4sLQL", b"PK\6\7", 0, start + size, 1)
        + struct.pack(
            "<4s4H2LH", b"PK\5\6", 0, 0, min(count, 0xFFFF), min(count, 0xFFFF),
            min(size, _FULL), min(start, _FULL), 0,
        )
    )  # fmt: skip


def records_of(data: bytes) -> list[tuple[str, bytes]]:
    """Full names and contents of an archive, in the order of its directory."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]
