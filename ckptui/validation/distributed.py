"""A ``.distcp`` file: whole torch archives one after another, each checked in its own place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Final

from ckptui.formats.layouts.reading import Slice
from ckptui.formats.model import Header, Record, StorageInfo, TensorInfo
from ckptui.formats.reader import read_header_from
from ckptui.terms import Category, Level, Result
from ckptui.validation.check import Cancelled, OnProgress, Order, changing
from ckptui.validation.container import check_container
from ckptui.validation.finding import Finding, failed, passed, skipped
from ckptui.validation.judge import is_structural, judge
from ckptui.validation.payload import read_payload
from ckptui.validation.reading import Content
from ckptui.validation.scan import CancelledError, Progress
from ckptui.validation.settling import is_young
from ckptui.validation.source import Source
from ckptui.validation.static_load import check_static_load
from ckptui.validation.trouble import out_of_memory, removed, unreadable
from ckptui.validation.verdict import Facts, Verdict

_HEADERS: Final = 24
"""Archives of one file that a header check looks at: its ends, and the largest between."""
_MAGIC: Final = b"PK\x03\x04"
_FORMAT: Final = "torch-zip"


class Shard:
    """One archive of an open file, seen as a file of its own."""

    def __init__(self, source: Source, place: Slice) -> None:
        self._source, self._place = source, place

    def pread(self, count: int, offset: int) -> bytes:
        """Up to ``count`` bytes from ``offset`` of the archive; none beyond its end."""
        count = min(count, self._place.length - offset)
        return self._source.pread(count, self._place.offset + offset) if count > 0 else b""


def check_shard(
    path: str,
    slices: Sequence[Slice],
    order: Order,
    on_progress: OnProgress | None,
    is_cancelled: Cancelled | None,
) -> Verdict:
    """Check the archives of one ``.distcp`` file.

    Args:
        path: The file.
        slices: Its archives in order; they fill it without a gap.
        order: What is asked.
        on_progress: Called with (bytes done, bytes in all).
        is_cancelled: Asked between reads.

    Raises:
        CancelledError: The check is not wanted any more.
    """
    try:
        with Source(path, recall=order.recall) as source:
            verdict = _check(source, slices, order, on_progress, is_cancelled)
            moved = source.moved()
            young = order.settle and is_structural(verdict) and is_young(source.info)
    except MemoryError:
        return out_of_memory(path)
    except FileNotFoundError:
        return removed(path)
    except OSError as error:
        return unreadable(path, error)
    if moved or young:
        return changing(verdict, moved or f"written a moment ago: {verdict.reason}")
    return verdict


def _check(
    source: Source,
    slices: Sequence[Slice],
    order: Order,
    on_progress: OnProgress | None,
    is_cancelled: Cancelled | None,
) -> Verdict:
    findings = {level: passed() for level in Level if level <= order.level}
    deep = order.level >= Level.CHECKSUMS and not order.header_only
    chosen = _some(slices) if order.header_only else slices
    joined = Joined(source.size)
    names: set[str] = set()
    for place in chosen if order.level >= Level.CONTAINER else ():
        if is_cancelled is not None and is_cancelled():
            raise CancelledError
        header = _look(source, place, order, findings, full=not order.header_only)
        names |= set(header.globals)
        joined.add(place, header)
    content = ""
    if deep and findings[Level.CONTAINER].result is not Result.FAIL:
        progress = Progress(source.size, on_progress, is_cancelled)
        levels = [level for level in findings if level >= Level.CHECKSUMS]
        payload = read_payload(source, joined.content(), levels, progress)
        findings |= payload.findings
        content = payload.content
    elif deep:
        for level in [level for level in findings if level >= Level.CHECKSUMS]:
            findings[level] = skipped("the container is not whole")
    facts = Facts(
        _FORMAT,
        globals=tuple(sorted(names)),
        tensors=len(joined.tensors),
        signature=source.signature,
        content=content,
    )
    return judge(source.path, findings, facts, asked=order.level, header_only=order.header_only)


class Joined:
    """The archives of one file as one container, so that one pass reads all of them.

    Every tensor is called as the checkpoint calls it, and lies in storages of its own archive.

    Args:
        size: Of the file, in bytes.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._records: list[Record] = []
        self._storages: dict[str, StorageInfo] = {}
        self._metadata: Mapping[str, str] = {}
        self._count = 0
        self.tensors: list[TensorInfo] = []

    def add(self, place: Slice, header: Header) -> None:
        """Take in one archive."""
        self._count += 1
        mark = f"@{self._count}"
        self._metadata = self._metadata or header.metadata
        for record in header.records:
            # The mark keeps equal names of different archives apart.
            self._records.append(
                replace(
                    record,
                    name=record.name + mark,
                    data_start=record.data_start + place.offset,
                    header_start=record.header_start + place.offset,
                )
            )
        for key, storage in header.storages.items():
            self._storages[key + mark] = replace(storage, key=key + mark)
        for tensor in header.tensors:
            name = f"{place.name}.{tensor.name}" if tensor.name else place.name
            self.tensors.append(replace(tensor, name=name, storage=tensor.storage + mark))

    def content(self) -> Content:
        """All of it as the content of one file."""
        header = Header(
            _FORMAT,
            self._size,
            tensors=tuple(self.tensors),
            storages=self._storages,
            records=tuple(self._records),
            metadata=self._metadata,
        )
        return Content(header, header.records, ())


def _some(slices: Sequence[Slice]) -> Sequence[Slice]:
    if len(slices) <= _HEADERS:
        return slices
    largest = sorted(slices[1:-1], key=lambda each: -each.length)[: _HEADERS - 2]
    return [slices[0], *sorted(largest, key=lambda each: each.offset), slices[-1]]


def _look(
    source: Source, place: Slice, order: Order, findings: dict[Level, Finding], *, full: bool
) -> Header:
    """Levels 2 to 4 of one archive; the first that has something against it is kept."""
    shard = Shard(source, place)
    if not shard.pread(4, 0).startswith(_MAGIC):
        _note(findings, Level.CONTAINER, place, _no_archive(shard, place))
        return Header("", place.length)
    header = read_header_from(shard, place.length, full=full)
    container = check_container(header, header.problems)
    _note(findings, Level.CONTAINER, place, container)
    if container.result is not Result.FAIL:
        if Level.LOAD in findings:
            load = check_static_load(header, header.problems, order.allow_globals)
            _note(findings, Level.LOAD, place, load)
        if Level.KEYS in findings:
            _note(findings, Level.KEYS, place, _shape(header, place))
    return header


def _no_archive(shard: Shard, place: Slice) -> Finding:
    """A value may be stored as the program chose; a tensor is an archive."""
    head = shard.pread(min(place.length, 4096), 0)
    if not head.strip(b"\0"):
        return failed(Category.CORRUPTED, "all zeros: never written, or lost; cause not known")
    if place.shape is None:
        return passed()
    return failed(Category.CORRUPTED, "no archive where .metadata says that one begins; cause "
                  "not known")  # fmt: skip


def _shape(header: Header, place: Slice) -> Finding:
    if place.shape is None or len(header.tensors) != 1:
        return passed()
    held = header.tensors[0].shape
    if prod(held) == prod(place.shape):
        return passed()
    text = f"holds {list(held)} where .metadata says {list(place.shape)}: of another save"
    return failed(Category.CORRUPTED, text)


def _note(findings: dict[Level, Finding], level: Level, place: Slice, finding: Finding) -> None:
    """Keep what stands against it, else a warning, else that it could not be told."""
    now = findings[level]
    if now.category is not None or finding.result in (Result.PASS, Result.NOT_APPLICABLE):
        return
    if finding.category is None and now.result is not Result.PASS:
        return
    where = f"`{place.name}` (at byte {place.offset:,})"
    reason = f"{where}: {finding.reason}" if finding.reason else ""
    note = f"{where}: {finding.note}" if finding.note else ""
    findings[level] = Finding(
        finding.result, note, finding.category, reason, finding.detail, finding.remedy
    )
