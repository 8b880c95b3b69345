"""Packed again by other programs, by hand, or with records too many and too few."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Mapping

from ckptui.terms import Category
from tests.workshop.shop import (
    CORRUPTED,
    INCOMPATIBLE,
    LOST_BEGINNING,
    UNSAFE,
    VALID,
    Shop,
    damaged,
    patched,
)
from tests.workshop.specimen import Kind, Truth


def records(data: bytes) -> dict[str, bytes]:
    """Every record of an archive, by its full name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(
    content: Mapping[str, bytes] | list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED
) -> bytes:
    """An archive as Python's zipfile writes it, always with one time."""
    target = io.BytesIO()
    pairs = content.items() if isinstance(content, Mapping) else content
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w") as archive:
        warnings.simplefilter("ignore")  # names that are there twice, on purpose
        for name, data in pairs:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            archive.writestr(info, data)
    return target.getvalue()


def make(shop: Shop) -> None:
    """Pack a torch zip again."""
    all_ = records(shop.good("base"))
    _whole(shop, all_)
    # What is changed from here on was written so, torch's fold of its checksums would fit.
    unsigned = {key: value for key, value in all_.items() if not key.endswith("serialization_id")}
    _missing(shop, unsigned)
    _too_many(shop, unsigned)
    _contradicting(shop, unsigned)


def _odd(note: str, *words: str, level: int = 5) -> Truth:
    return Truth(Kind.ODD, VALID, note, "torch-zip", words=words, level=level)


def _whole(shop: Shop, all_: dict[str, bytes]) -> None:
    shop.add("repacked/stored", packed(all_), _odd("packed again, stored"))
    deflated = packed(all_, zipfile.ZIP_DEFLATED)
    shop.add("repacked/deflated", deflated, _odd("packed again, deflated"))
    turned = packed(dict(reversed(all_.items())))
    shop.add("repacked/other-order", turned, _odd("packed again, in another order"))
    truth = Truth(Kind.INCOMPATIBLE, INCOMPATIBLE | CORRUPTED, "packed again on a Mac, which adds "
                  "a second root; torch refuses it", "torch-zip", words=("mac",))  # fmt: skip
    shop.add("repacked/on-a-mac", packed(all_ | {"__MACOSX/base/._data.pkl": b"x" * 176}), truth)
    place = patched(packed(all_), 6, b"\x01\0")
    truth = damaged("its first record's local header says that it is encrypted")
    shop.add("repacked/encrypted-flag", place, truth)


def _missing(shop: Shop, all_: dict[str, bytes]) -> None:
    for name, words in (
        ("data/1", ("model.a.weight",)), ("data/11", ("model.block4.w",)), ("version", ()),
        ("data.pkl", ("data.pkl",)),
    ):  # fmt: skip
        left = {key: value for key, value in all_.items() if key != f"base/{name}"}
        truth = damaged(f"the record {name} is missing", *words, format_="")
        shop.add(f"repacked/without-{name.replace('/', '-')}", packed(left), truth)
    left = {key: value for key, value in all_.items() if "/data/" not in key}
    shop.add("repacked/without-any-tensor", packed(left), damaged("every tensor is missing"))
    oldest = {
        k: v
        for k, v in all_.items()
        if not k.endswith((".format_version", "byteorder", ".storage_alignment"))
    }
    truth = _odd("without the small records that older writers did not have")
    shop.add("repacked/as-older-writers", packed(oldest), truth)


def _too_many(shop: Shop, all_: dict[str, bytes]) -> None:
    pairs = list(all_.items())
    other = b"\0" * len(all_["base/data/1"])
    truth = damaged("the record data/1 is there twice, with different bytes", "data/1")
    shop.add("repacked/duplicate", packed([*pairs, ("base/data/1", other)]), truth)
    truth = _odd("it has a record that its pickle does not know", "data/99", level=0)
    shop.add("repacked/orphan", packed([*pairs, ("base/data/99", b"spare")]), truth)
    truth = Truth(Kind.INCOMPATIBLE, INCOMPATIBLE | CORRUPTED, "a second root directory; torch "
                  "refuses it", "torch-zip")  # fmt: skip
    shop.add("repacked/two-roots", packed([*pairs, ("other/data/0", b"x")]), truth)
    truth = Truth(Kind.UNSAFE, UNSAFE | CORRUPTED, "a record's name leads out of the archive",
                  "torch-zip")  # fmt: skip
    shop.add("repacked/traversal", packed([*pairs, ("base/../../etc/passwd", b"x")]), truth)
    shop.add("repacked/absolute-name", packed([*pairs, ("/etc/passwd", b"x")]), truth)
    nothing = b"PK\3\4" + bytes(96) + packed({})
    truth = damaged("a zip without a single record", categories=LOST_BEGINNING, format_="")
    shop.add("repacked/no-records", nothing, truth)
    foreign = frozenset({Category.FOREIGN})
    truth = Truth(Kind.FOREIGN, foreign, "a zip of documents", "zip", words=("zip",))
    shop.add(
        "repacked/zip-of-documents", packed({"a/readme.txt": b"hello", "b.csv": b"1,2"}), truth
    )


def _contradicting(shop: Shop, all_: dict[str, bytes]) -> None:
    """Signed correctly by who packed it, and still at odds with its own pickle."""
    short = all_ | {"base/data/1": all_["base/data/1"][:-64]}
    truth = damaged("one tensor's record is 64 bytes shorter than its pickle says",
                    "model.a.weight", "4,032")  # fmt: skip
    shop.add("repacked/short-record", packed(short), truth)
    pickle = all_["base/data.pkl"].replace(b"K K \x86", b"K!K \x86", 1)
    truth = damaged("a tensor is larger than its storage", "model.a.weight")
    shop.add("repacked/tensor-beyond-storage", packed(all_ | {"base/data.pkl": pickle}), truth)
    newer = all_ | {"base/version": b"11\n"}
    truth = Truth(Kind.INCOMPATIBLE, INCOMPATIBLE, "written by a torch of the future: container "
                  "version 11", "torch-zip", words=("11",))  # fmt: skip
    shop.add("repacked/newer-container", packed(newer), truth)
    middle = all_ | {"base/byteorder": b"middle"}
    shop.add("repacked/byteorder-middle", packed(middle), damaged("its byte order is `middle`"))
    cut = all_ | {"base/data.pkl": all_["base/data.pkl"][:-40]}
    shop.add("repacked/cut-pickle", packed(cut), damaged("its pickle lacks its end", "pickle"))
