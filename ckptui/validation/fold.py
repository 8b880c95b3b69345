"""torch's own fold of an archive's checksums: a third witness beside directory and descriptors.

Source: ``caffe2/serialize/inline_container.cc`` of torch 2.13. ``.data/serialization_id`` holds 20
digits for the names, then 20 digits that fold the CRC-32 of all records in writing order, leaving
out empty ones and itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Final

from ckptui.formats.model import Record

SERIALIZATION_ID: Final = "/.data/serialization_id"
_MASK: Final = (1 << 64) - 1


def fold(crcs: Iterable[int]) -> int:
    """``c10::hash_combine`` over CRCs in writing order, modulo 2^64."""
    seed = 0
    for crc in crcs:
        seed ^= (crc + 0x9E3779B9 + (seed << 6) + (seed >> 2)) & _MASK
    return seed & _MASK


class Witness(Enum):
    """What the archive's own fold of its checksums says."""

    SILENT = "nothing, or nothing that counts"
    FOR_RECORDED = "the checksums are those that were written, left-out ones too"
    FOR_DATA = "checksums were lost after writing, and the data fits them"
    AGAINST = "the records are not those that were written"


def ask_fold(records: Sequence[Record], saved_id: str, unlisted: Mapping[int, int]) -> Witness:
    """Ask the archive's own fold about the list of checksums.

    It is a witness only where the archive is still as torch laid it out: nothing deflated, its
    record the last one. A repacked archive may hold the same records in another order. The first
    half of its digits, over the names, is none: it depends on the order of a C++ library's set.
    Where the writer leaves checksums out, it folds zeros (torch 2.13, seen in real files).

    Args:
        records: Of the container.
        saved_id: The 40 digits.
        unlisted: Of records without a checksum, the one that their data has, by
            ``header_start``.
    """
    ordered = sorted(records, key=lambda record: record.header_start)
    if len(saved_id) != 40 or not (saved_id.isascii() and saved_id.isdecimal()) or not ordered:
        return Witness.SILENT
    if not ordered[-1].name.endswith(SERIALIZATION_ID) or any(r.method for r in ordered):
        return Witness.SILENT
    said = int(saved_id[20:])
    folded = [record for record in ordered[:-1] if record.size]
    if said == fold(record.crc or 0 for record in folded):
        return Witness.FOR_RECORDED
    if unlisted and said == fold(r.crc or unlisted.get(r.header_start, 0) for r in folded):
        return Witness.FOR_DATA
    return Witness.AGAINST
