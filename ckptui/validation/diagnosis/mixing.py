"""Two saves in one file: a shorter one over a longer one, a broken-off one, or two writers at once.

torch.save opens its target in place; what it writes there may leave what stood behind it
(filesystems without truncation, writers that open the file ``r+b``), and ranks that save to one
path write through each other. Two witnesses tell: the records' own headers and descriptors, read
from the front, and the directory at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ckptui.formats.model import Header, Record
from ckptui.formats.recognise import HEAD, describe, recognise
from ckptui.formats.torch_front import read_from_front
from ckptui.formats.window import Window
from ckptui.formats.zip_directory import EOCD
from ckptui.terms import Category
from ckptui.validation.diagnosis.evidence import BOUNDS, Evidence
from ckptui.validation.diagnosis.model import Cause
from ckptui.validation.fold import SERIALIZATION_ID, fold

_LOCAL: Final = b"PK\x03\x04"
_DESCRIPTOR: Final = b"PK\x07\x08"
_MOST: Final = 5_000
_A_FEW: Final = 8
"""Bytes that are too few to say what they are."""
_SUSPECT: Final = frozenset(
    {
        "descriptor", "local-header", "joined", "leading", "trailing", "overlap", "gap",
        "pickle-broken", "pickle-cut", "record-outside", "end-record", "duplicate",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Archive:
    """A whole archive that stands in a part of the file."""

    start: int
    end: int
    header: Header


def find(evidence: Evidence) -> Cause | None:
    """How two saves lie in this file, or None."""
    if evidence.finding.category not in {Category.CORRUPTED, Category.FOREIGN}:
        return None
    if not evidence.head.startswith(_LOCAL):
        return _behind(evidence)
    if evidence.header.format != "torch-zip" or not evidence.codes() & _SUSPECT:
        return None
    front = read_from_front(evidence.window(), BOUNDS)
    return _whole_in_front(evidence, front) or _two_saves(evidence, front)


def _whole_in_front(evidence: Evidence, front: Header) -> Cause | None:
    """A whole archive at the beginning, and more behind it."""
    end = _end_of_first(evidence, front)
    if end is None or end >= evidence.size:
        return None
    first = _read_archive(evidence, 0, end)
    if first is None:
        return None
    rest = evidence.size - end
    advice = f"head -c {end} FILE > NEW   (then validate NEW)"
    what = _what_follows(evidence, end)
    many = "1 byte" if rest == 1 else f"{rest:,} bytes"
    reason = f"a whole checkpoint in its first {end:,} bytes, and {many} behind it: {what}"
    return Cause("old-tail", reason, _steps(first, None), advice)


def _what_follows(evidence: Evidence, end: int) -> str:
    after = evidence.source.pread(4096, end)
    if not after.strip(b"\0") and not evidence.tail[-512:].strip(b"\0"):
        return "only zeros"
    if after.startswith(_LOCAL) and _read_archive(evidence, end, evidence.size) is not None:
        return "another whole one, as `cat` joins them"
    rest = evidence.tail[max(0, len(evidence.tail) - (evidence.size - end)) :]
    if b"PK\x05\x06" in rest:
        return "the rest of an older, longer save that it was written over"
    kind = recognise(after[:HEAD], len(after))
    known = kind.startswith("foreign:") and len(after) > _A_FEW
    return describe(kind) if known else "cause not known"


def _end_of_first(evidence: Evidence, front: Header) -> int | None:
    """Where the archive ends that begins at byte 0, by its own directory and end record."""
    if not front.records:
        return None
    last = front.records[-1]
    start = last.data_start + last.size
    space = evidence.source.pread(BOUNDS.directory, start)
    directory = space.find(b"PK\x01\x02", 0, 64)
    at = space.find(b"PK\x05\x06", max(directory, 0))
    while directory >= 0 and at >= 0 and at + EOCD.size <= len(space):
        fields = EOCD.unpack_from(space, at)
        if fields[6] == start + directory:  # its directory is this one
            return start + at + EOCD.size + int(fields[7])
        at = space.find(b"PK\x05\x06", at + 4)
    return None


class _Part:
    """A part of the file as a source of its own."""

    def __init__(self, evidence: Evidence, start: int, end: int) -> None:
        self._evidence, self._start, self._end = evidence, start, end

    def pread(self, count: int, offset: int) -> bytes:
        """As :class:`ckptui.formats.window.Source`."""
        count = max(0, min(count, self._end - self._start - offset))
        return self._evidence.source.pread(count, self._start + offset) if count else b""


def _read_archive(evidence: Evidence, start: int, end: int) -> _Archive | None:
    """The archive in a part of the file, where it is whole there."""
    from ckptui.formats.torch_zip import read_torch_zip

    header = read_torch_zip(Window(_Part(evidence, start, end), end - start), BOUNDS, True)
    if header is None or header.format != "torch-zip":
        return None
    if any(problem.kind == "damaged" for problem in header.problems):
        return None
    return _Archive(start, end, header)


def _behind(evidence: Evidence) -> Cause | None:
    """A whole checkpoint behind a page, a log line or other bytes that got before it."""
    if b"PK\x05\x06" not in evidence.tail[-(EOCD.size + 64) :]:
        return None
    start = _start_of_last(evidence)
    if start is None or start == 0:
        return None
    last = _read_archive(evidence, start, evidence.size)
    if last is None:
        return None
    what = _what_precedes(evidence)
    reason = f"a whole checkpoint, but {start:,} bytes stand before it: {what}"
    advice = f"tail -c +{start + 1} FILE > NEW   (then validate NEW)"
    return Cause("leading", reason, _steps(last, None), advice, Category.CORRUPTED)


def _start_of_last(evidence: Evidence) -> int | None:
    """Where the last archive begins: its end record says where its directory was written."""
    at = evidence.tail.rfind(b"PK\x05\x06")
    if len(evidence.tail) - at < EOCD.size:
        return None
    fields = EOCD.unpack_from(evidence.tail, at)
    where = evidence.size - len(evidence.tail) + at
    ends = where - (76 if evidence.tail[max(0, at - 20) : at][:4] == b"PK\x06\x07" else 0)
    start = ends - int(fields[5]) - int(fields[6])
    return start if 0 <= start < evidence.size else None


def _what_precedes(evidence: Evidence) -> str:
    kind = evidence.header.format
    if kind == "foreign:html":
        return "an HTML page"
    if evidence.head.startswith(b"HTTP/"):
        return "the headers of an HTTP answer"
    if kind == "foreign:text":
        return "text"
    return "cause not known" if evidence.head[:64].strip(b"\0") else "zeros; cause not known"


def _two_saves(evidence: Evidence, front: Header) -> Cause | None:
    """Records whose own CRC, root or place the directory contradicts, while both are intact."""
    known = {record.header_start: record for record in evidence.content.records[:_MOST]}
    if not _directory_is_intact(evidence):
        return None
    mine, other = _sort(evidence, list(known.values()))
    if not other or not mine:
        return _other_root(evidence, front)
    order = [is_mine for _, is_mine in sorted((r.header_start, r in mine) for r in (*mine, *other))]
    first, last = order.index(False), len(order) - 1 - order[::-1].index(False)
    how = "two writers wrote to the same path at once, as ranks do that all save"
    if not any(order[first:last]):
        how = f"a save that wrote over the file in place was broken off, or {how}"
    names = ", ".join(record.name.partition("/")[2] for record in other[:4])
    reason = f"records of two saves in one file: {how}"
    line = (
        f"{len(other):,} of {len(known):,} records are whole by themselves and not those that "
        f"the directory lists: {names}{' …' if len(other) > 4 else ''}"
    )
    return Cause(
        "two-saves", reason, (line, *_steps(None, front)), _NO_WAY_BACK, Category.CORRUPTED
    )


_NO_WAY_BACK: Final = (
    "go back to an earlier checkpoint (ckptui latest); save to a new file and rename it, and on "
    "one rank only"
)


def _directory_is_intact(evidence: Evidence) -> bool:
    """True where the directory's checksums fold to what the save beside it wrote down of them.

    Without that, a damaged directory would look like another save's.
    """
    records = sorted(evidence.content.records, key=lambda record: record.header_start)
    if not records or not records[-1].name.endswith(SERIALIZATION_ID):
        return False
    if any(record.method or (record.size and not record.crc) for record in records):
        return False
    last = records[-1]
    said = evidence.source.pread(40, last.data_start) if last.data_start >= 0 else b""
    if last.size != 40 or not said.isdigit():
        return False
    return int(said[20:]) == fold(record.crc or 0 for record in records[:-1] if record.size)


def _sort(evidence: Evidence, records: list[Record]) -> tuple[list[Record], list[Record]]:
    """Records that the directory and their own descriptor agree on, and those of another save.

    A descriptor that is whole and says something else belongs to another save: damage does not
    write a signature, the right size and another checksum.
    """
    mine: list[Record] = []
    other: list[Record] = []
    for record in records:
        if not record.size or record.crc is None or record.data_start < 0:
            continue
        if record.name.endswith(SERIALIZATION_ID):  # nothing vouches for its own checksum
            continue
        raw = evidence.source.pread(16, record.data_start + record.size)
        if raw[:4] != _DESCRIPTOR:
            continue
        crc = int.from_bytes(raw[4:8], "little")
        size = int.from_bytes(raw[12:16], "little")
        if crc == record.crc:
            mine.append(record)
        elif size == record.size & 0xFFFFFFFF and _is_its_own(evidence, record, crc):
            other.append(record)
    return mine, other


_READ: Final = 64 << 20


def _is_its_own(evidence: Evidence, record: Record, crc: int) -> bool:
    """True where the record's bytes fit the descriptor behind them, so that neither is damaged."""
    from isal import isal_zlib

    if record.size > _READ or record.method:
        return False
    return isal_zlib.crc32(evidence.source.pread(record.size, record.data_start)) == crc


def _other_root(evidence: Evidence, front: Header) -> Cause | None:
    """The front belongs to a save of another name or shape than the directory at the end."""
    if not front.records or not front.records[0].name.endswith("/data.pkl"):
        return None
    listed = {record.crc for record in evidence.content.records}
    named = {"data.pkl", *(f"data/{key}" for key in front.storages)}
    strange = [
        record
        for record in front.records
        if record.crc is not None
        and record.name.partition("/")[2] in named
        and record.crc not in listed
        and record.size <= _READ
        and _is_its_own(evidence, record, record.crc)
    ]
    if not strange:
        return None
    last = strange[-1]
    reason = (
        "records of two saves in one file: its beginning belongs to another save than its "
        "directory; a save wrote over the file in place and was broken off"
    )
    line = (
        f"{len(strange):,} records, up to byte {last.data_start + last.size:,}, are whole and "
        "unknown to the directory at the end"
    )
    return Cause(
        "two-saves", reason, (line, *_steps(None, front)), _NO_WAY_BACK, Category.CORRUPTED
    )


def _steps(whole: _Archive | None, front: Header | None) -> tuple[str, ...]:
    header = whole.header if whole is not None else front
    step = header.top.get("step") if header is not None else None
    if not isinstance(step, int):
        return ()
    which = "the whole one" if whole is not None else "the save at its beginning"
    return (f"{which} says step {step:,}",)
