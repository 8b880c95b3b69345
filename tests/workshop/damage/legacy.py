"""torch's format before zip: five pickles, then counted storages. There is no checksum."""

from __future__ import annotations

import io
import pickle
import pickletools
from dataclasses import dataclass

from tests.workshop.shop import LOST_BEGINNING, VALID, Shop, damaged, flipped, patched, unseen
from tests.workshop.specimen import Kind, Truth

_FORMAT = "torch-legacy"
_EMBED = 4096
"""Elements of model.embed.weight; no other storage has as many."""
_ITEM = {6144: 2, 33: 8}
"""Bytes per element of the storages that are not float32, by their number of elements."""


@dataclass(frozen=True, slots=True)
class _Legacy:
    """Where the pickles end, and where each storage's count stands, with its bytes."""

    ends: list[int]
    storages: list[tuple[int, int]]


def _dissect(data: bytes) -> _Legacy:
    """By torch/serialization.py, ``_legacy_save``: int64 number of elements, then the elements."""
    stream = io.BytesIO(data)
    ends = []
    for _ in range(5):
        for _ in pickletools.genops(stream):
            pass
        ends.append(stream.tell())
    keys: list[str] = pickle.loads(data[ends[3] : ends[4]])
    at, storages = ends[4], []
    for _ in keys:
        count = int.from_bytes(data[at : at + 8], "little")
        size = count * _ITEM.get(count, 4)
        storages.append((at, size))
        at += 8 + size
    assert at == len(data)
    return _Legacy(ends, storages)


def make(shop: Shop) -> None:
    """Damage a legacy file."""
    data = shop.good("legacy")
    parts = _dissect(data)
    embed = next(at for at, size in parts.storages if size == 4 * _EMBED)
    _cut(shop, data, parts, embed)
    _seen(shop, data, parts, embed)
    _unseen(shop, data, parts, embed)


def _cut(shop: Shop, data: bytes, parts: _Legacy, embed: int) -> None:
    inside = embed + 5000
    for name, size, words in (
        ("in-the-magic-number", 7, ()),
        ("in-the-pickle", (parts.ends[2] + parts.ends[3]) // 2, ("cut short",)),
        ("before-the-storages", parts.ends[4], ("cut short",)),
        ("in-a-tensor", inside, ("cut short", "model.embed.weight", f"{inside:,}")),
        ("between-storages", embed, ("cut short", f"{embed:,}")),
        ("at-the-last-byte", len(data) - 1, ("cut short",)),
    ):
        categories = LOST_BEGINNING if size < 12 else damaged("").categories
        truth = damaged(f"cut at byte {size:,} of {len(data):,}", *words, format_="",
                        categories=categories)  # fmt: skip
        shop.add(f"legacy/cut-{name}", data[:size], truth)


def _seen(shop: Shop, data: bytes, parts: _Legacy, embed: int) -> None:
    middle = parts.storages[len(parts.storages) // 2][0]
    for name, broken, note in (
        ("trailing", data + b"\xa5" * 100, "100 bytes stand behind its last storage"),
        ("count-flipped", flipped(data, embed + 1), "a storage's own count is another"),
        ("zeroed-tail", data[:middle] + bytes(len(data) - middle), "its second half is zeros"),
        ("zeroed-pickle", patched(data, parts.ends[2] + 20, bytes(64)),
         "64 bytes of its pickle are zeros"),
        ("stop-flipped", flipped(data, parts.ends[3] - 1, 1), "the end of its pickle is lost"),
        ("bytes-lost-inside", data[: embed + 100] + data[embed + 164 :],
         "64 bytes of a tensor are gone"),
        ("lf-to-crlf", data.replace(b"\n", b"\r\n"), "converted as text: line ends"),
    ):  # fmt: skip
        shop.add(f"legacy/{name}", broken, damaged(note, format_=""))
    note = "two saves into one open file; torch.load reads the first"
    truth = Truth(Kind.ODD, VALID, note, _FORMAT, words=("another save",))
    shop.add("legacy/two-saves", data + data, truth)
    truth = damaged("its magic number is damaged", categories=LOST_BEGINNING, format_="")
    shop.add("legacy/magic-flipped", flipped(data, 5, 1), truth)


def _unseen(shop: Shop, data: bytes, parts: _Legacy, embed: int) -> None:
    key = data.index(b"norm.weight", parts.ends[2])
    for name, broken, note in (
        ("flip", flipped(data, embed + 4000), "a bit of a tensor is flipped"),
        ("zeroed-block", patched(data, embed + 4096, bytes(4096)), "4,096 bytes are zeros"),
        ("key-name", flipped(data, key, 1), "a letter of a key in its pickle is another"),
        ("foreign-bytes", patched(data, embed + 400, b"lorem ipsum " * 100), "1,200 foreign bytes"),
    ):
        shop.add(f"unseen/legacy-{name}", broken, unseen(f"legacy: {note}", _FORMAT))
