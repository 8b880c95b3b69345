"""Level 5, checksums: the CRC-32 of every record, and of the whole file.

Source: APPNOTE.TXT 4.4.7 (CRC-32).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, cast

from isal import igzip_lib, isal_zlib

from ckptui.formats.model import Record, TensorInfo
from ckptui.terms import Category, Result
from ckptui.validation.finding import Finding, failed, passed, warned
from ckptui.validation.fold import Witness, ask_fold
from ckptui.validation.scan import UNIT
from ckptui.validation.static_load import name_some
from ckptui.validation.tiling import Stretch

_INFLATE = 1 << 20
_NOT_DEFLATED = cast("type[Exception]", igzip_lib.IsalError)  # its stub calls it an instance


class Looker(Protocol):
    """Looks at what a record holds: level 6."""

    def look(self, chunk: memoryview) -> None:
        """Take the next bytes; elements are whole, but for a last one."""


@dataclass(slots=True)
class CrcSink:
    """CRC-32 of one stretch of the file.

    Attributes:
        stretch: Which.
        viewer: Looks at the record's bytes as well.
        crc: Of its bytes as they are in the file.
    """

    stretch: Stretch
    viewer: Looker | None = None
    crc: int = 0

    @property
    def length(self) -> int:
        """Bytes that it takes in all."""
        return self.stretch.length

    @property
    def content(self) -> tuple[int, int]:
        """CRC-32 and number of the bytes that the record holds here, inflated where deflated."""
        return self.crc, self.length

    def feed(self, chunk: memoryview) -> None:
        """Take the next bytes."""
        self.crc = isal_zlib.crc32(chunk, self.crc)
        if self.viewer is not None:
            self.viewer.look(chunk)


class _Inflater(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes | memoryview, max_length: int, /) -> bytes: ...


class InflateSink(CrcSink):
    """Also the CRC-32 of what a deflated record holds, inflated by the chunk and forgotten."""

    __slots__ = ("_inflated", "_left", "_machine", "_room", "_size")

    def __init__(self, stretch: Stretch, size: int, viewer: Looker | None = None) -> None:
        """``size`` is that of the record, in bytes."""
        super().__init__(stretch, viewer)
        self._inflated = 0
        self._left = b""
        self._room = self._size = size
        self._machine: _Inflater = isal_zlib.decompressobj(-zlib.MAX_WBITS)

    @property
    def content(self) -> tuple[int, int]:
        """See :class:`CrcSink`."""
        return self._inflated, self._size

    def feed(self, chunk: memoryview) -> None:
        """Inflate the next bytes; what does not inflate, or to too much, leaves a wrong CRC."""
        self.crc = isal_zlib.crc32(chunk, self.crc)
        data: bytes | memoryview = chunk
        while data and self._room >= 0 and not self._machine.eof:
            try:
                inflated = self._machine.decompress(data, _INFLATE)
            except _NOT_DEFLATED:
                self._room = -1
                return
            self._room -= len(inflated)
            self._inflated = isal_zlib.crc32(inflated, self._inflated)
            self._look(inflated)
            data = self._machine.unconsumed_tail

    def _look(self, inflated: bytes) -> None:
        """Show the viewer whole elements; the rest waits for what follows it."""
        if self.viewer is None or not inflated:
            return
        data = self._left + inflated
        whole = len(data) - len(data) % UNIT if self._room > 0 else len(data)
        self._left = data[whole:]
        self.viewer.look(memoryview(data)[:whole])


def new_sink(stretch: Stretch, viewer: Looker | None = None) -> CrcSink:
    """The sink of a stretch."""
    if stretch.record is not None and stretch.record.method:
        return InflateSink(stretch, stretch.record.size, viewer)
    return CrcSink(stretch, viewer)


@dataclass(frozen=True, slots=True)
class RecordSum:
    """A record and the CRC-32 that its bytes have."""

    record: Record
    crc: int

    @property
    def zeros(self) -> bool:
        """True where it holds nothing but zeros."""
        return self.crc == zeros_crc(self.record.size)


@dataclass(slots=True)
class Sums:
    """The CRC-32 of a whole file and of its records, put together from stretches in order.

    Attributes:
        content: Of the whole file so far.
        wrong: Records whose bytes are not as recorded.
        silent: Records without a recorded CRC, that hold bytes.
    """

    content: int = 0
    wrong: list[RecordSum] = field(default_factory=list)
    silent: list[RecordSum] = field(default_factory=list)
    _crc: int = 0

    def add(self, sink: CrcSink) -> RecordSum | None:
        """Take the next stretch; the sum of its record where it is complete."""
        stretch = sink.stretch
        if not stretch.again:
            self.content = isal_zlib.crc32_combine(self.content, sink.crc, stretch.length)
        record = stretch.record
        if record is None:
            return None
        self._crc = isal_zlib.crc32_combine(self._crc, *sink.content)
        if not stretch.last:
            return None
        done, self._crc = RecordSum(record, self._crc), 0
        if record.crc is None:
            self.silent.append(done)
        elif record.crc != done.crc:
            self.wrong.append(done)
        return done


def unchecksummed(silent: Sequence[RecordSum]) -> Finding | None:
    """Judge records without a checksum in an archive whose other records have one.

    ``torch.serialization.skip_data`` writes tensors that way, as holes that another program may
    fill in later: full of zeros they were never filled, otherwise nothing vouches for them.
    """
    if not silent:
        return None
    if all(entry.zeros for entry in silent):
        return failed(
            Category.CORRUPTED,
            "its tensors were never written: only zeros and no checksum where their data belongs, "
            "as torch.serialization.skip_data leaves them",
        )
    return warned(f"{len(silent)} records carry no checksum, though others do")


def none_recorded(records: Sequence[Record]) -> bool:
    """True where the writer left out every checksum (``set_crc32_options(False)``)."""
    return not any(record.crc for record in records if record.size)


def judge_sums(
    sums: Sums, records: Sequence[Record], tensors: Sequence[TensorInfo], saved_id: str
) -> Finding:
    """Compare what was read with what is recorded.

    Args:
        sums: What was read.
        records: All of the container.
        tensors: To call records by the tensors in them.
        saved_id: Text of ``.data/serialization_id``, empty where there is none.
    """
    if sums.wrong:
        return damaged_data(sums.wrong, tensors)
    witness = ask_fold(records, saved_id, {e.record.header_start: e.crc for e in sums.silent})
    if witness is Witness.AGAINST:
        return failed(Category.CORRUPTED, _EXCHANGED)
    if witness is Witness.FOR_DATA:
        names = name_some([record_label(entry.record, tensors) for entry in sums.silent])
        return warned(
            f"the checksum of {names} is missing from the directory; the archive's own "
            "fingerprint of its checksums vouches for the data"
        )
    if none_recorded(records):
        return NO_CHECKSUMS
    return unchecksummed(sums.silent) or passed()


def zeros_crc(length: int) -> int:
    """CRC-32 of ``length`` zero bytes, made by doubling: no byte is read."""
    total, block, size = 0, isal_zlib.crc32(b"\0"), 1
    while length:
        if length & 1:
            total = isal_zlib.crc32_combine(total, block, size)
        block, size, length = isal_zlib.crc32_combine(block, block, size), size * 2, length >> 1
    return total


def damaged_data(wrong: Sequence[RecordSum], tensors: Sequence[TensorInfo]) -> Finding:
    """The finding about records whose bytes are not as recorded."""
    names = [record_label(entry.record, tensors) for entry in wrong]
    many = f"{len(wrong)} records" if len(wrong) > 1 else "one record"
    reason = f"damaged data: {many} not as written, in {name_some(names)}; {_cause(wrong)}"
    lines = [
        f"{entry.record.name}: CRC-32 {entry.crc:08x}, recorded {entry.record.crc or 0:08x}"
        for entry in wrong[:20]
    ]
    places = tuple(entry.record.name for entry in wrong)
    return replace(failed(Category.CORRUPTED, reason, "\n".join(lines)), places=places)


def _cause(wrong: Sequence[RecordSum]) -> str:
    if all(entry.zeros for entry in wrong):
        return "only zeros there: lost after writing, or never written"
    return "cause not known"


def record_label(record: Record, tensors: Sequence[TensorInfo]) -> str:
    """A record by the tensor that it holds, else by its name inside the archive."""
    _, found, key = record.name.rpartition("/data/")
    if found:
        for tensor in tensors:
            if tensor.storage == key:
                return f"tensor `{tensor.name}`" if tensor.name else "the tensor"
    return f"`{record.name.partition('/')[2] or record.name}`"


_EXCHANGED: Final = (
    "the archive's own fingerprint of its checksums does not match them: "
    "records were exchanged after it was written; cause not known"
)
NO_CHECKSUMS: Final = Finding(Result.NONE_RECORDED, "it records no checksums")
