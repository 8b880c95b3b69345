"""Zeroed: lost sectors, blocks that were allocated and never written."""

from __future__ import annotations

from tests.workshop.shop import Shop, damaged, patched

_BLOCK = 4096


def make(shop: Shop) -> None:
    """Zero parts of a torch zip."""
    data, map_ = shop.good("base"), shop.anatomy("base")
    embed, second = map_["data/0"], map_["data/1"]
    block = (embed.data + _BLOCK - 1) // _BLOCK * _BLOCK
    for name, at, size, truth in (
        ("head", 0, 512, damaged("its first 512 bytes are zeros", format_="")),
        ("pickle", map_["data.pkl"].data, map_["data.pkl"].size,
         damaged("its pickle is zeros", "pickle")),
        ("block-in-a-tensor", block, _BLOCK,
         damaged("a block of 4,096 bytes in a tensor is zeros", "model.embed.weight")),
        ("sector-in-a-tensor", block, 512,
         damaged("a sector of 512 bytes in a tensor is zeros", "model.embed.weight")),
        ("record", second.data, second.size,
         damaged("the whole of one tensor is zeros", "model.a.weight", "zeros")),
        ("local-header", second.local, 30, damaged("a local header is zeros", "data/1")),
        ("directory", map_.directory, map_.end64 - map_.directory,
         damaged("its directory is zeros")),
        ("end-records", map_.end64, len(data) - map_.end64,
         damaged("its end records are zeros")),
        ("tail", len(data) - 512, 512, damaged("its last 512 bytes are zeros")),
        ("file", 0, len(data), damaged("all of it is zeros", "zero", format_="zeros")),
    ):  # fmt: skip
        shop.add(f"zeroed/{name}", patched(data, at, bytes(size)), truth)
    _preallocated(shop)
    shop.add("zeroed/one-byte-file", b"\0", damaged("one byte, a zero", format_=""))
    wide, places = shop.good("wide"), shop.anatomy("wide")
    first, last = places["data/3"].middle, places["data/6"].middle
    truth = damaged("zeros from the middle of one tensor to that of another", "zero")
    shop.add("zeroed/over-several-tensors", patched(wide, first, bytes(last - first)), truth)


def _preallocated(shop: Shop) -> None:
    """Space was set aside for all of it, and writing stopped."""
    wide, map_ = shop.good("wide"), shop.anatomy("wide")
    for name, place in (
        ("preallocated-tail", len(wide) // 2),
        ("preallocated-at-a-record", map_["data/10"].local),
    ):
        data = wide[:place] + bytes(len(wide) - place)
        note = f"its place was set aside, and nothing was written from byte {place:,} on"
        shop.add(f"zeroed/{name}", data, damaged(note, "zero"))
