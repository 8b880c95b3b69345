"""Mutations of real files: injuries, lengths that lie, splices, and pickles opcode by opcode."""

from __future__ import annotations

import itertools
import pickletools
import random
from collections.abc import Callable, Sequence
from typing import Final

from tests.workshop.damage.pickles import archive
from tests.workshop.injuries import KINDS, LENGTHS, Injury, injured

_EXTREMES: Final = (0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 40, (1 << 63) - 1,
                    (1 << 64) - 1)  # fmt: skip
_PIECES: Final = (
    b"(", b")", b"]", b"}", b"N", b"\x88", b"K\x01", b"t", b"\x85", b"\x86", b"\x87", b"R", b"Q",
    b"b", b"s", b"u", b"e", b"a", b"\x81", b"\x93", b"\x8f", b"\x90", b"\x91", b"\x94", b"2", b"0",
    b"1", b"q\x00", b"h\x00", b"r\xff\xff\xff\x7f", b"X\xff\xff\xff\x7f", b"\x8b\xff\xff\xff\x7f",
    b"\x8d" + b"\xff" * 7 + b"\x7f", b"\x95" + b"\xff" * 8, b"cos\nsystem\n", b"cbuiltins\nset\n",
    b"ctorch._utils\n_rebuild_tensor_v2\n", b"ccollections\nOrderedDict\n",
    b"ctorch\nFloatStorage\n", b"X\x07\0\0\0storage", b"L" + b"9" * 3000 + b"L\n", b"p9999999\n",
)  # fmt: skip


def injure(data: bytes, rng: random.Random) -> bytes:
    """One to four random injuries."""
    chosen = [
        Injury(rng.choice(KINDS), rng.getrandbits(32), rng.getrandbits(32), rng.choice(LENGTHS))
        for _ in range(rng.randint(1, 4))
    ]
    return injured(data, chosen)


def lie(data: bytes, rng: random.Random) -> bytes:
    """Numbers of two, four or eight bytes that promise too much, or too little."""
    raw = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        width, at = rng.choice((2, 4, 8)), rng.randrange(max(len(raw), 1))
        if rng.random() < 0.6:  # the ends hold most lengths
            at = rng.choice((at % 200, max(len(raw) - 1 - at % 400, 0)))
        value = rng.choice((*_EXTREMES, len(raw), len(raw) - 1, len(raw) + 1))
        order = rng.choice(("little", "little", "big"))
        number = (value & ((1 << 8 * width) - 1)).to_bytes(width, "big")
        raw[at : at + width] = number if order == "big" else number[::-1]
    return bytes(raw)


def splice(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """The beginning of one file and the end of another, or a stretch of it inside."""
    at, there = rng.randrange(len(data) + 1), rng.randrange(len(other) + 1)
    if rng.random() < 0.5:
        return data[:at] + other[there:]
    return data[:at] + other[there : there + rng.choice(LENGTHS)] + data[at:]


def opcodes(pickle: bytes) -> list[bytes]:
    """A whole pickle, cut into its opcodes with their arguments."""
    places = [place or 0 for _, _, place in pickletools.genops(pickle)] + [len(pickle)]
    return [pickle[start:end] for start, end in itertools.pairwise(places)]


def mutate_opcodes(parts: Sequence[bytes], rng: random.Random) -> bytes:
    """A pickle with opcodes doubled, dropped, exchanged, added, repeated many times."""
    left = list(parts)
    for _ in range(rng.randint(1, 6)):
        at, kind = rng.randrange(len(left) + 1), rng.randrange(5)
        if kind == 0:
            left.insert(at, rng.choice(_PIECES))
        elif kind == 1:
            del left[at : at + rng.choice((1, 1, 2, 5))]
        elif kind == 2:
            left[at:at] = left[rng.randrange(len(left) + 1) :][: rng.choice((1, 3, 10))]
        elif kind == 3:
            left[at:at] = [rng.choice(_PIECES) * rng.choice((2, 50, 3000))]
        elif left:
            one, two = rng.randrange(len(left)), rng.randrange(len(left))
            left[one], left[two] = left[two], left[one]
    return b"".join(left)


class Mutator:
    """Makes one example after another from real files.

    Args:
        files: Bytes of whole files.
        pickles: Whole pickles.
        rng: The only source of chance.
    """

    def __init__(
        self, files: Sequence[bytes], pickles: Sequence[bytes], rng: random.Random
    ) -> None:
        self._files, self._rng = files, rng
        self._pickles = [opcodes(pickle) for pickle in pickles]
        self._ways: tuple[Callable[[], bytes], ...] = (
            lambda: injure(self._file(), rng),
            lambda: lie(self._file(), rng),
            lambda: lie(injure(self._file(), rng), rng),
            lambda: splice(self._file(), self._file(), rng),
            lambda: archive(self._pickle()),
            lambda: archive(self._pickle()),
            self._pickle,
            lambda: lie(self._pickle(), rng),
        )

    def _file(self) -> bytes:
        return self._rng.choice(self._files)

    def _pickle(self) -> bytes:
        return mutate_opcodes(self._rng.choice(self._pickles), self._rng)

    def __call__(self) -> bytes:
        """The next example."""
        return self._rng.choice(self._ways)()
