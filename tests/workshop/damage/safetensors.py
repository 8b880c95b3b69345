"""safetensors: its header's rules, its tiling, its end. There is no checksum."""

from __future__ import annotations

import json

from tests.workshop.shop import LOST_BEGINNING, Shop, damaged, flipped, patched, unseen

_FORMAT = "safetensors"


def _file(header: object, payload: int) -> bytes:
    body = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(body).to_bytes(8, "little") + body + bytes(i % 251 for i in range(payload))


def _f32(start: int, end: int) -> dict[str, object]:
    return {"dtype": "F32", "shape": [(end - start) // 4], "data_offsets": [start, end]}


def make(shop: Shop) -> None:
    """Damage what safetensors wrote, and break its rules one by one."""
    data = shop.good("tensors_safe")
    start = 8 + int.from_bytes(data[:8], "little")
    header: dict[str, dict[str, object]] = json.loads(data[8:start])
    _cut(shop, data, start, header)
    _overwritten(shop, data, start)
    _rules(shop)


def _place(header: dict[str, dict[str, object]], name: str) -> tuple[int, int]:
    offsets = header[name]["data_offsets"]
    assert isinstance(offsets, list)
    return int(offsets[0]), int(offsets[1])


def _cut(shop: Shop, data: bytes, start: int, header: dict[str, dict[str, object]]) -> None:
    first, last = _place(header, "embed.weight")
    inside = start + (first + last) // 2
    for name, size, words in (
        ("in-the-length", 5, ()),
        ("in-the-header", start // 2, ("cut short",)),
        ("behind-the-header", start, ("cut short",)),
        ("in-a-tensor", inside, ("cut short", "embed.weight", f"{inside:,}")),
        ("at-the-last-byte", len(data) - 1, ("cut short", f"{len(data) - 1:,}")),
    ):
        truth = damaged(
            f"cut at byte {size:,} of {len(data):,}",
            *words,
            format_="",
            categories=LOST_BEGINNING if size < 9 else damaged("").categories,
        )
        shop.add(f"safetensors/cut-{name}", data[:size], truth, ".safetensors")


def _overwritten(shop: Shop, data: bytes, start: int) -> None:
    def add(name: str, broken: bytes, note: str, *words: str, any_: bool = False) -> None:
        categories = LOST_BEGINNING if any_ else damaged("").categories
        truth = damaged(note, *words, format_="" if any_ else _FORMAT, categories=categories)
        shop.add(f"safetensors/{name}", broken, truth, ".safetensors")

    add("trailing", data + b"\xa5" * 50, "50 bytes stand behind its last tensor", "50")
    add("trailing-zeros", data + bytes(4096), "4,096 zeros behind its last tensor", "4,096")
    add("twice", data + data, "two of them joined in one file")
    add("length-flipped", flipped(data, 0, 0x02), "a bit of the header's length is flipped")
    huge = patched(data, 0, b"\xff" * 7)
    add("length-huge", huge, "a header of 2^56 bytes, it says", any_=True)
    add("header-zeroed", patched(data, 8, bytes(64)), "64 bytes of its header are zeros", any_=True)
    add("head-zeroed", patched(data, 0, bytes(512)), "its first 512 bytes are zeros", any_=True)
    quote = data.index(b'"dtype"')
    add("json-broken", patched(data, quote, b"'"), "a quotation mark of its header is another")
    add("lf-to-crlf", data.replace(b"\n", b"\r\n"), "converted as text: line ends")
    for name, at, block in (
        ("flip", start + 5000, b""),
        ("zeroed-block", start + 4096, bytes(4096)),
    ):
        broken = patched(data, at, block) if block else flipped(data, at)
        note = "a bit of a tensor is flipped" if not block else "4,096 bytes of a tensor are zeros"
        shop.add(f"unseen/safetensors-{name}", broken, unseen(note, _FORMAT), ".safetensors")
    note = "a letter of a tensor's name is another"
    renamed = flipped(data, data.index(b"embed"), 0x01)
    shop.add("unseen/safetensors-name", renamed, unseen(note, _FORMAT), ".safetensors")


def _rules(shop: Shop) -> None:
    a, b = _f32(0, 4), _f32(4, 8)
    twice = f'{{"a":{json.dumps(a)},"a":{json.dumps(b)}}}'.encode()
    for name, header, payload in (
        ("hole", {"a": a, "b": _f32(8, 12)}, 12),
        ("overlap", {"a": _f32(0, 8), "b": _f32(4, 12)}, 12),
        ("name-twice", twice, 8),
        ("shape-and-bytes", {"a": a | {"shape": [2]}, "b": b}, 8),
        ("negative-shape", {"a": a | {"shape": [-1]}, "b": b}, 8),
        ("offsets-backwards", {"a": a | {"data_offsets": [4, 0]}}, 4),
        ("no-dtype", {"a": {"shape": [1], "data_offsets": [0, 4]}}, 4),
        ("metadata-not-text", {"__metadata__": {"a": 1}, "a": a}, 4),
        ("tensor-not-an-object", {"a": [], "b": a}, 4),
        ("json-ends-early", b'{"a":', 0),
        ("json-and-more", b"{}xyz", 0),
    ):
        truth = damaged(f"against the format's rules: {name.replace('-', ' ')}", format_=_FORMAT)
        shop.add(f"safetensors/rule-{name}", _file(header, payload), truth, ".safetensors")
