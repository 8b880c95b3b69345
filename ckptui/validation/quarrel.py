"""Where a zip's directory and a record's own descriptor disagree, the data says which is right.

A descriptor stands behind its record: ``PK\\7\\8``, CRC-32, packed size, size (APPNOTE.TXT 4.3.9).
Nothing of the data is lost where only one of the two is damaged, and it is worth knowing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ckptui.formats.model import Record
from ckptui.terms import Category
from ckptui.validation.checksums import RecordSum, damaged_data, record_label
from ckptui.validation.container import LOADER_CODES, TENSOR_CODES
from ckptui.validation.finding import Finding, failed
from ckptui.validation.reading import Content
from ckptui.validation.source import Source
from ckptui.validation.static_load import name_some

_DESCRIPTOR: Final = "descriptor"
_LONGEST: Final = 24


def is_quarrel(content: Content) -> bool:
    """True where nothing else is wrong with a container, so that its data can be asked."""
    others = TENSOR_CODES | LOADER_CODES
    damaged = [p for p in content.problems if p.kind == "damaged" and p.code not in others]
    return bool(damaged) and all(problem.code == _DESCRIPTOR for problem in damaged)


def settle_quarrel(source: Source, content: Content, wrong: Sequence[RecordSum]) -> Finding:
    """Say what is damaged: the data, the directory, or the descriptors.

    Args:
        source: The file.
        content: Its records, and what the container reader has against them.
        wrong: Records whose data is not what the directory says.

    Raises:
        OSError: Where the disk does not let us.
    """
    vouched = [entry for entry in wrong if entry.crc == _own_crc(source, entry.record)]
    damaged = [entry for entry in wrong if entry not in vouched]
    tensors = content.header.tensors
    if damaged:
        return damaged_data(damaged, tensors)
    if vouched:
        whose = name_some([record_label(entry.record, tensors) for entry in vouched])
        return failed(
            Category.CORRUPTED,
            f"its directory is damaged, not its data: the checksum listed for {whose} is another "
            "than the record itself carries, and the data fits the record's own; cause not known",
        )
    places = {problem.offset for problem in content.problems if problem.code == _DESCRIPTOR}
    odd = [record for record in content.records if record.data_start + record.size in places]
    whose = name_some([record_label(record, tensors) for record in odd]) or "some records"
    return failed(
        Category.CORRUPTED,
        f"the few bytes behind the data of {whose} are damaged, not the data: all of it fits the "
        "checksums in the directory; cause not known",
    )


def _own_crc(source: Source, record: Record) -> int | None:
    """What a record's own descriptor says, where it is one and fits in all else."""
    raw = source.pread(_LONGEST, record.data_start + record.size)
    if record.method or raw[:4] != b"PK\x07\x08":
        return None
    for width in (4, 8):
        sizes = raw[8 : 8 + 2 * width]
        if sizes == record.size.to_bytes(8, "little")[:width] * 2 and len(sizes) == 2 * width:
            return int.from_bytes(raw[4:8], "little")
    return None
