"""The plan of the pass covers a file once, whatever its directory says, and is never kept."""

from __future__ import annotations

import random
import tracemalloc
import zlib

from ckptui.formats.model import Record
from ckptui.validation.checksums import CrcSink, Sums, new_sink
from ckptui.validation.scan import PART, UNIT
from ckptui.validation.tiling import Stretch, make_jobs, tile


def _record(name: str, start: int, size: int, method: int = 0) -> Record:
    return Record(name, size, start, max(start - 8, 0), None, method)


def _read(data: bytes, stretches: list[Stretch]) -> tuple[int, dict[str, int]]:
    """What the plan makes of these bytes: the checksum of all, and of each record."""
    sums, of = Sums(), {}
    for job in make_jobs(stretches, new_sink):
        at = job.start
        for sink in job.sinks:
            sink.feed(memoryview(data)[at : at + sink.length])
            at += sink.length
            done = sums.add(sink)
            if done is not None:
                of[done.record.name] = done.crc
        assert at == job.start + job.length
    return sums.content, of


def test_any_records_leave_every_byte_covered_once() -> None:
    luck = random.Random(3)
    data = luck.randbytes(5000)
    for _ in range(300):
        records = [
            _record(str(n), luck.randrange(5000), luck.choice([0, 1, 7, 100, 2000]))
            for n in range(luck.randrange(12))
        ]
        stretches = list(tile(records, len(data)))
        at = 0
        for stretch in stretches:
            if not stretch.again:
                assert stretch.start == at
                at += stretch.length
        assert at == len(data)
        assert sum(stretch.length for stretch in stretches) <= 2 * len(data)
        content, of = _read(data, stretches)
        assert content == zlib.crc32(data)
        for record in records:
            if record.name in of:
                end = record.data_start + record.size
                assert of[record.name] == zlib.crc32(data[record.data_start : end])


def test_overlapping_records_are_read_as_well() -> None:
    data = random.Random(4).randbytes(3000)
    records = [_record("a", 100, 1000), _record("b", 500, 1000), _record("c", 1100, 1000)]
    content, of = _read(data, list(tile(records, len(data))))
    assert content == zlib.crc32(data)
    assert of["b"] == zlib.crc32(data[500:1500])
    assert set(of) == {"a", "b", "c"}


def test_a_record_that_nobody_has_found_is_left_out() -> None:
    records = [Record("lost", 10, -1, 40, 5), Record("far", 10, 1 << 40, 1 << 40, 5)]
    assert list(tile(records, 100)) == [Stretch(0, 100)]


def test_a_hundred_thousand_records_over_the_same_bytes_double_the_reading_at_most() -> None:
    records = [_record(str(n), 0, 1 << 20) for n in range(100_000)]
    assert sum(stretch.length for stretch in tile(records, 1 << 20)) <= 2 << 20


def test_no_stretch_ends_inside_an_element() -> None:
    for start in (0, 1, 13, PART - 3, PART - UNIT, PART):
        size = 3 * PART + 5
        own = [s for s in tile([_record("w", start, size)], start + size) if s.record is not None]
        assert sum(stretch.length for stretch in own) == size
        assert [s.last for s in own] == [False] * (len(own) - 1) + [True]
        assert all((stretch.start - start) % UNIT == 0 for stretch in own)
        assert all(stretch.length <= PART + UNIT for stretch in own)


def test_tiny_records_by_the_hundred_thousand_take_little_memory() -> None:
    records = [_record(str(n), 64 * n + 8, 16) for n in range(100_000)]
    size = 64 * 100_000
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    count = sum(len(job.sinks) for job in make_jobs(tile(records, size), CrcSink))
    most = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert count >= 200_000
    assert most < 4_000_000
