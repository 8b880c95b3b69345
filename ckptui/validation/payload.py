"""Levels 5 and 6 over the records of a container: one pass, then two judgements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

from isal import isal_zlib

from ckptui.formats.model import Record, StorageInfo
from ckptui.terms import Category, Level
from ckptui.validation.checksums import (
    NO_CHECKSUMS,
    SERIALIZATION_ID,
    CrcSink,
    RecordSum,
    judge_sums,
    none_recorded,
    plan_sums,
)
from ckptui.validation.finding import Finding, failed
from ckptui.validation.reading import Content
from ckptui.validation.scan import Progress, scan
from ckptui.validation.source import Source

PayloadFindings = dict[Level, Finding]


def read_payload(
    source: Source, content: Content, levels: Sequence[Level], progress: Progress
) -> PayloadFindings:
    """Read every record once and judge what was seen.

    Raises:
        CancelledError: Where the check is not wanted any more.
        OSError: Where the disk does not let us.
    """
    values = Level.VALUES in levels
    sums = plan_sums(content.records, content.end, _value_sinks(content) if values else None)
    if none_recorded(content.records) and not values:
        return {Level.CHECKSUMS: NO_CHECKSUMS}
    parts = list(chain.from_iterable(entry.parts for entry in sums))
    progress.total = sum(part.length for part in parts)
    scan(source.fd, parts, progress)
    findings = {Level.CHECKSUMS: _judge_sums(source, content, sums)}
    if values:
        findings[Level.VALUES] = _judge_values(content, sums)
    return findings


def _judge_sums(source: Source, content: Content, sums: Sequence[RecordSum]) -> Finding:
    if none_recorded(content.records):
        return NO_CHECKSUMS
    return judge_sums(sums, content.header.tensors, _saved_id(source, content.records))


def damaged_pickle(source: Source, content: Content) -> Finding | None:
    """A finding where the pickle does not match its own checksum; it is small, unlike the rest.

    Raises:
        OSError: Where the disk does not let us.
    """
    for record in content.records:
        if record.name.endswith("/data.pkl") and record.crc is not None and not record.method:
            data = source.pread(record.size, record.data_start)
            if isal_zlib.crc32(data) != record.crc:
                return failed(
                    Category.CORRUPTED,
                    "its pickle is damaged: it does not match its checksum; cause not known",
                )
    return None


def _saved_id(source: Source, records: Sequence[Record]) -> str:
    for record in records:
        if record.name.endswith(SERIALIZATION_ID) and record.size == 40 and not record.method:
            return source.pread(40, record.data_start).decode("ascii", "replace")
    return ""


def _storage_of(content: Content, record: Record) -> StorageInfo | None:
    _, found, key = record.name.rpartition("/data/")
    return content.header.storages.get(key) if found else None


def _value_sinks(content: Content) -> Callable[[Record, int], CrcSink]:
    """A maker of sinks that look at numbers where a record holds any."""
    from ckptui.validation.values import FLOATS, ValueSink

    # The newest types lie in storages of plain bytes: there the tensor knows better.
    dtypes = {tensor.storage: tensor.dtype for tensor in content.header.tensors}
    swap = content.header.metadata.get("byteorder") == "big"

    def new_sink(record: Record, length: int) -> CrcSink:
        storage = _storage_of(content, record)
        kind = FLOATS.get(dtypes.get(storage.key, storage.dtype)) if storage is not None else None
        return CrcSink(length) if kind is None else ValueSink(length, kind=kind, swap=swap)

    return new_sink


def _judge_values(content: Content, sums: Sequence[RecordSum]) -> Finding:
    from ckptui.validation.values import ValueSink, judge_values, summarise

    names = {tensor.storage: tensor.name for tensor in reversed(content.header.tensors)}
    found = []
    for entry in sums:
        storage = _storage_of(content, entry.record)
        sinks = [sink for sink in entry.sinks if isinstance(sink, ValueSink)]
        if storage is not None and sinks:
            found.append(summarise(storage, sinks, names.get(storage.key, "")))
    return judge_values(found)
