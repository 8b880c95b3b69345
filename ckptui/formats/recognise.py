"""What a file is, by its first bytes and its size. Content decides, never the ending.

Signatures are those of the formats' own documents; torch's are described in
torch/serialization.py (zip since 1.6, legacy pickle, tar up to 0.1.1).
"""

from __future__ import annotations

from ckptui.light import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

FORMATS: Final[dict[str, str]] = {
    "torch-zip": "torch checkpoint",
    "torchscript": "TorchScript archive",
    "torch-legacy": "torch checkpoint (legacy pickle)",
    "torch-tar": "torch checkpoint (legacy tar)",
    "safetensors": "safetensors",
    "npz": "NumPy archive",
    "pickle": "plain pickle",
    "gguf": "GGUF",
    "hdf5": "HDF5",
    "sharded-index": "index of a sharded model",
    "zip": "zip archive",
    "empty": "empty file",
    "zeros": "nothing but zeros",
}
"""Format names and what to call them. Beside these: ``foreign:<what>`` and ``""`` (unknown)."""

FOREIGN: Final[dict[str, str]] = {
    "html": "an HTML page",
    "xml": "XML",
    "git-lfs": "a git-lfs pointer",
    "gzip": "gzip-compressed",
    "bzip2": "bzip2-compressed",
    "xz": "xz-compressed",
    "zstd": "zstd-compressed",
    "zlib": "zlib-compressed",
    "7z": "a 7-Zip archive",
    "rar": "a RAR archive",
    "tar": "a tar archive",
    "json": "JSON",
    "image": "an image",
    "pdf": "a PDF",
    "elf": "a program",
    "npy": "a NumPy array",
    "sqlite": "an SQLite database",
    "parquet": "Parquet",
    "arrow": "Arrow",
    "media": "audio or video",
    "text": "text",
}
"""What follows ``foreign:``, and what to call it."""

HEAD: Final = 1024
"""Bytes that :func:`recognise` wants to see, where the file has them."""

_ZIP_STARTS: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"PK00PK")
_LEGACY_MAGIC: Final = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"  # LONG1, 0x1950a86a…
_LEGACY_PROTOCOL: Final = b"M\xe9\x03."  # its second pickle, the number 1001
_LEGACY_TEXT: Final = b"L119547037146038801333356L\n."  # the same number in protocols 0 and 1
_TAR_MEMBERS: Final = frozenset({b"sys_info", b"pickle", b"storages", b"tensors"})
_LONGEST_SAFETENSORS_HEADER: Final = 100_000_000  # safetensors: MAX_HEADER_SIZE

_SIGNATURES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"GGUF", "gguf"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"version https://git-lfs.github.com/spec/", "foreign:git-lfs"),
    (b"version https://hawser.github.com/spec/", "foreign:git-lfs"),
    (b"\x1f\x8b", "foreign:gzip"),
    (b"BZh", "foreign:bzip2"),
    (b"\xfd7zXZ\x00", "foreign:xz"),
    (b"\x28\xb5\x2f\xfd", "foreign:zstd"),
    (b"7z\xbc\xaf\x27\x1c", "foreign:7z"),
    (b"Rar!\x1a\x07", "foreign:rar"),
    (b"\x89PNG\r\n", "foreign:image"),
    (b"\xff\xd8\xff", "foreign:image"),
    (b"GIF87a", "foreign:image"),
    (b"GIF89a", "foreign:image"),
    (b"II*\x00", "foreign:image"),
    (b"MM\x00*", "foreign:image"),
    (b"%PDF-", "foreign:pdf"),
    (b"\x7fELF", "foreign:elf"),
    (b"\x93NUMPY", "foreign:npy"),
    (b"SQLite format 3\x00", "foreign:sqlite"),
    (b"PAR1", "foreign:parquet"),
    (b"ARROW1", "foreign:arrow"),
    (b"OggS", "foreign:media"),
    (b"fLaC", "foreign:media"),
    (b"ID3", "foreign:media"),
)
_OLD_PICKLE: Final = (
    rb"[}\]]q\x00[(.KXUN}\]]|\(?[dl]p[01]\n|c[A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n|\((?:dp|lp)"
)
_HTML: Final = rb"(?i)<!doctype\s+html|<html|<head|<body"
_JSON: Final = rb'[{\[]\s*(?:["{\[\]}\d-]|true|false|null)'
_INDEX: Final = rb'(?s)\{.*"weight_map"\s*:\s*\{'
_CONTROL: Final = bytes(set(range(32)) - {9, 10, 12, 13, 27}) + b"\x7f"


def recognise(head: bytes, size: int) -> str:
    """Name a file's format by its first bytes.

    A zip is called by what its first record suggests; only its directory tells for sure
    (:func:`ckptui.formats.reader.read_header` looks there).

    Args:
        head: The first bytes of the file, :data:`HEAD` where it has as many.
        size: File size in bytes.

    Returns:
        A key of :data:`FORMATS`, ``foreign:`` and a key of :data:`FOREIGN`, or ``""``.
    """
    if size == 0:
        return "empty"
    # Before every other: its first bytes are a length, which may look like anything. A header of
    # 640 bytes begins as a pickle of protocol 2 does, one of 64 MB as a zip. None of them has a
    # brace at byte 8 and zeros before it.
    if _is_safetensors(head, size):
        return "safetensors"
    if head.startswith(_ZIP_STARTS):
        return _zip_kind(head)
    if begins_legacy(head) or _goes_on_as_legacy(head):
        return "torch-legacy"
    if head[:1] == b"\x80":
        return "pickle" if len(head) > 1 and head[1] <= 5 else ""
    if not head.strip(b"\x00"):
        return "zeros"
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    return _by_structure(head) or _by_text(head)


def describe(name: str) -> str:
    """A format's name in words, for example ``an HTML page`` for ``foreign:html``."""
    if name.startswith("foreign:"):
        what = name.removeprefix("foreign:")
        return FOREIGN.get(what, what)
    return FORMATS.get(name, name) or "not recognised"


def _zip_kind(head: bytes) -> str:
    if not head.startswith(b"PK\x03\x04") or len(head) < 31:
        return "zip"
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    if name.endswith(b".npy"):
        return "npz"
    last = name.rpartition(b"/")[2]
    return "torch-zip" if b"/" in name and last in {b"data.pkl", b"version"} else "zip"


def begins_legacy(head: bytes) -> bool:
    """True where a save of torch before 1.6 begins: its magic number as the first pickle."""
    return (head[:1] == b"\x80" and _LEGACY_MAGIC in head[:32]) or head.startswith(_LEGACY_TEXT)


def _goes_on_as_legacy(head: bytes) -> bool:
    """True where its magic number is damaged: its second pickle and its third still tell."""
    second = head[:1] == b"\x80" and _LEGACY_PROTOCOL in head[8:48]
    return second and b"protocol_version" in head[16:96] and b"little_endian" in head[16:128]


def _is_safetensors(head: bytes, size: int) -> bool:
    length = int.from_bytes(head[:8], "little")
    if not 2 <= length <= _LONGEST_SAFETENSORS_HEADER:
        return False
    if head[8:9] == b"{":
        return True
    # The document asks for the brace, the library takes blanks before it.
    return 8 + length <= size and head[8:].lstrip(b" \t\r\n")[:1] == b"{"


def _by_structure(head: bytes) -> str:
    if head[257:262] == b"ustar":
        return "torch-tar" if head[:100].rstrip(b"\x00") in _TAR_MEMBERS else "foreign:tar"
    if head[512:520] == b"\x89HDF\r\n\x1a\n":  # HDF5 allows a user block before it
        return "hdf5"
    if head[:4] == b"RIFF":
        return "foreign:image" if head[8:12] == b"WEBP" else "foreign:media"
    if head[4:8] == b"ftyp":
        return "foreign:media"
    return "foreign:zlib" if _is_zlib(head) else ""


def _is_zlib(head: bytes) -> bool:
    """RFC 1950: the method in the first byte, the two a multiple of 31; and it inflates."""
    if head[:1] != b"x" or int.from_bytes(head[:2], "big") % 31:
        return False
    import zlib

    try:
        return bool(zlib.decompressobj().decompress(head, 64))
    except zlib.error:
        return False


def _by_text(head: bytes) -> str:
    import re  # only what is no checkpoint by its first bytes comes here

    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if re.match(_HTML, text):
        return "foreign:html"
    if text.startswith(b"<?xml"):
        return "foreign:html" if re.search(_HTML, text) else "foreign:xml"
    if re.match(_OLD_PICKLE, head):
        return "pickle"
    if not _is_text(head):
        return ""
    if re.search(_HTML, text[:256]):
        return "foreign:html"
    if re.match(_INDEX, text):
        return "sharded-index"
    return "foreign:json" if re.match(_JSON, text) or text in {b"{}", b"[]"} else "foreign:text"


def _is_text(head: bytes) -> bool:
    if any(byte in _CONTROL for byte in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The head may end in the middle of a character.
        return error.start >= len(head) - 3 and len(head) >= 16
    return True
