"""Random injuries to bytes: flips, cuts, blocks zeroed, moved, doubled, lost, scrambled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

KINDS: Final = ("flip", "cut", "zero", "scramble", "lose", "double", "move", "swap")
LENGTHS: Final = (1, 2, 4, 8, 64, 512, 4096)


@dataclass(frozen=True, slots=True)
class Injury:
    """One injury. Places are shares of 2^32 of the length, so that they fit any file.

    Attributes:
        kind: One of :data:`KINDS`.
        place: Where.
        other: A second place, or what to write.
        length: Bytes of the block.
    """

    kind: str
    place: int
    other: int
    length: int

    def __call__(self, data: bytes) -> bytes:
        """The injured bytes."""
        at = self.place * len(data) >> 32
        block, end = data[at : at + self.length], at + self.length
        if self.kind == "flip":
            return data[:at] + bytes([data[at] ^ (1 << self.other % 8)]) + data[at + 1 :]
        if self.kind == "cut":
            return data[:at]
        if self.kind == "zero":
            return data[:at] + bytes(len(block)) + data[end:]
        if self.kind == "scramble":
            noise = (self.other * 0x9E3779B97F4A7C15).to_bytes(16, "little") * 256
            return data[:at] + noise[: len(block)] + data[end:]
        if self.kind == "lose":
            return data[:at] + data[end:]
        if self.kind == "double":
            return data[:at] + block + data[at:]
        target = self.other * len(data) >> 32
        if self.kind == "move":
            left = data[:at] + data[end:]
            return left[:target] + block + left[target:]
        there = data[target : target + len(block)]
        swapped = data[:at] + there + data[at + len(there) :]
        return swapped[:target] + block[: len(there)] + swapped[target + len(there) :]


def injured(data: bytes, injuries: Sequence[Injury]) -> bytes:
    """All of them, one after the other; nothing is done to nothing."""
    for injury in injuries:
        if data:
            data = injury(data)
    return data
