"""Where everything lies in a zip, by the format's own document (PKWARE APPNOTE 6.3, 4.3 and 4.5).

Apart from ckptui's reader on purpose: the makers of damage must not see with its eyes.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import unpack_from


@dataclass(frozen=True, slots=True)
class Piece:
    """One record: absolute offsets, in bytes.

    Attributes:
        name: Without the root directory, for example ``data/0``.
        local: Of its local header.
        data: Of its payload.
        size: Bytes of the payload as packed.
        after: Of its data descriptor, or of what follows where it has none.
        entry: Of its entry in the central directory.
    """

    name: str
    local: int
    data: int
    size: int
    after: int
    entry: int

    @property
    def middle(self) -> int:
        """A byte in the middle of the payload."""
        return self.data + self.size // 2


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A zip as torch writes it.

    Attributes:
        pieces: In the directory's order, by name.
        directory: Offset of the central directory.
        end64: Of the zip64 end record.
        locator: Of its locator.
        end: Of the end record.
    """

    pieces: dict[str, Piece]
    directory: int
    end64: int
    locator: int
    end: int

    def __getitem__(self, name: str) -> Piece:
        return self.pieces[name]


def anatomy(data: bytes) -> Anatomy:
    """Take a whole archive of torch apart."""
    end = data.rindex(b"PK\x05\x06")
    locator = end - 20
    end64 = locator - 56
    count, _, directory = unpack_from("<QQQ", data, end64 + 32)
    pieces = {}
    at = directory
    for _ in range(count):
        size, name_length, extra, comment = *unpack_from("<L", data, at + 20), *unpack_from(
            "<3H", data, at + 28
        )  # fmt: skip
        (local,) = unpack_from("<L", data, at + 42)
        name = data[at + 46 : at + 46 + name_length].decode().partition("/")[2]
        lengths = unpack_from("<HH", data, local + 26)
        start = local + 30 + sum(lengths)
        pieces[name] = Piece(name, local, start, size, start + size, at)
        at += 46 + name_length + extra + comment
    return Anatomy(pieces, directory, end64, locator, end)
