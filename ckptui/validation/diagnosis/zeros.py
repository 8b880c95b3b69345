"""Zeros where data belongs: set aside and never written, or a lost block of the disk.

The filesystem is a witness of its own: it knows what was never written.
"""

from __future__ import annotations

from typing import Final

from ckptui.terms import Category
from ckptui.validation.diagnosis.evidence import SIDE, Evidence
from ckptui.validation.diagnosis.extents import HOLE, SET_ASIDE, WRITTEN, state_of
from ckptui.validation.diagnosis.model import Cause

SECTOR: Final = 512
_BLOCK: Final = 4096
_PROBES: Final = 32
_ZEROED_OUT: Final = 64 << 10
"""ext4 writes up to 32 KB of zeros behind data in space that was set aside (extent_max_zeroout)."""
_LONGEST_HEAD: Final = 8 << 20
_RESTORE: Final = "copy it again from where it came from, or go back to an earlier checkpoint"
_ZEROS_OF_ITS_OWN: Final = frozenset({"hdf5", "torch-tar"})
"""A user block may be zeros, and a tar ends with them."""


def find(evidence: Evidence) -> Cause | None:
    """Where the zeros are, and what is known of how they came there."""
    if evidence.size == 0 or evidence.finding.category not in {
        Category.CORRUPTED,
        Category.FOREIGN,
    }:
        return None
    if evidence.header.format in _ZEROS_OF_ITS_OWN:
        return None
    if not evidence.head[:SECTOR].strip(b"\0"):
        return _head(evidence)
    if evidence.size > SECTOR and not evidence.tail[-SECTOR:].strip(b"\0"):
        return _tail(evidence)
    return None


def _is_zero(evidence: Evidence, at: int) -> bool:
    return not evidence.source.pread(_BLOCK, at).strip(b"\0")


def _head(evidence: Evidence) -> Cause:
    if _all_zero(evidence, 0):
        how, lines = _witness(evidence, 0)
        reason = f"nothing but zeros, all {evidence.size:,} bytes of it: {how}"
        return Cause("all-zeros", reason, lines, _RESTORE, Category.CORRUPTED)
    end = _end_of_head(evidence)
    if end == 0:
        reason = "all zeros where its beginning should be: never written, or lost"
        return Cause("zeroed", f"{reason}; cause not known", (), _RESTORE, Category.CORRUPTED)
    aligned = end // SECTOR * SECTOR
    lines = (f"data begins at byte {end:,}",)
    if aligned:
        reason = (
            f"its first {aligned:,} bytes are zeros, and data follows: a block of the disk that "
            "was lost or never written; cause not known"
        )
    else:
        reason = f"its first {end:,} bytes are zeros, and data follows; cause not known"
    return Cause("lost-block", reason, lines, _RESTORE, Category.CORRUPTED)


def _end_of_head(evidence: Evidence) -> int:
    """Offset of the first byte that is not zero; 0 where it lies too far in to look for."""
    at = 0
    while at < min(evidence.size, _LONGEST_HEAD):
        chunk = evidence.source.pread(1 << 20, at)
        rest = chunk.lstrip(b"\0")
        if rest:
            return at + len(chunk) - len(rest)
        at += len(chunk)
    return 0


def _all_zero(evidence: Evidence, start: int) -> bool:
    """True where everything from ``start`` on is zero, or as much of it as is looked at."""
    left = evidence.size - start
    if left <= _LONGEST_HEAD:
        return not evidence.source.pread(left, start).strip(b"\0")
    step = left // _PROBES
    return all(_is_zero(evidence, start + step * n) for n in range(_PROBES)) and not (
        evidence.tail.strip(b"\0")
    )


def _tail(evidence: Evidence) -> Cause | None:
    """A tail of zeros: no format ends with that many, but for unlucky tensors of legacy files."""
    if evidence.header.format not in {"torch-zip", "zip", "torchscript", "npz"}:
        return None
    if _trailing_only(evidence):
        return None
    start = _start_of_tail(evidence)
    if evidence.size - start < SECTOR:
        return None
    how, lines = _witness(evidence, start)
    reason = (
        f"written up to byte {start:,} of {evidence.size:,}, from there to its end only zeros: "
        f"{how}"
    )
    return Cause("never-written", reason, (*lines, *whole_before(evidence, start)), _RESTORE)


def _trailing_only(evidence: Evidence) -> bool:
    """True where a whole archive stands before the zeros: then they are only too much."""
    return "trailing" in evidence.codes()


def _start_of_tail(evidence: Evidence) -> int:
    """Where the zeros at the end begin: by halves, then to the byte."""
    low, high = 0, evidence.size - min(evidence.size, SIDE)
    if evidence.tail.strip(b"\0"):
        return evidence.size - (len(evidence.tail) - len(evidence.tail.rstrip(b"\0")))
    while high - low > _BLOCK:
        middle = (low + high) // 2
        if _all_zero(evidence, middle):
            high = middle
        else:
            low = middle
    start = max(0, low - _BLOCK)
    chunk = evidence.source.pread(high + _BLOCK - start, start)
    return start + len(chunk.rstrip(b"\0"))


def _witness(evidence: Evidence, start: int) -> tuple[str, tuple[str, ...]]:
    """What the filesystem knows about the zeros from ``start`` on."""
    first = (start + _BLOCK - 1) // _BLOCK * _BLOCK
    if evidence.size - first > 2 * _ZEROED_OUT:
        first += _ZEROED_OUT
    there = state_of(evidence.source.fd, first, evidence.size) if first < evidence.size else WRITTEN
    if there == SET_ASIDE:
        line = (
            "the filesystem has blocks for them that were never written, as fallocate makes them "
            "(rsync --preallocate, aria2, torrent clients)"
        )
        return "the space was set aside and never written", (line,)
    if there == HOLE:
        blocks = evidence.source.info.st_blocks * 512
        line = f"the filesystem has no blocks for them: {blocks:,} of {evidence.size:,} bytes"
        return "nothing was ever written there", (line,)
    return "cause not known", ()


def whole_before(evidence: Evidence, end: int) -> tuple[str, ...]:
    """How many tensors lie whole before ``end``, as a sentence."""
    tensors = [tensor for tensor in evidence.header.tensors if tensor.storage]
    records = evidence.content.records or evidence.header.records
    whole = {
        record.name.rpartition("data/")[2]
        for record in records
        if record.data_start + record.size <= end
    }
    if not tensors:
        return ()
    count = sum(tensor.storage in whole for tensor in tensors)
    return (f"{count:,} of its {len(tensors):,} tensors lie whole before that",)
