"""Transfers that took a checkpoint for text: line ends, character sets, seven-bit lines.

Each rule counts over a sample of the bytes, and speaks only where chance is out of the question:
in a tensor's bytes one line feed in 256 stands after a carriage return.
"""

from __future__ import annotations

from typing import Final

from ckptui.terms import Category
from ckptui.validation.diagnosis.evidence import Evidence
from ckptui.validation.diagnosis.model import Cause

_ENOUGH: Final = 8
"""So many equal chances of 1 in 256 are none."""
_EXPECTED: Final = 24
"""Bytes of a kind that must be there by chance before their absence says anything: e**-24."""
_REPLACEMENT: Final = b"\xef\xbf\xbd"
_LEGACY: Final = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"
_PROTOCOLS: Final = (b"\2", b"\3", b"\4", b"\5")
_BINARY: Final = bytes(range(9)) + bytes(range(14, 27))
_FORMATS: Final = frozenset(
    {"", "zip", "torch-zip", "torch-legacy", "pickle", "torchscript", "safetensors"}
)
_BINARY_COPY: Final = "copy it again as a binary file (FTP: type `binary`; git: mark it -text)"


def find(evidence: Evidence) -> Cause | None:
    """What a text-mode transfer did to the bytes, or None."""
    if evidence.header.format not in _FORMATS or not _was_checkpoint(evidence.head):
        return None
    return _utf8(evidence) or _seven_bit(evidence) or _line_ends(evidence)


def _was_checkpoint(head: bytes) -> bool:
    """True for the first bytes of a checkpoint, also as such a transfer leaves them."""
    if head.startswith(b"PK\x03\x04") or head[8:9] == b"{":
        return True
    replaced = _LEGACY[:4].decode("utf-8", "replace").encode()
    doubled = _LEGACY[:8].decode("latin-1").encode()
    stripped = bytes(byte & 0x7F for byte in _LEGACY)
    lines = _LEGACY.replace(b"\n", b"\r\n")
    return head.startswith((replaced, doubled, stripped, lines))


def _utf8(evidence: Evidence) -> Cause | None:
    """Valid UTF-8 all through, which no tensor is."""
    head = evidence.head
    if head.isascii() or not any(byte in _BINARY for byte in head[:512]):
        return None
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return None
        text = head[: error.start].decode("utf-8")
    foreign = [char for char in text if char > "\x7f"]
    if len(foreign) < _ENOUGH:
        return None
    if text.count("\ufffd") >= len(foreign) // 2:
        count = f"{head.count(_REPLACEMENT):,} replacement characters (EF BF BD)"
        return Cause(
            "utf8-replaced",
            "its bytes above 0x7f were replaced: it was decoded and written as UTF-8 text, and "
            "what stood there is lost",
            (f"{count} in its first {len(head):,} bytes",),
            _BINARY_COPY,
            Category.CORRUPTED,
        )
    if all(char <= "\xff" for char in foreign):
        return Cause(
            "utf8-doubled",
            "it was written as UTF-8 text: each of its bytes above 0x7f stands there as two",
            ("all its first bytes are valid UTF-8, which no checkpoint's are",),
            "iconv -f UTF-8 -t ISO-8859-1 FILE > NEW   (then validate NEW)",
            Category.CORRUPTED,
        )
    return None


def _seven_bit(evidence: Evidence) -> Cause | None:
    """Every pickle that torch writes begins with a byte 0x80."""
    if not evidence.head.isascii() or not evidence.tail.isascii():
        return None
    stripped = evidence.head.startswith(bytes(byte & 0x7F for byte in _LEGACY))
    if not stripped and not _begins_stripped(evidence.head):
        return None
    return Cause(
        "seven-bit",
        "the highest bit of every byte was cleared: it went through a 7-bit transfer, and what "
        "stood there is lost",
        ("none of the bytes looked at is above 0x7f, and a pickle begins with 0x80",),
        _BINARY_COPY,
        Category.CORRUPTED,
    )


def _begins_stripped(head: bytes) -> bool:
    """True where a zip's first record is a pickle whose 0x80 has become 0 (protocols 2 to 5)."""
    if not head.startswith(b"PK\x03\x04") or b"/data.pkl" not in head[30:512]:
        return False
    start = 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    return head[start : start + 1] == b"\0" and head[start + 1 : start + 2] in _PROTOCOLS


def _line_ends(evidence: Evidence) -> Cause | None:
    sample = evidence.sample
    feeds, pairs, returns = (sample.count(what) for what in (b"\n", b"\r\n", b"\r"))
    if feeds >= _ENOUGH and pairs == feeds:
        return Cause(
            "crlf",
            "transferred as text: every line feed in it was made into carriage return and line "
            "feed, which moved all its bytes",
            (f"all {feeds:,} line feeds looked at stand after a carriage return",),
            "perl -pe 's/\\r\\n/\\n/' FILE > NEW   (takes exactly that back; then validate NEW)",
            Category.CORRUPTED,
        )
    around = min(sample.count(bytes([byte])) for byte in (0x0B, 0x0C, 0x0E, 0x0F))
    if returns == 0 and around >= _EXPECTED:
        return Cause(
            "no-returns",
            "transferred as text: every carriage return (0x0d) was taken out of it, and where "
            "they stood is lost",
            (f"none is left, though its neighbours 0x0c and 0x0e are there {around:,} times",),
            _BINARY_COPY,
            Category.CORRUPTED,
        )
    if pairs == 0 and feeds * returns // max(1, len(sample)) >= _EXPECTED:
        return Cause(
            "lf",
            "transferred as text: every carriage return before a line feed was taken out of it, "
            "and where they stood is lost",
            (f"no such pair is left, though {feeds:,} line feeds are",),
            _BINARY_COPY,
            Category.CORRUPTED,
        )
    return None
