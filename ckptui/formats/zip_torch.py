"""How torch itself writes a zip's headers, byte for byte, and who else wrote into one.

Every byte of them is known beforehand (caffe2/serialize/inline_container.cc through
third_party/miniz-3.0.2/miniz.c, ``mz_zip_writer_add_mem_ex_v2``; the same since torch 1.4):
``version made by`` 0, ``version needed`` 0 or 20 where it is packed, no attributes, no comment,
flags 0x0808 (0x0800 where there is no data), local CRC and sizes 0, and an extra field "FB" of
'Z's before the data. No other program writes headers like these, so that one of torch's with a
few wrong bits in it was damaged later. Programs that change an archive keep them for the records
that they leave alone: 7-Zip as they are, Info-ZIP with the descriptor moved into the header.
"""

from __future__ import annotations

from ckptui.formats.zip_directory import Directory, Entry
from ckptui.light import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

_DESCRIPTOR: Final = 0x08
_UTF8: Final = 0x0800
_FULL32: Final = 0xFFFFFFFF
_NOTHING: Final = bytes(12)
_HEADER: Final = 30
_PLAIN: Final = b"\0\0\x08\x08\0\0"
"""Version needed, flags and method of a stored record with data, and of an empty one."""
_PLAIN_EMPTY: Final = b"\0\0\0\x08\0\0"
_FAULTS: Final = 2
"""Fields in which a damaged header of torch's may differ; another writer's differ in four."""
_ZIP64_NEEDS: Final = b"\x2d\x00"
"""Version 4.5, which Info-ZIP and 7-Zip write into the headers of large records of torch's."""
_ZIP64_MADE_BY: Final = 0x031E  # miniz, mz_zip_writer_finalize_archive


def judge_entry(directory: Directory, entry: Entry, local: bytes | None) -> None:
    """Tell whether torch wrote an entry, and whether it still is as torch wrote it.

    Args:
        directory: That it stands in.
        entry: The entry; ``by_torch``, ``as_saved`` and ``faults`` are filled in.
        local: Its whole local header with name and extra field, or None where it was not read.
    """
    faults, allowed = _directory_faults(entry), 1
    if local is not None:
        extra = local[30 + len(entry.raw_name) :]
        if len(extra) <= len(_zip64(entry)):
            return  # without any padding: miniz, in the hands of another program
        moved = directory.zip64_made_by != _ZIP64_MADE_BY or not _streamed(entry)
        faults += _local_faults(entry, local, _zip64_of(extra) if moved else None)
        allowed = _FAULTS if b"FB" in extra else 1
    entry.by_torch = len(faults) <= allowed
    if entry.by_torch:
        entry.faults = tuple(faults)
        entry.as_saved = _streamed(entry) and _ZIP64_NEEDS not in {
            entry.head[:2],
            (local or b"")[4:6],
        }


def exact_header(entry: Entry, raw: bytes) -> int:
    """The length of a local header that is to the byte what torch writes for a small record.

    By far the most are: nothing more needs to be looked at then but the descriptor, which says
    size and checksum of a record that has data. 0 for all others.
    """
    size = _HEADER + len(entry.raw_name)
    if (
        len(raw) < size + 4
        or entry.made_by
        or entry.rest != _NOTHING
        or entry.header_start >= _FULL32
        or (entry.crc and not entry.size)
        or entry.head[:6] != (_PLAIN if entry.size else _PLAIN_EMPTY)
        or raw[:26] != b"PK\x03\x04" + entry.head + _NOTHING
        or raw[26:28] != len(entry.raw_name).to_bytes(2, "little")
        or raw[_HEADER:size] != entry.raw_name
    ):
        return 0
    length = int.from_bytes(raw[28:30], "little") - 4
    padding = raw[size : size + 4 + length]
    if length < 0 or padding != b"FB" + length.to_bytes(2, "little") + b"Z" * length:
        return 0
    entry.by_torch = entry.as_saved = True
    return size + 4 + length


def _directory_faults(entry: Entry) -> list[str]:
    faults = []
    if entry.made_by:
        faults.append("the version that made it")
    if not _needs(entry, entry.head[:2]):
        faults.append("the version needed to read it")
    if entry.flags | _DESCRIPTOR != _UTF8 | _DESCRIPTOR:
        faults.append("its flags")
    if entry.rest != _NOTHING and (entry.rest[2:] != _NOTHING[2:] or entry.extra != _zip64(entry)):
        faults.append("its attributes")
    return faults


def _needs(entry: Entry, version: bytes) -> bool:
    """True for the version that torch says is needed, or what others make of it in zip64."""
    if version == _ZIP64_NEEDS:
        return bool(_zip64(entry))
    return version == (b"\x14\x00" if entry.method else b"\x00\x00")


def _zip64(entry: Entry, local: bool = False) -> bytes:
    """The zip64 field of a large record; miniz leaves the packed size 0 in the local header."""
    large, far = entry.size >= _FULL32, entry.header_start >= _FULL32
    if not large and not far:
        return b""
    packed = 0 if local and entry.flags & _DESCRIPTOR else entry.packed
    numbers = [entry.size, packed] if large else []
    numbers += [entry.header_start] if far else []
    body = b"".join(number.to_bytes(8, "little") for number in numbers)
    return b"\x01\x00" + len(body).to_bytes(2, "little") + body


def _zip64_of(extra: bytes) -> bytes:
    """The zip64 field that a local header begins with: programs that move records keep it."""
    length = int.from_bytes(extra[2:4], "little")
    return extra[: 4 + length] if extra[:2] == b"\x01\x00" and length in {8, 16, 24} else b""


def _streamed(entry: Entry) -> bool:
    """True where CRC and sizes follow the data, as torch writes them."""
    return bool(entry.flags & _DESCRIPTOR or not entry.size)


def _local_faults(entry: Entry, local: bytes, zip64: bytes | None) -> list[str]:
    """What a local header has wrong; ``zip64`` is the field that it may begin with, if known."""
    faults = []
    if local[6:14] != entry.head[2:] or not (
        _needs(entry, local[4:6]) or (zip64 and local[4:6] == _ZIP64_NEEDS)
    ):
        faults.append("its local version, flags, method or time")
    if entry.flags & _DESCRIPTOR and local[14:26] != _NOTHING:
        faults.append("its local sizes or checksum")
    extra = local[30 + len(entry.raw_name) :]
    zip64 = _zip64(entry, local=True) if zip64 is None else zip64
    padding = extra[len(zip64) :]
    length = len(padding) - 4
    if (
        length < 0
        or not extra.startswith(zip64)
        or padding[:4] != b"FB" + length.to_bytes(2, "little")
        or padding.count(b"Z", 4) != length
    ):
        faults.append("its padding")
    return faults


def begins_as_torch(local: bytes) -> bool:
    """True where a local header can only be one of torch's: version needed 0, streamed, UTF-8."""
    return local[:8] == b"PK\x03\x04\x00\x00\x08\x08"


def judge_archive(directory: Directory) -> None:
    """Damage in torch's own headers, told; see :func:`was_packed_again` for the rest."""
    for entry in directory.entries:
        if entry.faults:
            what = " and ".join(entry.faults)
            text = f"the record {entry.shown} is not as torch wrote it: {what} changed"
            directory.tell("header-changed", text, entry.header_start)
    made_by = directory.zip64_made_by
    if made_by not in {-1, 45, _ZIP64_MADE_BY} and all(e.as_saved for e in directory.entries):
        directory.add("zip64-damaged", "its zip64 end record was changed", directory.end)


def was_packed_again(directory: Directory) -> bool:
    """True where another program wrote the archive, or changed it after torch had."""
    if directory.zip64_made_by != _ZIP64_MADE_BY:
        return True
    before = -1
    for entry in directory.entries:
        if not entry.as_saved or entry.header_start < before:
            return True
        before = entry.header_start
    return False
