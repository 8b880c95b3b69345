"""One damaged byte, found from a CRC-32 alone.

CRC is linear: checksum read xor checksum recorded is the CRC of the error by itself. Stepping it
backwards, a byte at a time, it comes to an entry of the CRC table exactly where one damaged byte
explains it (ISO 3309 / zlib's reflected polynomial 0xEDB88320). By chance that happens once in
2**32 / 255 bytes, so that it proves something for short records only.
"""

from __future__ import annotations

from typing import Final

_POLYNOMIAL: Final = 0xEDB88320
LONGEST: Final = 160_000
"""Bytes: up to here a hit by chance is less likely than 1 in 100."""
LONGEST_BIT: Final = 2_000_000
"""For a single flipped bit, of which there are eight and not 255 a byte: less than 1 in 250."""


def _make_table() -> list[int]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (_POLYNOMIAL if crc & 1 else 0)
        table.append(crc)
    return table


def find_byte(read: int, recorded: int, length: int) -> tuple[int, int] | None:
    """The one byte whose damage explains two checksums.

    Args:
        read: CRC-32 of the bytes as they are.
        recorded: CRC-32 of the bytes as they were.
        length: Their number.

    Returns:
        (offset of the byte, what it must be xored with to be as it was), or None where more
        than one byte is damaged, or too many bytes make a hit by chance likely.

    Example:
        >>> import zlib
        >>> find_byte(zlib.crc32(b"abXd"), zlib.crc32(b"abcd"), 4) == (2, ord("X") ^ ord("c"))
        True
    """
    if read == recorded or length > LONGEST_BIT:
        return None
    table = _make_table()
    wanted = {crc: byte for byte, crc in enumerate(table) if byte}
    if length > LONGEST:
        wanted = {crc: byte for crc, byte in wanted.items() if byte & (byte - 1) == 0}
    by_top = {crc >> 24: (crc, byte) for byte, crc in enumerate(table)}
    crc = read ^ recorded
    for at in range(length - 1, -1, -1):
        byte = wanted.get(crc)
        if byte is not None:
            return at, byte
        entry, index = by_top[crc >> 24]
        crc = ((crc ^ entry) << 8 & 0xFFFFFFFF) | index
    return None
