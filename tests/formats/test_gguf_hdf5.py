"""GGUF and HDF5: files by their own libraries, and bytes by their documents."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from ckptui.formats.hdf5 import lookup3
from ckptui.formats.model import Header
from ckptui.formats.reader import read_header_from
from ckptui.formats.window import BytesSource
from ckptui.terms import Category, Level, Result
from ckptui.validation.check import check_file
from ckptui.validation.verdict import Verdict
from tests.formats.packed_files import PACKED, unpack

GGUFS = [name for name in PACKED if name.startswith("gguf")]
HDF5S = [name for name in PACKED if name.startswith("hdf5") and "left_open" not in name]


def read(data: bytes) -> Header:
    return read_header_from(BytesSource(data), len(data), "x", full=True)


def judged(data: bytes, tmp_path: Path) -> Verdict:
    path = tmp_path / "model"
    path.write_bytes(data)
    return check_file(path, level=5, settle=False)


def text(value: str, count: str = "<Q") -> bytes:
    return struct.pack(count, len(value)) + value.encode()


def gguf(
    pairs: bytes = b"", tensors: bytes = b"", *, counts: tuple[int, int], data: bytes = b""
) -> bytes:
    """A file of version 3 by hand: (number of tensors, number of pairs)."""
    head = b"GGUF" + struct.pack("<IQQ", 3, *counts) + pairs + tensors
    return head + bytes(-len(head) % 32) + data if tensors else head


def tensor(name: str, shape: tuple[int, ...], kind: int, offset: int) -> bytes:
    body = struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
    return text(name) + body


@pytest.mark.parametrize("name", GGUFS)
def test_what_gguf_writes_is_valid(name: str, tmp_path: Path) -> None:
    data = unpack(name)
    verdict = judged(data, tmp_path)
    assert (verdict.category, verdict.level, verdict.reason) == (Category.VALID, 4, "")
    assert verdict.checks[Level.CHECKSUMS].result is Result.NONE_RECORDED
    header = read(data)
    assert header.metadata["general.architecture"] == "llama"
    assert header.metadata["byteorder"] == ("big" if "big" in name else "little")
    found = {t.name: (t.dtype, t.shape, t.bytes) for t in header.tensors}
    assert found["a.weight"] == ("float32", (3, 64), 768)
    assert found["b.weight"] == ("float16", (7,), 14)
    if "big" not in name:
        assert found["q.weight"] == ("q8_0", (4, 64), 4 * 2 * 34)
    first = header.records[0]
    one = struct.pack(">f" if "big" in name else "<f", 1.0)
    assert data[first.data_start : first.data_start + first.size] == one * 192


@pytest.mark.parametrize("name", GGUFS)
def test_every_cut_of_a_gguf_is_found(name: str, tmp_path: Path) -> None:
    data = unpack(name)
    last = read(data).records[-1]
    whole = last.data_start + last.size
    for end in [*range(4, whole, 37), whole - 1]:
        verdict = judged(data[:end], tmp_path)
        assert verdict.category is Category.CORRUPTED, end
        assert f"cut short at byte {end:,}" in verdict.reason
    assert judged(data[:whole], tmp_path).category is Category.VALID  # without the last padding


def test_a_gguf_of_version_1_has_short_lengths() -> None:
    body = text("w", "<I") + struct.pack("<I2IIQ", 2, 4, 2, 0, 0)
    head = b"GGUF" + struct.pack("<III", 1, 1, 0) + body
    header = read(head + bytes(-len(head) % 32) + bytes(32))
    assert header.problems == ()
    assert [(t.name, t.shape) for t in header.tensors] == [("w", (2, 4))]


@pytest.mark.parametrize(
    ("data", "code", "kind"),
    [
        (gguf(text("a") + struct.pack("<IB", 99, 0), counts=(0, 1)), "bad-header", "damaged"),
        (gguf((text("a") + struct.pack("<IB", 0, 1)) * 2, counts=(0, 2)), "bad-header", "damaged"),
        (gguf(b"", tensor("w", (3,), 0, 1), counts=(1, 0)), "bad-header", "damaged"),
        (gguf(b"", tensor("w", (3,), 2, 0), counts=(1, 0)), "bad-header", "damaged"),
        (gguf(b"", tensor("w", (1,) * 5, 0, 0), counts=(1, 0)), "bad-header", "damaged"),
        (gguf(b"", tensor("w", (3,), 0, 0) * 2, counts=(2, 0)), "bad-header", "damaged"),
        (
            gguf(b"", tensor("w", (16,), 0, 0) + tensor("v", (16,), 0, 32), counts=(2, 0)),
            "tiling",
            "damaged",
        ),
        (gguf(b"", tensor("w", (8,), 0, 64), counts=(1, 0), data=bytes(96)), "hole", "odd"),
        (gguf(b"", tensor("w", (8,), 0, 0), counts=(1, 0), data=bytes(40)), "trailing", "odd"),
        (gguf(b"", tensor("w", (8,), 77, 0), counts=(1, 0)), "reader-limit", "limit"),
        (b"GGUF" + struct.pack("<IQQ", 4, 0, 0), "reader-limit", "limit"),
        (b"GGUF" + struct.pack("<IQQ", 0x12345678, 0, 0), "bad-header", "damaged"),
        (
            gguf(text("general.alignment") + struct.pack("<II", 4, 33), counts=(0, 1)),
            "bad-header",
            "damaged",
        ),
        (gguf(text("a") + struct.pack("<IIQ", 9, 0, 1 << 62), counts=(0, 1)), "cut-short",
         "damaged"),
    ],
)  # fmt: skip
def test_a_gguf_against_the_document(data: bytes, code: str, kind: str) -> None:
    assert [(p.code, p.kind) for p in read(data).problems] == [(code, kind)]


def test_a_vocabulary_without_tensors_is_valid(tmp_path: Path) -> None:
    assert judged(gguf(counts=(0, 0)), tmp_path).category is Category.VALID


@pytest.mark.parametrize("name", HDF5S)
def test_an_hdf5_file_is_recognised_and_not_judged_deeper(name: str, tmp_path: Path) -> None:
    verdict = judged(unpack(name), tmp_path)
    assert verdict.category is Category.UNCHECKED
    assert "superblock" in verdict.reason
    assert verdict.facts.format == "hdf5"


@pytest.mark.parametrize("name", HDF5S)
def test_every_cut_of_an_hdf5_file_is_found(name: str, tmp_path: Path) -> None:
    data = unpack(name)
    start = 4096 if "user" in name else 0
    for end in (start + 9, start + 30, start + 60, start + 100, len(data) - 1):
        verdict = judged(data[:end], tmp_path)
        assert verdict.category is Category.CORRUPTED, end
        assert f"cut short at byte {end:,}" in verdict.reason


@pytest.mark.parametrize("at", [9, 20, 30, 45])
def test_a_flip_in_a_superblock_with_a_checksum_is_found(at: int, tmp_path: Path) -> None:
    for name in ("hdf5_v2", "hdf5_v3"):
        data = bytearray(unpack(name))
        data[at] ^= 4
        assert judged(bytes(data), tmp_path).category is Category.CORRUPTED


def test_an_hdf5_file_whose_writer_was_killed_is_unfinished(tmp_path: Path) -> None:
    verdict = judged(unpack("hdf5_left_open"), tmp_path)
    assert verdict.category is Category.INCOMPLETE
    assert "open for writing" in verdict.reason


def test_the_checksum_is_the_published_one() -> None:
    assert lookup3(b"") == 0xDEADBEEF
    assert lookup3(b"Four score and seven years ago") == 0x17770551
