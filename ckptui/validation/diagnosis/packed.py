"""Checkpoints inside something else: compressed, in a tar or zip, or behind other bytes."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Sequence
from typing import Final

from ckptui.formats.recognise import HEAD, describe, recognise
from ckptui.terms import Category
from ckptui.validation.diagnosis.evidence import Evidence, one_line
from ckptui.validation.diagnosis.model import Cause

_SUFFIXES: Final = (
    ".pt", ".pth", ".ckpt", ".bin", ".pkl", ".safetensors", ".distcp", ".npz", ".gguf", ".h5",
)  # fmt: skip
_CHECKPOINTS: Final = frozenset({"torch-zip", "torch-legacy", "safetensors", "gguf", "hdf5", "npz"})
_MEMORY: Final = 96 << 20
"""Bytes that unpacking the first block may take."""
_TAR_MEMBERS: Final = 200
_KIN: Final = (
    ("model.weights.h5", "a Keras model (.keras)"),
    ("[Content_Types].xml", "an Office document"),
    ("META-INF/MANIFEST.MF", "a Java archive"),
    ("MAR-INF/MANIFEST.json", "a TorchServe model archive (.mar)"),
)


def find(evidence: Evidence) -> Cause | None:
    """What the archive holds, or None where this is no archive."""
    kind = evidence.header.format
    if kind in _UNPACKERS:
        return _compressed(evidence, *_UNPACKERS[kind])
    if kind == "foreign:tar":
        return _holds(evidence, "a tar archive", _tar_names(evidence), "tar -xf FILE")
    if kind == "zip" and evidence.header.records and evidence.finding.category is Category.FOREIGN:
        return _zip(evidence)
    return None


def _gunzip(data: bytes) -> bytes:
    return zlib.decompressobj(31).decompress(data, HEAD)


def _bunzip2(data: bytes) -> bytes:
    return bz2.BZ2Decompressor().decompress(data, HEAD)


def _unxz(data: bytes) -> bytes:
    return lzma.LZMADecompressor(memlimit=_MEMORY).decompress(data, HEAD)


_Unpack = Callable[[bytes], bytes]
_UNPACKERS: Final[dict[str, tuple[str, str, _Unpack | None]]] = {
    "foreign:gzip": ("gzip-compressed", "gunzip -c FILE > NEW", _gunzip),
    "foreign:bzip2": ("bzip2-compressed", "bunzip2 -c FILE > NEW", _bunzip2),
    "foreign:xz": ("xz-compressed", "xz -dc FILE > NEW", _unxz),
    "foreign:zstd": ("zstd-compressed", "zstd -dc FILE > NEW", None),
}


def _compressed(evidence: Evidence, how: str, command: str, unpack: _Unpack | None) -> Cause:
    inside = b""
    if unpack is not None:
        # A block of bzip2 is up to 900 KB; more than that is never needed for its first bytes.
        try:
            inside = unpack(evidence.source.pread(1 << 20, 0))
        except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError, MemoryError):
            inside = b""
    kind = recognise(inside, 1 << 40) if inside else ""
    advice = f"{command}   ({how.partition('-')[0]} unpacks it)"
    if kind in _CHECKPOINTS:
        reason = f"not a checkpoint as it is: a {describe(kind)}, {how}; unpack it first"
    elif kind and kind != "zeros":
        reason = f"not a checkpoint: it is {how}, and holds {describe(kind)}"
    else:
        reason = f"not a checkpoint: it is {how}; what it holds may be one"
    return Cause("compressed", reason, advice=advice)


def _tar_names(evidence: Evidence) -> list[str]:
    """Names of the first members: POSIX ustar headers of 512 bytes, sizes in octal."""
    names: list[str] = []
    at = 0
    for _ in range(_TAR_MEMBERS):
        block = evidence.source.pread(512, at)
        name = block[:100].rstrip(b"\0")
        try:
            size = int(block[124:136].strip(b"\0 ") or b"0", 8)
        except ValueError:
            break
        if len(block) < 512 or not name:
            break
        names.append(name.decode("utf-8", "replace"))
        at += 512 + (size + 511) // 512 * 512
    return names


def _holds(evidence: Evidence, what: str, names: Sequence[str], command: str) -> Cause | None:
    inside = [name for name in names if name.lower().endswith(_SUFFIXES)]
    if not inside:
        return None
    count = "a checkpoint" if len(inside) == 1 else f"{len(inside):,} checkpoints"
    first = one_line(inside[0])
    which = first if len(inside) == 1 else f"first {first}"
    reason = f"not a checkpoint itself: it is {what} that holds {count}, {which}"
    return Cause("archive", reason, advice=f"unpack it: {command}")


def _zip(evidence: Evidence) -> Cause | None:
    names = [record.name for record in evidence.header.records]
    pickles = [name for name in names if name.rpartition("/")[2] == "data.pkl"]
    if pickles:
        return _repacked(pickles[0])
    kin = next((what for name, what in _KIN if name in names), "")
    if kin:
        return Cause("archive", f"not a checkpoint: it is {kin}")
    return _holds(evidence, "a zip archive", names, "unzip FILE -d NEW")


def _repacked(name: str) -> Cause:
    depth = name.count("/")
    where = "without the folder that torch keeps them in" if not depth else "one folder too deep"
    reason = f"its records were packed again by another tool, {where}: torch does not find them"
    advice = (
        "use the file as it was saved; or unpack it and pack the folder that holds data.pkl "
        "itself: zip -0 -r NEW FOLDER"
    )
    return Cause("re-zipped", reason, (f"its pickle is {name}",), advice, Category.INCOMPATIBLE)
