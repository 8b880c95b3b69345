"""Bytes missing from the middle of a legacy file, or too many there: all behind them has moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ckptui.formats.model import Record, TensorInfo
from ckptui.terms import Category
from ckptui.validation.checksums import record_label
from ckptui.validation.diagnosis.evidence import Evidence
from ckptui.validation.diagnosis.model import Cause

_MOST: Final = 5_000
_COUNT: Final = 8  # bytes of a legacy storage's own number of elements
_AGAIN: Final = "copy it again from where it came from, or go back to an earlier checkpoint"


def find(evidence: Evidence) -> Cause | None:
    """How many bytes are missing or too many, and in which storage of a legacy file.

    Of a zip its own reader tells (:mod:`ckptui.formats.zip_moved`).
    """
    if evidence.finding.category is not Category.CORRUPTED or not evidence.content.records:
        return None
    if evidence.header.format != "torch-legacy":
        return None
    return _in_legacy(evidence, list(evidence.content.records[:_MOST]))


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
    what = f"{count} went missing" if missing > 0 else f"{count} too many stand"
    reason = f"{what} inside {where}, so that all behind it has moved; cause not known"
    return Cause("moved", reason, (), _AGAIN)
