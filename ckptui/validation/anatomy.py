"""What of a file is whole: its records one by one, in file order, each with what proves it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from isal import isal_zlib

from ckptui.formats.model import Header, Record
from ckptui.marker import marker_path, marker_state
from ckptui.validation.checksums import record_label
from ckptui.validation.reading import Content, read_content
from ckptui.validation.scan import CancelledError
from ckptui.validation.source import Source

WHOLE: Final = "whole"
"""Its bytes fit its checksum."""
THERE: Final = "there"
"""It lies inside the file; no checksum was recorded, or none was compared."""
DAMAGED: Final = "damaged"
CUT: Final = "cut"
"""The file ends before it does."""
MISSING: Final = "missing"

_TO_SEE_A_MARKER: Final = 2
_CHUNK: Final = 1 << 20
_MOST: Final = 100_000
OnProgress = Callable[[int, int], None]
Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Region:
    """One record, or what stands between them.

    Attributes:
        start, end: File offsets in bytes; both 0 where it is missing.
        what: What it holds, in words: a tensor's name, a record's name.
        state: One of the words of this module.
    """

    start: int
    end: int
    what: str
    state: str


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A file's records.

    Attributes:
        regions: In file order, the missing ones last.
        tensors: Number of tensors that the header describes.
        intact: How many of them lie in records whose checksum fits.
        bytes: Bytes of all tensors' storages.
        intact_bytes: Bytes of those whose checksum fits.
        marker: State of its ``.done`` marker, or None.
    """

    regions: tuple[Region, ...] = ()
    tensors: int = 0
    intact: int = 0
    bytes: int = 0
    intact_bytes: int = 0
    marker: str | None = None


@dataclass(slots=True)
class _Reading:
    source: Source
    compare: bool
    proven: bool
    on_progress: OnProgress
    cancelled: Cancelled
    done: int = 0
    total: int = 0
    states: dict[str, str] = field(default_factory=dict)


def anatomy_document(
    path: str,
    *,
    compare: bool,
    proven: bool = False,
    on_progress: OnProgress = lambda done, total: None,
    cancelled: Cancelled = lambda: False,
) -> dict[str, object]:
    """List a file's records and what is whole of them.

    Args:
        path: The file.
        compare: Read the records and compare their checksums; else nothing is proven.
        proven: Every checksum was compared and fits: nothing is read again.
        on_progress: Called with (bytes read, bytes in all).
        cancelled: Asked before every read.

    Returns:
        :class:`Anatomy` as a JSON object.

    Raises:
        CancelledError: It is not wanted any more.
        OSError: The file cannot be read.
    """
    with Source(path) as source:
        reading = _Reading(source, compare and not proven, proven, on_progress, cancelled)
        found = _anatomy_of(reading)
    source.keep_operations(_TO_SEE_A_MARKER)
    document: dict[str, object] = asdict(found)
    document["marker"] = _marker(path)
    return document


def _marker(path: str) -> str | None:
    times: list[float | None] = []
    for each in (path, marker_path(path)):
        try:
            times.append(os.stat(each).st_mtime)
        except OSError:
            times.append(None)
    state = marker_state(times[0], times[1], folder_uses_markers=False)
    return None if state is None else str(state)


def _anatomy_of(reading: _Reading) -> Anatomy:
    content = read_content(reading.source, whole=True)
    records = list(content.records or content.header.records)[:_MOST]
    reading.total = sum(record.size for record in records)
    regions = [_region(reading, record, content.header) for record in records]
    regions += _missing(content, records)
    return _counted(content.header, regions, reading.states)


def _region(reading: _Reading, record: Record, header: Header) -> Region:
    state = _state(reading, record)
    reading.states[_key(record.name)] = state
    start = max(0, record.header_start)
    end = max(start, record.data_start + record.size)
    return Region(start, end, record_label(record, header.tensors).replace("`", ""), state)


def _key(name: str) -> str:
    """The storage's key of a record ``data/KEY``; the whole name where it is no such."""
    before, found, key = name.rpartition("data/")
    return key if found and (not before or before.endswith("/")) else name


def _state(reading: _Reading, record: Record) -> str:
    if record.data_start < 0 or record.header_start < 0:
        return DAMAGED
    if not record.method and record.data_start + record.size > reading.source.size:
        return CUT
    if reading.proven and record.crc is not None:
        return WHOLE
    if not reading.compare or record.crc is None or record.method:
        return THERE
    return WHOLE if _crc(reading, record) == record.crc else DAMAGED


def _crc(reading: _Reading, record: Record) -> int:
    crc, at, end = 0, record.data_start, record.data_start + record.size
    while at < end:
        if reading.cancelled():
            raise CancelledError
        chunk = reading.source.pread(min(_CHUNK, end - at), at)
        if not chunk:
            break
        crc = isal_zlib.crc32(chunk, crc)
        at += len(chunk)
        reading.done += len(chunk)
        reading.on_progress(reading.done, reading.total)
    return crc


def _missing(content: Content, records: Sequence[Record]) -> list[Region]:
    """Storages that the pickle needs and no record holds."""
    there = {_key(record.name) for record in records}
    users = {tensor.storage: tensor.name for tensor in reversed(content.header.tensors)}
    return [
        Region(0, 0, f"tensor {users[key]}" if users.get(key) else f"data/{key}", MISSING)
        for key, storage in content.header.storages.items()
        if key not in there and storage.device != "meta"
    ][:_MOST]


def _counted(header: Header, regions: list[Region], states: Mapping[str, str]) -> Anatomy:
    whole = {key for key, state in states.items() if state == WHOLE}
    sizes = {key: each.numel * each.itemsize for key, each in header.storages.items()}
    # Tensors without bytes of their own have nothing to lose.
    intact = sum(t.storage in whole or sizes.get(t.storage) == 0 for t in header.tensors)
    return Anatomy(
        tuple(regions),
        len(header.tensors),
        intact,
        sum(sizes.values()),
        sum(size for key, size in sizes.items() if key in whole),
    )
