"""Where in a record the numbers of which tensors lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ckptui.formats.dtypes import itemsize
from ckptui.formats.model import Header, Record, StorageInfo, TensorInfo
from ckptui.validation.floats import FLOATS, FloatType


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``[start, end)`` of a record that hold floating numbers of one type.

    Attributes:
        kind: The type.
        names: The tensors that lie there: one, or several that share bytes.
    """

    start: int
    end: int
    kind: FloatType
    names: tuple[str, ...]


class SpanFinder:
    """Finds the spans of a header's records; those of one record are made when it is asked for."""

    def __init__(self, header: Header) -> None:
        self._storages: Mapping[str, StorageInfo] = header.storages
        self._tensors: dict[str, list[TensorInfo]] = {}
        for tensor in header.tensors:
            self._tensors.setdefault(tensor.storage, []).append(tensor)
        self._last: tuple[Record, Sequence[Span]] | None = None

    def spans(self, record: Record) -> Sequence[Span]:
        """In order, without overlap; empty where the record holds no floating numbers."""
        if self._last is None or self._last[0] is not record:
            self._last = (record, self._find(record))
        return self._last[1]

    def _find(self, record: Record) -> Sequence[Span]:
        storage = self._storage_of(record)
        if storage is None:
            return ()
        tensors = self._tensors.get(storage.key)
        if not tensors:
            kind = FLOATS.get(storage.dtype)
            name = f"storage {storage.key[:40]}"
            return () if kind is None else [Span(0, record.size, kind, (name,))]
        extents = [(*extent(tensor), number) for number, tensor in enumerate(tensors)]
        return _merge(sorted(e for e in extents if e[0] < e[1]), tensors, record.size)

    def _storage_of(self, record: Record) -> StorageInfo | None:
        _, found, key = record.name.rpartition("/data/")
        if found and key in self._storages:
            return self._storages[key]
        return self._storages.get(record.name.removeprefix("data/")) or self._storages.get(
            record.name
        )


def extent(tensor: TensorInfo) -> tuple[int, int]:
    """First byte of a tensor within its storage and the byte after its last; equal where empty."""
    size = itemsize(tensor.dtype) or _numpy_size(tensor.dtype)
    start = tensor.offset * size
    if 0 in tensor.shape:
        return start, start
    if not tensor.stride:
        return start, start + tensor.bytes
    pairs = zip(tensor.shape, tensor.stride, strict=False)
    reach = 1 + sum((count - 1) * step for count, step in pairs)
    return start, start + reach * size


def _numpy_size(dtype: str) -> int:
    """Bytes per element of a type that only numpy has, such as ``>f4``; 0 where unknown."""
    known = dtype[:1] == ">" and len(dtype) <= 4 and dtype[2:].isdecimal()
    return int(dtype[2:]) if known else 0


def _merge(
    extents: Sequence[tuple[int, int, int]], tensors: Sequence[TensorInfo], size: int
) -> Sequence[Span]:
    """Tensors that share bytes become one span, of the type of the first in the table."""
    spans: list[Span] = []
    group: list[int] = []
    start = end = 0
    for first, after, number in [*extents, (size, size, -1)]:
        if group and first >= end:
            group.sort()
            kind = FLOATS.get(tensors[group[0]].dtype)
            if kind is not None and start < min(end, size):
                names = tuple(tensors[n].name for n in group)
                spans.append(Span(start, min(end, size), kind, names))
            group = []
        if not group:
            start = end = first
        group.append(number)
        end = max(end, after)
    return spans
