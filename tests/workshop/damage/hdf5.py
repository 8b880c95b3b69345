"""HDF5 with a superblock of version 0 and an empty root group, by its document.

HDF5 File Format Specification 3.0: II.A superblock, III.A.1 B-tree, III.D local heap, IV.A.1.a
object header, IV.A.2.r symbol table message.
"""

from __future__ import annotations

from struct import pack

from ckptui.terms import Category
from tests.workshop.shop import LOST_BEGINNING, VALID, Shop, damaged, flipped, patched, unseen
from tests.workshop.specimen import Kind, Truth

_NONE = b"\xff" * 8
_HEADER, _TREE, _HEAP, _HEAP_DATA = 96, 136, 680, 712


def build(payload: bytes) -> bytes:
    """An empty root group; what lies behind it belongs to the file and to nothing in it."""
    end = _HEAP_DATA + 88 + len(payload)
    block = b"\x89HDF\r\n\x1a\n" + bytes([0, 0, 0, 0, 0, 8, 8, 0]) + pack("<HHI", 4, 16, 0)
    block += pack("<Q", 0) + _NONE + pack("<Q", end) + _NONE
    block += pack("<QQII", 0, _HEADER, 1, 0) + pack("<QQ", _TREE, _HEAP)
    header = pack("<BBHII4x", 1, 0, 1, 1, 24) + pack("<HHB3x", 0x11, 16, 0)
    header += pack("<QQ", _TREE, _HEAP)
    tree = b"TREE" + pack("<BBH", 0, 0, 0) + _NONE + _NONE + bytes(544 - 24)
    heap = b"HEAP" + pack("<B3xQQQ", 0, 88, 8, _HEAP_DATA)
    # Its one free block: 80 bytes behind the empty name; 1 marks the last of the list.
    free = bytes(8) + pack("<QQ", 1, 80) + bytes(64)
    assert (len(block), len(block) + len(header)) == (_HEADER, _TREE)
    return block + header + tree + heap + free + payload


def make(shop: Shop) -> None:
    """A good one, and damage to it."""
    data = build(shop.rng.randbytes(6000))
    fine = Truth(Kind.GOOD, VALID | {Category.UNCHECKED}, "HDF5 as its document says", "hdf5")
    shop.add("hdf5/good", data, fine, ".h5")
    for name, size in (("in-half", len(data) // 2), ("at-the-last-byte", len(data) - 1)):
        truth = damaged(f"cut at byte {size:,} of {len(data):,}", "cut short", f"{size:,}",
                        format_="hdf5")  # fmt: skip
        shop.add(f"hdf5/cut-{name}", data[:size], truth, ".h5")
    truth = damaged("cut inside its superblock", format_="hdf5")
    shop.add("hdf5/cut-in-the-superblock", data[:40], truth, ".h5")
    truth = damaged("its signature is damaged", categories=LOST_BEGINNING, format_="")
    shop.add("hdf5/signature-flipped", flipped(data, 2), truth, ".h5")
    converted = data.replace(b"\r\n", b"\n")
    truth = damaged("converted as text: its signature is made to show that",
                    categories=LOST_BEGINNING, format_="")  # fmt: skip
    shop.add("hdf5/crlf-to-lf", converted, truth, ".h5")
    zeroed = patched(data, 3000, bytes(2000))
    shop.add("unseen/hdf5-zeroed", zeroed, unseen("2,000 bytes are zeros", "hdf5"), ".h5")
