"""What a zip's directory says by itself: names, methods, sizes that cannot be, many disks."""

from __future__ import annotations

from ckptui.formats.zip_directory import Directory, Entry
from ckptui.light import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

_ENCRYPTED: Final = 0x01
_DEFLATED: Final = 8
_METHODS: Final[dict[int, str]] = {
    0: "stored", 8: "deflate", 9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard",
    95: "xz", 98: "PPMd", 99: "AES",
}  # fmt: skip
"""APPNOTE 4.4.5; 99 is WinZip's encryption."""
_NEWEST_NEEDED: Final = 63  # APPNOTE 4.4.3.2
_MOST_DEFLATED: Final = 1032
"""Deflate makes at most so many bytes of one (zlib's technical notes)."""
_BOMB_RATIO: Final = 100
_BOMB_SIZE: Final = 1 << 30
"""An archive that unpacks to more than this, at more than that ratio, is not unpacked."""


def check_names(directory: Directory) -> None:
    """Check every entry by itself and against the others; the local headers are not looked at."""
    seen: dict[str, Entry] = {}
    for entry in directory.entries:
        first = seen.setdefault(entry.name, entry)
        if first is not entry:
            _twice(directory, entry, first)
        if entry.method or entry.flags & _ENCRYPTED:
            _check_packing(directory, entry)
        elif entry.size != entry.packed:
            text = f"the record {entry.shown} has two different sizes in the directory"
            directory.tell("size-disagrees", text)
        _check_fields(directory, entry)
        if points_elsewhere(entry.name):
            text = f"the record {entry.shown} has a name that points outside the archive"
            directory.tell("traversal", text, entry.header_start, "hostile")
    _check_bomb(directory)


def is_readable(entry: Entry) -> bool:
    """True where its bytes can be had without a password and with the methods known here."""
    return entry.method in {0, _DEFLATED} and not entry.flags & _ENCRYPTED


def _twice(directory: Directory, entry: Entry, first: Entry) -> None:
    """The same name again: harmless with the same content, else nobody knows which one counts."""
    same = (entry.crc, entry.size) == (first.crc, first.size) and bool(entry.crc or not entry.size)
    text = f"the record {entry.shown} is there more than once"
    if not same:
        text += ", with different content"
    directory.tell("duplicate", text, entry.header_start, "odd" if same else "damaged")


def _check_packing(directory: Directory, entry: Entry) -> None:
    if entry.flags & _ENCRYPTED:
        text = "it is encrypted with a password: unpack it, and save it again without one"
        if entry.method in _METHODS:
            directory.once("encrypted", text, entry.header_start)
            return
    how = _METHODS.get(entry.method)
    if how is None:
        text = f"the record {entry.shown} is packed in a way that no reader knows"
        directory.tell("method", text)
    elif entry.method == _DEFLATED:
        if entry.size > entry.packed * _MOST_DEFLATED:
            text = f"the record {entry.shown} is too small for the size that it claims"
            directory.tell("size-disagrees", text, entry.header_start)
    else:
        text = (
            f"its records are packed with {how}, which torch cannot read: "
            "unpack it, and pack it again without compression (zip -0)"
        )
        directory.once("unread-method", text, entry.header_start)


def _check_fields(directory: Directory, entry: Entry) -> None:
    if entry.head and (entry.head[0] > _NEWEST_NEEDED or entry.rest[4:6] not in _FIRST_DISK):
        text = f"the record {entry.shown} has an entry in the directory that no writer writes"
        directory.tell("directory-damaged", text, entry.header_start)


_FIRST_DISK: Final = (b"\0\0", b"\xff\xff")


def points_elsewhere(name: str) -> bool:
    """True for a name that leads out of the directory into which an archive is unpacked."""
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or "\0" in name


def _check_bomb(directory: Directory) -> None:
    packed = [entry for entry in directory.entries if entry.method]
    size, room = sum(e.size for e in packed), sum(e.packed for e in packed)
    if size > _BOMB_SIZE and size > room * _BOMB_RATIO:
        text = f"its {room:,} packed bytes would become {size:,}: they were not unpacked"
        directory.add("bomb", text, None, "limit")
