"""One bit, or a few: in the pickle, in tensors, in the small records."""

from __future__ import annotations

from ckptui.terms import Category
from tests.workshop.shop import Shop, damaged, flipped, patched
from tests.workshop.specimen import Kind, Truth


def make(shop: Shop) -> None:
    """Flip bits of a torch zip."""
    _in_the_pickle(shop)
    _in_tensors(shop)
    _in_small_records(shop)


def _in_the_pickle(shop: Shop) -> None:
    data, map_ = shop.good("base"), shop.anatomy("base")
    pickle = map_["data.pkl"]

    def find(what: bytes) -> int:
        return data.index(what, pickle.data, pickle.after)

    places = {
        "key-name": (find(b"a.weight"), 0x02),
        "step": (find(b"M\x94\x11") + 1, 0x01),
        "epoch": (find(b"K\x03") + 1, 0x04),
        "loss": (find(b"G\x3f\xd0") + 1, 0x40),
        "shape": (find(b"K K \x86") + 1, 0x04),
        "storage-key": (find(b"X\x01\0\0\x002") + 5, 0x01),
        "dtype": (find(b"BFloat16Storage"), 0x01),
        "status": (find(b"complete"), 0x01),
        "stop": (pickle.after - 1, 0x01),
        "opcode": (find(b"K K \x86"), 0x08),
    }
    for name, (at, mask) in places.items():
        truth = damaged(f"a bit of the pickle is flipped: {name.replace('-', ' ')}", "pickle")
        shop.add(f"flip/pickle-{name}", flipped(data, at, mask), truth)
    for count in (3,):
        broken = bytearray(data)
        for at in shop.rng.sample(range(pickle.data, pickle.after), count):
            broken[at] ^= 1 << shop.rng.randrange(8)
        shop.add("flip/pickle-at-random", bytes(broken), damaged("three bits of the pickle"))


def _in_tensors(shop: Shop) -> None:
    data, map_ = shop.good("base"), shop.anatomy("base")
    embed, half = map_["data/0"], map_["data/5"]
    for name, at, tensor in (
        ("first-byte", embed.data, "model.embed.weight"),
        ("middle", embed.middle, "model.embed.weight"),
        ("last-byte", embed.after - 1, "model.embed.weight"),
        ("bf16", half.middle, "model.head.weight"),
        ("integers", map_["data/6"].middle, "model.counts"),
    ):
        truth = damaged(f"one bit of {tensor} is flipped", tensor)
        shop.add(f"flip/tensor-{name}", flipped(data, at), truth)
    two = flipped(flipped(data, embed.middle), map_["data/2"].middle)
    truth = damaged("a bit in each of two tensors", "model.embed.weight", "model.b.weight")
    shop.add("flip/two-tensors", two, truth)
    huge = patched(data, embed.data + 4000, b"\xff\xff\x7f\x7f")
    truth = damaged("a weight became 3.4e38: finite, and wrong", "model.embed.weight")
    shop.add("flip/huge-weight", huge, truth)


def _in_small_records(shop: Shop) -> None:
    data, map_ = shop.good("base"), shop.anatomy("base")
    identity = map_[".data/serialization_id"].data
    for name, at, new in (
        ("byteorder-letter", map_["byteorder"].data, b"m"),
        ("version-record", map_["version"].data, b"5"),
        ("format-version", map_[".format_version"].data, b"7"),
        ("storage-alignment", map_[".storage_alignment"].data, b"9"),
        ("fingerprint-of-names", identity + 3, b"z"),
        ("fingerprint-of-checksums", identity + 25, b"z"),
    ):
        truth = damaged(f"{name.replace('-', ' ')}: a byte of a small record is changed")
        shop.add(f"flip/{name}", patched(data, at, new), truth)
    # Whether damage or a newer writer: the record's own checksum says that it is damage.
    newer = patched(data, map_["version"].data, b"9")
    truth = Truth(Kind.DAMAGED, frozenset({Category.CORRUPTED}), "the version record says 9, "
                  "and its checksum does not", "torch-zip")  # fmt: skip
    shop.add("flip/version-newer", newer, truth)
