"""The plan of one pass: a file cut into stretches, each part of one record or of none.

Stretches follow one another from byte 0 to the file's end, so that the same reading gives the
CRC-32 of each record and that of the whole file. Nothing is planned ahead: a container may list
a hundred thousand records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ckptui.formats.model import Record
from ckptui.validation.scan import PART, UNIT, Job, S

_MOST_SINKS: Final = 512
"""Sinks of one job, so that tiny records take no more memory than large ones."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes ``[start, start + length)`` of the file.

    Attributes:
        record: Whose they are, or None between records.
        last: True where its record ends with it.
        again: True where another stretch covers the same bytes: records that overlap.
    """

    start: int
    length: int
    record: Record | None = None
    last: bool = True
    again: bool = False


def tile(records: Sequence[Record], size: int, end: int = 0) -> Iterator[Stretch]:
    """Stretches that cover a file, at most ``PART`` bytes each but for deflated records.

    Records that overlap others come after all of the file, as far as that doubles the reading
    at most; a hostile directory could ask for the same bytes a hundred thousand times.

    Args:
        records: Of the container, in any order.
        size: File size in bytes.
        end: Where the last record ends at the latest, in bytes; 0 for the file's end.
    """
    at, budget = 0, size
    aside: list[tuple[Record, int]] = []
    for record, stored in _extents(records, end or size):
        if record.data_start < at or record.data_start + stored > size:
            aside.append((record, stored))
            continue
        yield from _cut(at, record.data_start - at, None)
        yield from _cut(record.data_start, stored, record)
        at = record.data_start + stored
    yield from _cut(at, size - at, None)
    for record, stored in aside:
        budget -= stored
        if budget >= 0 and record.data_start + stored <= size:
            for stretch in _cut(record.data_start, stored, record):
                yield Stretch(stretch.start, stretch.length, record, stretch.last, again=True)


def _extents(records: Sequence[Record], end: int) -> Iterator[tuple[Record, int]]:
    """Each record that holds bytes, by where they start, and how many it may take in the file.

    Inflating stops by itself: a deflated record reaches to the next one's header. Where a record's
    data starts is not known of all (-1) in containers that were not read to their end.
    """
    held = sorted((r for r in records if r.size and r.data_start >= 0), key=lambda r: r.data_start)
    for number, record in enumerate(held):
        border = held[number + 1].header_start if number + 1 < len(held) else end
        stored = max(border - record.data_start, 0) if record.method else record.size
        yield record, stored


def _cut(start: int, length: int, record: Record | None) -> Iterator[Stretch]:
    """One record's bytes, cut where jobs end, and never inside an element."""
    if record is not None and record.method:
        yield Stretch(start, length, record)
        return
    at, end = start, start + length
    while at < end:
        border = (at // PART + 1) * PART
        border -= (border - start) % UNIT
        if border <= at:
            border = at + UNIT
        stop = min(border, end)
        yield Stretch(at, stop - at, record, stop == end)
        at = stop


def make_jobs(stretches: Iterable[Stretch], new_sink: Callable[[Stretch], S]) -> Iterator[Job[S]]:
    """Neighbouring stretches together, up to ``PART`` bytes a job.

    Args:
        stretches: As :func:`tile` makes them.
        new_sink: Makes the sink of one; called when the job is taken.
    """
    index, start, length = 0, 0, 0
    sinks: list[S] = []
    for stretch in stretches:
        follows = stretch.start == start + length
        full = length + stretch.length > PART or len(sinks) >= _MOST_SINKS
        if sinks and (full or not follows):
            yield Job(index, start, length, sinks)
            index, sinks = index + 1, []
        if not sinks:
            start, length = stretch.start, 0
        sinks.append(new_sink(stretch))
        length += stretch.length
    if sinks:
        yield Job(index, start, length, sinks)
