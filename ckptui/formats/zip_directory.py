"""A zip's end records and central directory, as APPNOTE.TXT 6.3.10 §4.3 lays them out.

torch writes zip64 records into every file and leaves the classic ones filled in as well
(caffe2/serialize/inline_container.cc through miniz), so the two can be compared.
"""

from __future__ import annotations

from struct import Struct

from ckptui.formats.limits import Limits
from ckptui.formats.model import Problem
from ckptui.formats.window import END, Window
from ckptui.light import TYPE_CHECKING, dataclass, field

if TYPE_CHECKING:
    from typing import Final

EOCD: Final = Struct("<4s4H2LH")
LOCATOR: Final = Struct("<4sLQL")
EOCD64: Final = Struct("<4sQ2H2L4Q")
ENTRY: Final = Struct("<4s6H3L5H2L")
_LONGEST_COMMENT: Final = 0xFFFF
_FULL16: Final = 0xFFFF
_ZIP64_NEEDS: Final = frozenset({45, 62})  # APPNOTE 4.4.3.2: zip64, and its second version
_FULL32: Final = 0xFFFFFFFF


_TOLD: Final = 20
"""Problems of one kind that are listed one by one."""


@dataclass(slots=True)
class Entry:
    """One entry of the central directory; sizes and offsets in bytes."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    header_start: int
    made_by: int = 0
    head: bytes = b""
    """Version needed, flags, method and time stamp, as the local header repeats them."""
    rest: bytes = b""
    """Lengths of extra fields and comment, disk, and attributes."""
    extra: bytes = b""
    by_torch: bool = False
    """True where its headers are torch's own, byte for byte, but for what ``faults`` says."""
    as_saved: bool = False
    """True where torch itself put it there: no other program has written its headers anew."""
    faults: tuple[str, ...] = ()
    """In what an entry of torch's differs from what torch writes."""
    data_start: int = -1
    """Offset of the payload; -1 until it is known."""
    end: int = -1
    """Offset just after the payload and its descriptor; -1 until it is known."""

    @property
    def shown(self) -> str:
        """Its name, cut to what a sentence can hold."""
        return self.name if len(self.name) <= 80 else self.name[:77] + "…"


@dataclass(slots=True)
class Directory:
    """End records and entries.

    Attributes:
        entries: In the order of the directory.
        start: Offset of the central directory.
        end: Offset just after it, where the end records begin.
        shift: How far the archive lies behind where its own offsets put it.
        zip64_made_by: ``version made by`` of the zip64 end record; -1 where there is none.
        found: False where there is no end record at all.
        problems: What contradicts the format.
    """

    entries: list[Entry] = field(default_factory=list)
    start: int = 0
    end: int = 0
    shift: int = 0
    zip64_made_by: int = -1
    found: bool = False
    problems: list[Problem] = field(default_factory=list)

    def add(self, code: str, text: str, offset: int | None = None, kind: str = "damaged") -> None:
        """Note a problem."""
        self.problems.append(Problem(code, text, offset, kind))

    def tell(self, code: str, text: str, offset: int | None = None, kind: str = "damaged") -> None:
        """Note a problem, unless this kind has been told often enough."""
        if sum(problem.code == code for problem in self.problems[-_TOLD:]) < _TOLD:
            self.add(code, text, offset, kind)

    def once(self, code: str, text: str, offset: int | None = None) -> None:
        """Note an oddity of the whole archive, where the first record that has it is seen."""
        if all(problem.code != code for problem in self.problems):
            self.add(code, text, offset, "odd")


@dataclass(frozen=True, slots=True)
class _End:
    at: int
    count: int
    size: int
    start: int


def read_directory(window: Window, limits: Limits) -> Directory:
    """Read the end records and every entry of the central directory.

    Raises:
        OSError: A read failed.
    """
    directory = Directory()
    found = _find_end(window, directory)
    if found is None:
        return directory
    directory.found = True
    end = _with_zip64(window, found, directory)
    directory.end = end.at
    directory.start = end.at - end.size
    directory.shift = directory.start - end.start
    if directory.shift and _is_entry(window, end.start) and not _is_entry(window, directory.start):
        directory.add("gap", "unexplained bytes follow its directory", end.start + end.size)
        directory.start, directory.shift = end.start, 0
    if directory.start < 0 or end.size > limits.directory:
        if directory.start < 0:
            directory.add("directory-outside", "its directory claims to be larger than the file")
        else:
            directory.add(
                "reader-limit", "its directory is larger than is read here", None, "limit"
            )
        directory.start = end.at
        return directory
    _read_entries(window, end, directory, limits)
    return directory


def _is_entry(window: Window, at: int) -> bool:
    return window.pread(4, at) == b"PK\x01\x02"


def _find_end(window: Window, directory: Directory) -> _End | None:
    """The last end record whose comment reaches to the end, else the last one at all."""
    for reach in (END, _LONGEST_COMMENT + EOCD.size):
        tail = window.tail(reach)
        base = window.size - len(tail)
        at = tail.rfind(b"PK\x05\x06")
        while at >= 0:
            end = _parse_end(tail, at, base, window.size, directory)
            if end is not None:
                return end
            at = tail.rfind(b"PK\x05\x06", 0, at)
        if base == 0:
            break
    return None


def _parse_end(tail: bytes, at: int, base: int, size: int, directory: Directory) -> _End | None:
    if len(tail) - at < EOCD.size:
        return None
    _, disk, first_disk, here, count, length, start, comment = EOCD.unpack_from(tail, at)
    where = base + at
    if start != _FULL32 and length != _FULL32 and start + length > where:
        # Its own offsets do not fit: chance bytes, or an end record whose fields are damaged.
        if tail[max(0, at - LOCATOR.size) : at][:4] != b"PK\x06\x07":
            return None
        directory.add("end-record", "its end record contradicts the file's size", where)
    if disk not in {0, _FULL16} and first_disk <= disk and here <= count:
        text = f"it is part {disk + 1:,} of an archive split over several files"
        directory.add("end-record", text, where)
    elif disk not in {0, _FULL16} or first_disk not in {0, _FULL16} or here != count:
        directory.add("end-record", "its end record contradicts itself", where)
    left = size - (where + EOCD.size + comment)
    if left > 0:
        directory.add("trailing", f"{left:,} bytes follow the end of the archive", size - left)
    elif left < 0:
        directory.add("end-record", "its end record is cut short", where)
    return _End(where, count, length, start)


def _with_zip64(window: Window, end: _End, directory: Directory) -> _End:
    """Take the zip64 records into account, and compare them with the classic one."""
    saturated = end.count == _FULL16 or end.size == _FULL32 or end.start == _FULL32
    raw = window.pread(LOCATOR.size, end.at - LOCATOR.size)
    if len(raw) < LOCATOR.size or raw[:4] != b"PK\x06\x07":
        if saturated:
            directory.add("zip64-missing", "its zip64 end record is missing", end.at)
        return end
    at = end.at - LOCATOR.size - EOCD64.size
    record = window.pread(EOCD64.size, at)
    if len(record) < EOCD64.size or record[:4] != b"PK\x06\x06":
        directory.add("zip64-damaged", "its zip64 end record is damaged", max(at, 0))
        return end
    _, length, made_by, needed, disk, first_disk, here, count, size, start = EOCD64.unpack(record)
    _, locator_disk, declared, disks = LOCATOR.unpack(raw)
    directory.zip64_made_by = made_by
    big = _End(at, count, size, start)
    if disk or first_disk or locator_disk or disks != 1 or needed not in _ZIP64_NEEDS:
        directory.add("zip64-damaged", "its zip64 end record holds what no writer writes", at)
    # start + size is where the record itself stands, unless something precedes the archive.
    if length != EOCD64.size - 12 or here != count or declared != start + size:
        directory.add("zip64-damaged", "its zip64 end record contradicts itself", at)
        if start + size != at and end.start + end.size == at:
            return _End(at, end.count, end.size, end.start)
    pairs = ((end.count, count, _FULL16), (end.size, size, _FULL32), (end.start, start, _FULL32))
    if any(old not in {new, full} for old, new, full in pairs):
        directory.add("end-records-disagree", "its two end records disagree", end.at)
    return big


def _read_entries(window: Window, end: _End, directory: Directory, limits: Limits) -> None:
    raw = window.pread(end.size, directory.start)
    at = 0
    while at + ENTRY.size <= len(raw) and raw[at : at + 4] == b"PK\x01\x02":
        if len(directory.entries) >= limits.records:
            text = "it holds more records than are listed here"
            directory.add("reader-limit", text, directory.start + at, "limit")
            return
        at = _read_entry(raw, at, directory)
    if at != len(raw):
        directory.add(
            "directory-damaged", "its directory is damaged", directory.start + min(at, len(raw))
        )
    elif len(directory.entries) != end.count:
        directory.add(
            "record-count",
            f"its end record counts {end.count:,} records, its directory has "
            f"{len(directory.entries):,}",
            end.at,
        )


def _read_entry(raw: bytes, at: int, directory: Directory) -> int:
    (
        _, made_by, _, flags, method, _, _, crc, packed, size, name_size, extra_size,
        comment_size, _, _, _, start,
    ) = _entry_fields(raw, at)  # fmt: skip
    name_at = at + ENTRY.size
    extra_at = name_at + name_size
    name = raw[name_at:extra_at]
    extra = raw[extra_at : extra_at + extra_size]
    if packed == _FULL32 or size == _FULL32 or start == _FULL32:
        size, packed, start = _zip64_sizes(extra, size, packed, start)
    directory.entries.append(
        Entry(
            _text(name), name, flags, method, crc, packed, size, start + directory.shift,
            made_by, raw[at + 6 : at + 16], raw[at + 30 : at + 42], extra,
        )
    )  # fmt: skip
    return extra_at + extra_size + comment_size


def _entry_fields(raw: bytes, at: int) -> tuple[int, ...]:
    fields: tuple[int, ...] = ENTRY.unpack_from(raw, at)
    return fields


def _zip64_sizes(extra: bytes, size: int, packed: int, start: int) -> tuple[int, int, int]:
    """Size, packed size and offset with the zip64 field (id 1) filled in, in that order."""
    values = extra_fields(extra).get(1, b"")
    found = [int.from_bytes(values[i : i + 8], "little") for i in range(0, len(values) - 7, 8)]
    numbers = [size, packed, start]
    for index, number in enumerate(numbers):
        if number == _FULL32 and found:
            numbers[index] = found.pop(0)
    return numbers[0], numbers[1], numbers[2]


def extra_fields(extra: bytes) -> dict[int, bytes]:
    """A record's extra fields by id; a first one of each id wins, a cut one ends the list."""
    fields: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(extra):
        kind = int.from_bytes(extra[at : at + 2], "little")
        size = int.from_bytes(extra[at + 2 : at + 4], "little")
        if at + 4 + size > len(extra):
            break
        fields.setdefault(kind, extra[at + 4 : at + 4 + size])
        at += 4 + size
    return fields


def _text(name: bytes) -> str:
    """A name as text. Names that are not UTF-8 keep their bytes, as paths do."""
    return name.decode("utf-8", "surrogateescape")
