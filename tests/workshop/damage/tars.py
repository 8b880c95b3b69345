"""torch's first format, a tar with four members (torch 0.1.1 and before)."""

from __future__ import annotations

import io
import tarfile

from tests.workshop.shop import Shop, damaged, flipped, unseen


def make(shop: Shop) -> None:
    """Damage a tar of torch."""
    data = shop.good("old_tar")
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        members = {info.name: info for info in archive.getmembers()}
    storages = members["storages"]
    inside = storages.offset_data + storages.size // 2
    for name, broken, note, words in (
        ("cut-in-the-storages", data[:inside], f"cut at byte {inside:,}", ("cut short",)),
        ("cut-before-the-tensors", data[: members["tensors"].offset], "its last members are gone",
         ()),
        ("zeroed-tail", data[:inside] + bytes(len(data) - inside),
         "zeros from the middle of its storages on", ()),
        ("member-header", flipped(data, storages.offset + 3, 1),
         "a letter of a member's name is another: the tar's own checksum tells", ()),
    ):  # fmt: skip
        shop.add(f"tar/{name}", broken, damaged(note, *words, format_="torch-tar"), ".tar")
    note = "a bit of a tensor is flipped: a tar has checksums of its headers only"
    shop.add("unseen/tar-flip", flipped(data, inside), unseen(note, "torch-tar"), ".tar")
    shop.add("tar/all-zeros", bytes(10_240), damaged("10,240 zeros, which torch takes for a tar",
                                                      "zero", format_="zeros"), ".tar")  # fmt: skip
