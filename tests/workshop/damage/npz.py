"""NumPy's archives: a zip with checksums, of arrays that each have a header."""

from __future__ import annotations

import io
import zipfile

from tests.workshop.damage.repacked import packed, records
from tests.workshop.shop import Shop, damaged, flipped, patched


def _payload(data: bytes, name: str) -> tuple[int, int]:
    """Where a member's bytes lie, and how many."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        info = archive.getinfo(name)
    lengths = [int.from_bytes(data[info.header_offset + i :][:2], "little") for i in (26, 28)]
    return info.header_offset + 30 + sum(lengths), info.compress_size


def make(shop: Shop) -> None:
    """Damage NumPy archives."""

    def add(name: str, broken: bytes, note: str, *words: str) -> None:
        shop.add(f"npz/{name}", broken, damaged(note, *words, format_="npz"), ".npz")

    data = shop.good("arrays_npz")
    start, size = _payload(data, "weights.npy")
    middle = start + size // 2
    add("cut-in-an-array", data[:middle], f"cut at byte {middle:,}", "cut short", f"{middle:,}")
    add("cut-in-the-directory", data[:-40], "cut inside its directory", "cut short")
    add("cut-at-the-last-byte", data[:-1], "its last byte is gone", "cut short")
    add("flip", flipped(data, middle), "a bit of an array is flipped", "weights")
    add("flip-in-an-array-header", flipped(data, start + 30, 1), "a bit of an array's header",
        "weights")  # fmt: skip
    add(
        "zeroed-block", patched(data, start + 4096, bytes(4096)), "4,096 bytes are zeros", "weights"
    )
    add("trailing", data + b"\xa5" * 100, "100 bytes behind its end", "100")
    add("zeroed-tail", data[:middle] + bytes(len(data) - middle), "its second half is zeros")
    compressed = shop.good("arrays_npz_compressed")
    start, size = _payload(compressed, "weights.npy")
    add("flip-compressed", flipped(compressed, start + size // 2), "a bit of a compressed array",
        "weights")  # fmt: skip
    all_ = records(data)
    longer = all_["weights.npy"].replace(b"(64, 64)", b"(64, 65)")
    add("shape-beyond-data", packed(all_ | {"weights.npy": longer}),
        "an array is larger than its data", "weights")  # fmt: skip
    add("no-array-header", packed(all_ | {"bias.npy": b"x" * 640}), "a member is no array", "bias")
