"""Cut short: at every place that means something."""

from __future__ import annotations

from tests.workshop.shop import CORRUPTED, LOST_BEGINNING, Shop, damaged, unseen


def make(shop: Shop) -> None:
    """Cut a torch zip."""
    data, map_ = shop.good("base"), shop.anatomy("base")
    second = map_["data/1"]
    places = {
        "in-the-pickle": (map_["data.pkl"].middle, ()),
        "between-two-records": (second.local, ("cut short",)),
        "in-a-local-header": (second.local + 17, ("cut short",)),
        "in-a-tensor": (second.middle, ("cut short", "model.a.weight")),
        "at-the-start-of-a-tensor": (second.data, ("cut short",)),
        "in-a-descriptor": (second.after + 7, ("cut short",)),
        "before-the-directory": (map_.directory, ("cut short",)),
        "in-the-directory": (map_["data/2"].entry + 5, ("cut short",)),
        "before-the-end-record": (map_.end, ("cut short",)),
        "at-the-last-byte": (len(data) - 1, ("cut short",)),
    }
    for name, (place, words) in places.items():
        # The place itself, as ckptui writes numbers.
        where = (f"{place:,}",) if words else ()
        note = f"cut at byte {place:,} of {len(data):,}"
        shop.add(f"cut/{name}", data[:place], damaged(note, *words, *where, format_=""))
    for size in (1, 3, 20):
        truth = damaged(f"only its first {size} bytes are left", categories=LOST_BEGINNING,
                        format_="")  # fmt: skip
        shop.add(f"cut/to-{size}-bytes", data[:size], truth)
    wide = shop.good("wide")
    for part in (1, 2, 3):
        place = len(wide) * part // 4
        truth = damaged(f"cut at {part} of 4 quarters", "cut short", f"{place:,}")
        shop.add(f"cut/to-{part}-quarters", wide[:place], truth)
    shop.add("cut/empty", b"", damaged("cut at its first byte", "empty", format_="empty"))
    shop.add("cut/three-hundred-records", shop.good("three_hundred")[:-400],
             damaged("cut inside the directory of 300 records", "cut short"))  # fmt: skip
    _without_checksums(shop)
    _lost_middle(shop, data)


def _without_checksums(shop: Shop) -> None:
    data, map_ = shop.good("crc_off"), shop.anatomy("crc_off")
    place = map_["data/0"].middle
    truth = damaged("no checksums, and cut in a tensor", "cut short", "model.embed.weight")
    shop.add("cut/without-checksums", data[:place], truth)
    flip = bytearray(data)
    flip[place] ^= 0x10
    truth = unseen("written without checksums, then a bit of a tensor flipped")
    shop.add("unseen/checksums-off-flip", bytes(flip), truth)


def _lost_middle(shop: Shop, data: bytes) -> None:
    """Bytes taken out, or put in, in the middle: all that follows has moved."""
    place = shop.anatomy("base")["data/0"].middle
    out = data[:place] + data[place + 512 :]
    twice = data[:place] + data[place - 512 : place] + data[place:]
    truth = damaged("512 bytes are gone from its middle", categories=CORRUPTED)
    shop.add("cut/bytes-lost-inside", out, truth)
    shop.add("cut/bytes-doubled-inside", twice, damaged("512 bytes of it stand there twice"))
    shop.add(
        "cut/first-kibibyte-lost",
        data[1024:],
        damaged("its first 1,024 bytes are gone", categories=LOST_BEGINNING, format_=""),
    )
    start = shop.anatomy("base")["data.pkl"].data
    truth = damaged("its first local header is gone, so that it begins with its pickle")
    shop.add("cut/first-header-lost", data[start:], truth)
