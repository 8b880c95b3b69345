"""Levels 5 and 6 over any format: one pass over the file's bytes, then two judgements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from isal import isal_zlib

from ckptui.formats.model import Record, StorageInfo
from ckptui.terms import Category, Level
from ckptui.validation.checksums import (
    SERIALIZATION_ID,
    CrcSink,
    InflateSink,
    Sums,
    judge_sums,
)
from ckptui.validation.finding import Finding, failed
from ckptui.validation.reading import Content
from ckptui.validation.scan import Job, Progress, scan
from ckptui.validation.source import Source
from ckptui.validation.tiling import Stretch, make_jobs, tile

if TYPE_CHECKING:
    from ckptui.validation.values import ValueSink

PayloadFindings = dict[Level, Finding]


@dataclass(frozen=True, slots=True)
class Payload:
    """What one pass over the bytes has shown.

    Attributes:
        findings: Of the levels that were asked for.
        content: Checksum of the whole file, ``crc32:%08x``.
    """

    findings: PayloadFindings = field(default_factory=dict)
    content: str = ""


def read_payload(
    source: Source, content: Content, levels: Sequence[Level], progress: Progress
) -> Payload:
    """Read every byte of the file once and judge what was seen.

    Raises:
        CancelledError: Where the check is not wanted any more.
        OSError: Where the disk does not let us.
    """
    sums = Sums()
    values = _Values(content) if Level.VALUES in levels else None
    new_sink = values.new_sink if values is not None else plain_sink

    def done(job: Job[CrcSink]) -> None:
        for sink in job.sinks:
            sums.add(sink)
            if values is not None:
                values.add(sink)

    stretches = tile(content.records, source.size, content.end)
    progress.total = source.size
    scan(source.fd, make_jobs(stretches, new_sink), progress, done)
    findings = {Level.CHECKSUMS: _judge_sums(source, content, sums)}
    if values is not None:
        findings[Level.VALUES] = values.judge()
    return Payload(findings, f"crc32:{sums.content:08x}")


def plain_sink(stretch: Stretch) -> CrcSink:
    """A sink that level 5 is content with."""
    if stretch.record is not None and stretch.record.method:
        return InflateSink(stretch, stretch.record.size)
    return CrcSink(stretch)


def _judge_sums(source: Source, content: Content, sums: Sums) -> Finding:
    saved_id = _saved_id(source, content.records)
    return judge_sums(sums, content.records, content.header.tensors, saved_id)


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


class _Values:
    """Level 6: sinks that look at numbers where a record holds any, gathered by storage."""

    def __init__(self, content: Content) -> None:
        from ckptui.validation.values import FLOATS, ValueSink

        self._content = content
        self._floats, self._sink = FLOATS, ValueSink
        # The newest types lie in storages of plain bytes: there the tensor knows better.
        self._dtypes = {tensor.storage: tensor.dtype for tensor in content.header.tensors}
        self._swap = content.header.metadata.get("byteorder") == "big"
        self._found: dict[str, list[ValueSink]] = {}

    def new_sink(self, stretch: Stretch) -> CrcSink:
        storage = None if stretch.record is None else self._storage_of(stretch.record)
        if storage is None or (stretch.record is not None and stretch.record.method):
            return plain_sink(stretch)
        kind = self._floats.get(self._dtypes.get(storage.key, storage.dtype))
        return plain_sink(stretch) if kind is None else self._sink(stretch, 0, kind, self._swap)

    def _storage_of(self, record: Record) -> StorageInfo | None:
        storages = self._content.header.storages
        return storages.get(record.name.rpartition("/data/")[2]) or storages.get(record.name)

    def add(self, sink: CrcSink) -> None:
        if isinstance(sink, self._sink) and sink.stretch.record is not None:
            storage = self._storage_of(sink.stretch.record)
            if storage is not None:
                self._found.setdefault(storage.key, []).append(sink)

    def judge(self) -> Finding:
        from ckptui.validation.values import judge_values, summarise

        names = {t.storage: t.name for t in reversed(self._content.header.tensors)}
        storages = self._content.header.storages
        found = [
            summarise(storages[key], sinks, names.get(key, ""))
            for key, sinks in self._found.items()
        ]
        return judge_values(found)
