"""Damage to the zip's own fields. Most of it torch.load never looks at."""

from __future__ import annotations

from struct import pack

from tests.workshop.anatomy import Anatomy
from tests.workshop.shop import Shop, damaged, flipped, patched


def make(shop: Shop) -> None:
    """Change one field each of a torch zip."""
    data, map_ = shop.good("base"), shop.anatomy("base")
    for name, (at, new) in _places(map_).items():
        broken = flipped(data, at, new) if isinstance(new, int) else patched(data, at, new)
        note = f"changed on disk: {name.replace('-', ' ')}"
        shop.add(f"field/{name}", broken, damaged(note))
    _exchanged_offsets(shop, data, map_)
    truth = damaged("the length of the end record's comment says one byte more than there is")
    shop.add("field/end-comment-length", patched(data, map_.end + 20, b"\x01\0"), truth)


def _places(map_: Anatomy) -> dict[str, tuple[int, int | bytes]]:
    """Field → its place, and the bits to turn or the bytes to write."""
    piece = map_["data/1"]
    local, entry, after = piece.local, piece.entry, piece.after
    return {
        "local-signature": (local, b"PX"),
        "local-flags": (local + 6, 0x01),
        "local-method": (local + 8, b"\x08\0"),
        "local-name": (local + 30, 0x01),
        "local-name-length": (local + 26, 0x02),
        "local-extra-length": (local + 28, 0x04),
        "local-extra-id": (piece.data - 8, 0x01),
        "descriptor-signature": (after, b"PX"),
        "descriptor-crc": (after + 4, 0x01),
        "descriptor-packed-size": (after + 8, 0x01),
        "descriptor-size": (after + 12, 0x01),
        "directory-signature": (entry, b"PX"),
        "directory-flags-encrypted": (entry + 8, 0x01),
        "directory-method": (entry + 10, b"\x08\0"),
        "directory-crc": (entry + 16, 0x01),
        "directory-packed-size": (entry + 20, 0x04),
        "directory-size": (entry + 24, 0x04),
        "directory-name-length": (entry + 28, 0x01),
        "directory-extra-length": (entry + 30, 0x01),
        "directory-comment-length": (entry + 32, 0x01),
        "directory-offset": (entry + 42, 0x40),
        "directory-name": (entry + 46, 0x01),
        "directory-name-of-a-tensor": (entry + 46 + 10, 0x01),
        "end-signature": (map_.end, b"PX"),
        "end-count": (map_.end + 8, 0x01),
        "end-total": (map_.end + 10, 0x01),
        "end-directory-size": (map_.end + 12, 0x08),
        "end-directory-offset": (map_.end + 16, 0x40),
        "end64-signature": (map_.end64, b"PX"),
        "end64-count": (map_.end64 + 24, 0x01),
        "end64-total": (map_.end64 + 32, 0x01),
        "end64-directory-size": (map_.end64 + 40, 0x08),
        "end64-directory-offset": (map_.end64 + 48, 0x40),
        "locator-signature": (map_.locator, b"PX"),
        "locator-offset": (map_.locator + 8, 0x40),
    }


def _exchanged_offsets(shop: Shop, data: bytes, map_: Anatomy) -> None:
    """Two entries of the directory name each other's places."""
    one, two = map_["data/1"], map_["data/2"]
    swapped = patched(data, one.entry + 42, pack("<L", two.local))
    swapped = patched(swapped, two.entry + 42, pack("<L", one.local))
    truth = damaged("the directory exchanged the places of two tensors")
    shop.add("field/directory-offsets-exchanged", swapped, truth)
