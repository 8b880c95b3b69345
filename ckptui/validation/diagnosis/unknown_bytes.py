"""Bytes of no known format: one byte repeated, encrypted, or the first bytes of something cut."""

from __future__ import annotations

import zlib
from typing import Final

from ckptui.formats.torch_front import read_from_front
from ckptui.terms import Category
from ckptui.validation.diagnosis.evidence import BOUNDS, Evidence
from ckptui.validation.diagnosis.model import Cause

_ENCRYPTED: Final = (
    (b"Salted__", "encrypted by OpenSSL", "openssl enc -d … -in FILE -out NEW"),
    (b"age-encryption.org/v1", "encrypted by age", "age -d -o NEW FILE"),
    (b"-----BEGIN PGP MESSAGE", "encrypted by PGP", "gpg -o NEW -d FILE"),
    (b"-----BEGIN AGE ENCRYPTED FILE", "encrypted by age", "age -d -o NEW FILE"),
    (b"LUKS\xba\xbe", "an encrypted disk (LUKS)", ""),
)
_SHORTEST: Final = 64
_FULL: Final = 0.98
"""Random bytes do not shrink; deflate takes numbers of a tensor down to 0.93 or less."""


def find(evidence: Evidence) -> Cause | None:
    """What can be said of bytes that no format claims."""
    if evidence.header.format == "foreign:text":
        return _encrypted(evidence)
    if evidence.header.format not in {"", "zip"} or evidence.size == 0:
        return None
    if evidence.header.format == "zip":
        return _beginning(evidence) or _lost_directory(evidence)
    return _encrypted(evidence) or _repeated(evidence) or _random(evidence)


def _encrypted(evidence: Evidence) -> Cause | None:
    for start, what, command in _ENCRYPTED:
        if evidence.head.startswith(start):
            reason = f"not a checkpoint as it is: {what}"
            return Cause("encrypted", reason, advice=command)
    return None


def _repeated(evidence: Evidence) -> Cause | None:
    byte = evidence.sample[:1]
    if evidence.size < _SHORTEST or evidence.sample.strip(byte):
        return None
    every = "every byte" if len(evidence.sample) == evidence.size else "every byte looked at"
    reason = f"nothing but one byte, repeated: {every} is 0x{byte[0]:02x}; cause not known"
    lines = ("0xff is what erased flash memory reads as",) if byte == b"\xff" else ()
    return Cause("one-byte", reason, lines, category=Category.CORRUPTED)


def _random(evidence: Evidence) -> Cause | None:
    sample = evidence.sample
    if len(sample) < 4096 or len(zlib.compress(sample, 1)) < _FULL * len(sample):
        return None
    reason = (
        "not a checkpoint: its bytes look random and belong to no format known here "
        "(encrypted, compressed, or a piece of another file); cause not known"
    )
    return Cause("random", reason)


def _beginning(evidence: Evidence) -> Cause | None:
    """A zip needs 22 bytes for its end record and 30 for a record's header."""
    if evidence.size >= 52 or not evidence.head.startswith(b"PK\x03\x04"):
        return None
    reason = (
        f"cut short at byte {evidence.size:,}, inside the first header of a zip archive; "
        "cause not known"
    )
    return Cause("cut-short", reason, category=Category.CORRUPTED)


def _lost_directory(evidence: Evidence) -> Cause | None:
    """A zip whose directory nobody can read, and whose first records are torch's."""
    if not evidence.head.startswith(b"PK\x03\x04") or evidence.header.records:
        return None
    front = read_from_front(evidence.window(), BOUNDS)
    if not front.root_name:
        return None
    tensors = f" and {len(front.tensors):,} tensors" if front.tensors else ""
    reason = (
        f"its directory at the end is damaged; {len(front.records):,} records{tensors} are named "
        "before it; cause not known"
    )
    return Cause("lost-directory", reason, category=Category.CORRUPTED)
