"""GGUF: a header, metadata, a list of tensors, and their bytes, each tensor aligned.

Sources: ggml's docs/gguf.md, and ggml/src/gguf.cpp for what its reader insists on: tensors tile
the data in order, padded to the alignment; a file may end without the last padding.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ckptui.formats.ggml_types import TYPES
from ckptui.formats.gguf_fields import (
    BadFieldError,
    EndOfDataError,
    Fields,
    TensorEntry,
    TooMuchError,
)
from ckptui.formats.limits import KIB, Limits
from ckptui.formats.model import Header, Problem, Record, StorageInfo, TensorInfo
from ckptui.formats.window import Window

_FIRST: Final = 256 * KIB
_NEWEST: Final = 3
_VALUES: Final = 1_500_000  # tokens and merges of the largest vocabularies: 600,000
_ALIGNMENT: Final = 32
_SHOWN: Final = 200


@dataclass(slots=True)
class _File:
    """What the header says, as far as it could be read."""

    big: bool = False
    version: int = 0
    metadata: dict[str, object] = field(default_factory=dict)
    entries: list[TensorEntry] = field(default_factory=list)
    end: int = 0
    problems: list[Problem] = field(default_factory=list)
    whole: bool = False

    def tell(self, code: str, text: str, at: int | None = None, kind: str = "damaged") -> None:
        self.problems.append(Problem(code, text, at, kind))


def read_header_of(window: Window, limits: Limits, full: bool) -> Header:
    """The header of a GGUF file; there is nothing more to read in ``full``.

    Raises:
        OSError: A read failed.
    """
    file = _read(window, limits)
    records = _place(window, file) if file.whole else []
    return Header(
        "gguf",
        window.size,
        top_type="dict",
        keys=tuple(entry.name for entry in file.entries),
        tensors=tuple(_tensor(entry) for entry in file.entries),
        storages={entry.name: _storage(entry) for entry in file.entries},
        records=tuple(records),
        metadata=_words(file),
        problems=tuple(file.problems),
        truncated_table=any(problem.kind == "limit" for problem in file.problems),
    )


def _read(window: Window, limits: Limits) -> _File:
    """Read the header in growing windows, from its beginning each time."""
    length = _FIRST
    while True:
        data = window.pread(length, 0)
        file = _File()
        try:
            _fill(file, data)
        except EndOfDataError:
            if len(data) == length < limits.pickle:
                length = min(length * 8, limits.pickle)
                continue
            _ended(file, window.size, len(data))
        except TooMuchError:
            text = "its header lists more than the reader goes through"
            file.tell("reader-limit", text, 0, "limit")
        except BadFieldError as error:
            file.tell("bad-header", f"its header is damaged: it {error}", file.end)
        return file


def _ended(file: _File, size: int, read: int) -> None:
    if read < size:
        text = "its header is larger than the reader goes; it was not read to its end"
        file.tell("reader-limit", text, read, "limit")
        return
    file.tell("cut-short", f"it is cut short at byte {size:,}, inside its header", size)


def _fill(file: _File, data: bytes) -> None:
    if len(data) < 8:
        raise EndOfDataError
    file.version = int.from_bytes(data[4:8], "little")
    file.big = file.version & 0xFFFF == 0 and file.version != 0
    if file.big:
        file.version = int.from_bytes(data[4:8], "big")
    if not 1 <= file.version <= _NEWEST:
        newer = _NEWEST < file.version < 100
        text = f"it is GGUF of version {file.version}, which is not known here"
        file.tell(
            "reader-limit" if newer else "bad-header", text, 4, "limit" if newer else "damaged"
        )
        return
    fields = Fields(data, big=file.big, version=file.version, values=_VALUES)
    tensors, pairs = fields.count(), fields.count()
    try:
        for _ in range(min(pairs, _VALUES)):  # each spends some of them
            key, value = fields.pair()
            if key in file.metadata:
                raise BadFieldError(f"gives {key[:80]} twice")
            file.metadata[key] = value
        for _ in range(min(tensors, _VALUES)):
            file.entries.append(fields.tensor())
        file.whole = True
    finally:
        file.end = fields.at


def _words(file: _File) -> dict[str, str]:
    words = {key[:_SHOWN]: str(value) for key, value in file.metadata.items() if value is not None}
    words = dict(list(words.items())[:_SHOWN])
    return words | {
        "container_version": str(file.version),
        "byteorder": "big" if file.big else "little",
    }


def _count(entry: TensorEntry) -> int:
    count = 1
    for size in entry.dimensions:
        count *= size
    return count


def _size(entry: TensorEntry) -> int | None:
    """Bytes of a tensor; None where its type is not known or its rows hold no whole blocks."""
    known = TYPES.get(entry.kind)
    row = entry.dimensions[0] if entry.dimensions else 1
    return None if known is None or row % known[1] else _count(entry) // known[1] * known[2]


def _tensor(entry: TensorEntry) -> TensorInfo:
    """ggml counts dimensions from the innermost, torch from the outermost."""
    name = TYPES.get(entry.kind, (f"ggml type {entry.kind}", 1, 0))[0]
    shape = tuple(reversed(entry.dimensions))
    return TensorInfo(entry.name, name, shape, (), 0, entry.name, _size(entry) or 0)


def _storage(entry: TensorEntry) -> StorageInfo:
    name, block, size = TYPES.get(entry.kind, (f"ggml type {entry.kind}", 1, 0))
    return StorageInfo(entry.name, name, _count(entry), size if block == 1 else 0)


def _place(window: Window, file: _File) -> list[Record]:
    """Where each tensor lies; what does not fit joins the problems."""
    alignment = file.metadata.get("general.alignment", _ALIGNMENT)
    if type(alignment) is not int or not alignment or alignment & (alignment - 1):
        file.tell("bad-header", "its header is damaged: its alignment is none", file.end)
        return []
    names = {entry.name for entry in file.entries}
    if len(names) != len(file.entries):
        file.tell("bad-header", "its header is damaged: it gives two tensors one name", file.end)
        return []
    start = file.end + -file.end % alignment
    records: list[Record] = []
    at = 0
    for entry in sorted(file.entries, key=lambda entry: entry.offset):
        size = _size(entry)
        if not _fits(file, entry, size, alignment) or size is None:
            return records
        if entry.offset < at:
            text = f"the tensor {entry.name[:80]} overlaps what is before it"
            file.tell("tiling", text, start + entry.offset)
            return records
        if entry.offset > at + -at % alignment:
            text = f"the tensor {entry.name[:80]} has a hole before it"
            file.tell("hole", text, start + entry.offset, "odd")
        records.append(Record(entry.name, size, start + entry.offset, start + entry.offset, None))
        at = entry.offset + size
    _check_end(window, file, records, start, at + -at % alignment)
    return records


def _fits(file: _File, entry: TensorEntry, size: int | None, alignment: int) -> bool:
    shown = f"the tensor {entry.name[:80]}"
    if entry.kind not in TYPES:
        text = f"{shown} is of ggml's type {entry.kind}, which is not known here"
        file.tell("reader-limit", text, None, "limit")
    elif size is None:
        file.tell("bad-header", f"its header is damaged: {shown} has rows of no whole block")
    elif entry.offset % alignment:
        file.tell("bad-header", f"its header is damaged: {shown} is not aligned")
    else:
        return True
    return False


def _check_end(window: Window, file: _File, records: list[Record], start: int, padded: int) -> None:
    last = records[-1].data_start + records[-1].size if records else 0
    for record in records:
        if record.data_start + record.size > window.size:
            text = f"it is cut short at byte {window.size:,} of {last:,}, inside the tensor "
            file.tell("cut-short", text + record.name[:80], window.size)
            return
    if window.size > start + padded:
        text = f"{window.size - start - padded:,} bytes follow its last tensor"
        file.tell("trailing", text, start + padded, "odd")
