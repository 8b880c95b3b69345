"""Levels 5 and 6 over any format: one pass over the file's bytes, then two judgements."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from isal import isal_zlib

from ckptui.formats.model import Record
from ckptui.formats.steps import step_of
from ckptui.terms import Category, Level
from ckptui.validation.checksums import (
    CrcSink,
    RecordSum,
    Sums,
    judge_sums,
    new_sink,
)
from ckptui.validation.comparison import Before, compare, shapes_of
from ckptui.validation.finding import Finding, failed
from ckptui.validation.fold import SERIALIZATION_ID
from ckptui.validation.reading import Content
from ckptui.validation.scan import Job, Progress, scan
from ckptui.validation.source import Source
from ckptui.validation.spans import SpanFinder
from ckptui.validation.tiling import make_jobs, tile

if TYPE_CHECKING:
    from ckptui.validation.values import Values

PayloadFindings = dict[Level, Finding]


@dataclass(frozen=True, slots=True)
class Payload:
    """What one pass over the bytes has shown.

    Attributes:
        findings: Of the levels that were asked for.
        content: Checksum of the whole file, ``crc32:%08x``.
        values: Level 6's largest magnitude by tensor; NaN where it holds one, else Inf likewise.
        wrong: Records whose bytes are not as recorded.
    """

    findings: PayloadFindings = field(default_factory=dict)
    content: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    wrong: Sequence[RecordSum] = ()


def read_payload(
    source: Source,
    content: Content,
    levels: Sequence[Level],
    progress: Progress,
    before: Before | None = None,
) -> Payload:
    """Read every byte of the file once and judge what was seen.

    Args:
        source: The file.
        content: Its header and records.
        levels: 5, or 5 and 6.
        progress: Told of every byte; its ``total`` is set by the caller.
        before: The previous checkpoint of the series, for level 6.

    Raises:
        CancelledError: Where the check is not wanted any more.
        OSError: Where the disk does not let us.
    """
    sums = Sums()
    values = _values(content) if Level.VALUES in levels else None

    def done(job: Job[CrcSink]) -> None:
        for sink in job.sinks:
            sums.add(sink)
            if values is not None:
                values.add(sink)

    stretches = tile(content.records, source.size, content.end)
    sink_of = new_sink if values is None else values.new_sink
    progress.pace = source.keep_bytes
    scan(source.fd, source.size, make_jobs(stretches, sink_of), progress, done)
    findings = {Level.CHECKSUMS: _judge_sums(source, content, sums)}
    checksum = f"crc32:{sums.content:08x}"
    if values is None:
        return Payload(findings, checksum, wrong=sums.wrong)
    findings[Level.VALUES] = _judge_values(source, content, values, before)
    return Payload(findings, checksum, values.by_tensor(), sums.wrong)


def _judge_sums(source: Source, content: Content, sums: Sums) -> Finding:
    # Records that another program has changed on purpose no longer match torch's own fold of them.
    changed = any(problem.code == "packed-again" for problem in content.problems)
    saved_id = "" if changed else _saved_id(source, content.records)
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


def _values(content: Content) -> Values:
    from ckptui.validation.values import Values

    swap = content.header.metadata.get("byteorder") == "big"
    return Values(SpanFinder(content.header), swap)


def _judge_values(
    source: Source, content: Content, values: Values, before: Before | None
) -> Finding:
    from ckptui.validation.values import judge_values

    if before is None:
        return judge_values(values.found)
    step, _, _ = step_of(content.header, os.path.basename(source.path))
    changes = compare(values.found, shapes_of(content.header.tensors), before, step)
    return judge_values(values.found, before, changes)
