"""Bytes missing from the middle of a file, or too many there: everything behind them has moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ckptui.formats.model import Record, TensorInfo
from ckptui.formats.torch_front import read_from_front
from ckptui.formats.zip_layout import LOCAL
from ckptui.terms import Category
from ckptui.validation.checksums import record_label
from ckptui.validation.diagnosis.evidence import BOUNDS, Evidence
from ckptui.validation.diagnosis.model import Cause

_LOCAL: Final = b"PK\x03\x04"
_MOST: Final = 5_000
_COUNT: Final = 8  # bytes of a legacy storage's own number of elements
_AGAIN: Final = "copy it again from where it came from, or go back to an earlier checkpoint"


def find(evidence: Evidence) -> Cause | None:
    """How many bytes are missing or too many, and in which record."""
    if evidence.finding.category is not Category.CORRUPTED or not evidence.content.records:
        return None
    records = list(evidence.content.records[:_MOST])
    if evidence.header.format == "torch-zip":
        return _in_zip(evidence, records)
    if evidence.header.format == "torch-legacy":
        return _in_legacy(evidence, records)
    return None


def _in_zip(evidence: Evidence, records: list[Record]) -> Cause | None:
    """The first records stand where they were written, the last ones nearer to the directory.

    The directory's reader has put every record as far from it as it was written, so that where
    bytes are missing before it the first record lies before byte 0.
    """
    missing = -records[0].header_start
    if not missing or not evidence.head.startswith(_LOCAL):
        return None
    at_written = [_is_there(evidence, record, missing) for record in records]
    at_moved = [_is_there(evidence, record, 0) for record in records]
    turn = next((n for n, there in enumerate(at_written) if not there), len(records))
    if turn == 0 or not all(at_moved[turn:]) or (turn == len(records) and missing < 0):
        return None
    # Read from the moved place its pickle says nothing; read from the front it does.
    front = read_from_front(evidence.window(), BOUNDS)
    return _cause(records[turn - 1], missing, front.tensors)


def _is_there(evidence: Evidence, record: Record, moved: int) -> bool:
    at = record.header_start + moved
    name = record.name.encode("utf-8", "surrogateescape")
    raw = evidence.source.pread(LOCAL.size + len(name), at) if at >= 0 else b""
    return raw[:4] == _LOCAL and raw[LOCAL.size :] == name


def _in_legacy(evidence: Evidence, records: list[Record]) -> Cause | None:
    """Each storage begins with its number of elements: there, or that much earlier or later."""
    last = records[-1]
    missing = last.data_start + last.size - evidence.size
    wanted = {
        f"data/{key}": storage.numel.to_bytes(_COUNT, "little")
        for key, storage in evidence.header.storages.items()
        if 0 <= storage.numel < 1 << 63
    }
    if not missing or any(record.name not in wanted for record in records):
        return None
    first = next((n for n, r in enumerate(records) if not _counts(evidence, r, wanted, 0)), None)
    if first is None or first == 0:
        return None
    if not all(_counts(evidence, record, wanted, missing) for record in records[first:]):
        return None
    return _cause(records[first - 1], missing, evidence.header.tensors)


def _counts(evidence: Evidence, record: Record, wanted: dict[str, bytes], missing: int) -> bool:
    at = record.header_start - missing
    return at >= 0 and evidence.source.pread(_COUNT, at) == wanted[record.name]


def _cause(record: Record, missing: int, tensors: Sequence[TensorInfo]) -> Cause:
    where = record_label(record, tensors)
    count = f"{abs(missing):,} byte{'s' if abs(missing) != 1 else ''}"
    what = f"{count} missing" if missing > 0 else f"{count} too many"
    reason = f"{what} inside {where}, so that all behind it has moved; cause not known"
    return Cause("moved", reason, (), _AGAIN)
