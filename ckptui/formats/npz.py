"""A NumPy archive: a zip of arrays, each with a header of its own (``numpy.savez``)."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field, replace
from typing import Final

from ckptui.formats.limits import KIB, MIB, Limits
from ckptui.formats.model import Header, Problem, Record, StorageInfo, TensorInfo, Value
from ckptui.formats.npy import (
    LONGEST,
    ArrayHeader,
    BadArrayError,
    UnknownArrayError,
    header_size,
    parse,
)
from ckptui.formats.pickle_vm import run
from ckptui.formats.window import Window
from ckptui.formats.zip_container import read_record

_FIRST: Final = 512
_LARGEST_PICKLE: Final = 8 * MIB
_MOST_ARRAYS: Final = 30_000
_LONG_HEADERS: Final = 2 * MIB  # bytes of all headers that are longer than usual
_TOLD: Final = 20
_NUMBERS: Final = {
    "int8": "<b", "int16": "<h", "int32": "<i", "int64": "<q", "uint8": "<B", "uint16": "<H",
    "uint32": "<I", "uint64": "<Q", "float16": "<e", "float32": "<f", "float64": "<d", "bool": "<?",
}  # fmt: skip


@dataclass(slots=True)
class _Arrays:
    """What the members say."""

    tensors: list[TensorInfo] = field(default_factory=list)
    storages: dict[str, StorageInfo] = field(default_factory=dict)
    top: dict[str, Value] = field(default_factory=dict)
    globals: set[str] = field(default_factory=set)
    pickled: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    header_bytes: int = _LONG_HEADERS
    opcodes: int = 0

    def tell(self, record: Record, code: str, what: str, kind: str = "damaged") -> None:
        """Note what is wrong with a member."""
        if len(self.problems) < _TOLD:
            text = f"its array {shown(record)} {what}"
            self.problems.append(Problem(code, text, record.header_start, kind))


def shown(record: Record) -> str:
    """An array's name, short enough for a sentence."""
    return record.name.removesuffix(".npy")[:80]


def with_arrays(window: Window, header: Header, limits: Limits) -> Header:
    """A zip's header with what the headers of its arrays say.

    Args:
        window: The file.
        header: Of the zip that it is.
        limits: Bounds.

    Raises:
        OSError: A read failed.
    """
    found = _Arrays(opcodes=limits.opcodes)
    for record in header.records[:_MOST_ARRAYS]:
        if record.data_start >= 0:
            _read_member(window, record, found, limits)
    if len(header.records) > _MOST_ARRAYS:
        text = "it holds more arrays than the reader goes through"
        found.problems.append(Problem("reader-limit", text, None, "limit"))
    notes = list(header.notes)
    if found.pickled:
        names = ", ".join(found.pickled[:3]) + (" …" if len(found.pickled) > 3 else "")
        notes.append(f"holds arrays of objects, which are pickles: {names}")
    return replace(
        header,
        top=found.top,
        tensors=tuple(found.tensors),
        storages=found.storages,
        globals=tuple(sorted(found.globals)),
        problems=(*header.problems, *found.problems),
        notes=tuple(notes),
    )


def _read_member(window: Window, record: Record, found: _Arrays, limits: Limits) -> None:
    try:
        array, head = _header(window, record, found)
    except UnknownArrayError as error:
        found.tell(record, "reader-limit", str(error), "limit")
        return
    except BadArrayError as error:
        found.tell(record, "bad-array", str(error))
        return
    size = array.count * array.itemsize
    if array.pickled:
        _read_pickle(window, record, array, found, limits)
    elif array.start + size != record.size:
        what = f"has {record.size - array.start:,} bytes where its shape says {size:,}"
        found.tell(record, "record-size", what)
    name = record.name.removesuffix(".npy")
    divides = array.itemsize and not array.start % array.itemsize
    found.tensors.append(
        TensorInfo(
            name, array.dtype, array.shape, (), array.start // array.itemsize if divides else 0,
            record.name if divides else "", size,
        )
    )  # fmt: skip
    if divides:
        found.storages[record.name] = StorageInfo(
            record.name, array.dtype, record.size // array.itemsize, array.itemsize
        )
    if not array.shape and array.dtype in _NUMBERS:
        _read_number(name, array, head, found)


def _header(window: Window, record: Record, found: _Arrays) -> tuple[ArrayHeader, bytes]:
    """A member's header, and its first bytes."""
    head = _head(window, record, _FIRST)
    if len(head) >= 12 and header_size(head) > len(head):
        found.header_bytes -= header_size(head)
        if found.header_bytes < 0:
            raise UnknownArrayError("has one of more long headers than the reader goes through")
        head = _head(window, record, LONGEST)
    return parse(head), head


def _head(window: Window, record: Record, count: int) -> bytes:
    """The first bytes of a member, unpacked."""
    if record.method == 0:
        return window.pread(min(count, record.size), record.data_start)
    if record.method != 8:
        raise UnknownArrayError("is packed in a way that is not read here")
    packed = window.pread(min(count + KIB, window.size - record.data_start), record.data_start)
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, min(count, record.size))
    except zlib.error:
        raise BadArrayError("cannot be unpacked") from None


def _read_number(name: str, array: ArrayHeader, head: bytes, found: _Arrays) -> None:
    """A number saved by itself, such as a step."""
    raw = head[array.start : array.start + array.itemsize]
    if len(raw) == array.itemsize:
        found.top[name] = struct.unpack(_NUMBERS[array.dtype], raw)[0]


def _read_pickle(
    window: Window, record: Record, array: ArrayHeader, found: _Arrays, limits: Limits
) -> None:
    """Read what an array of objects names, without building any of them."""
    found.pickled.append(shown(record))
    if record.size > _LARGEST_PICKLE or found.opcodes <= 0:
        what = "holds a pickle larger than the reader goes; it was not read"
        found.tell(record, "reader-limit", what, "limit")
        return
    data = read_record(window, record, _LARGEST_PICKLE)
    if data is None:
        found.tell(record, "bad-array", "cannot be unpacked")
        return
    tree = run(data, replace(limits, opcodes=found.opcodes), array.start)
    found.opcodes -= tree.opcodes
    found.globals.update(tree.globals)
    for problem in tree.problems[:2]:
        found.tell(record, problem.code, f"is a pickle, and {problem.text}", problem.kind)
