"""Content decides what a file is; other things are named for what they are."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import pickle
import sqlite3
import tarfile

import numpy as np
import pytest

from ckptui.formats.reader import read_header_from
from ckptui.formats.recognise import FOREIGN, FORMATS, describe, recognise
from ckptui.formats.window import BytesSource

_LFS = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)
_PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")


def _tar(*names: str) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 4
            archive.addfile(info, io.BytesIO(b"abcd"))
    return target.getvalue()


def _npy() -> bytes:
    target = io.BytesIO()
    np.save(target, np.zeros(3))
    return target.getvalue()


CASES: list[tuple[bytes, str]] = [
    (b"", "empty"),
    (bytes(4096), "zeros"),
    (b"<!DOCTYPE html>\n<html><body>404", "foreign:html"),
    (b"\xef\xbb\xbf\n  <HTML lang=en>", "foreign:html"),
    (b"<?xml version='1.0'?><!DOCTYPE html>", "foreign:html"),
    (b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>", "foreign:xml"),
    (_LFS, "foreign:git-lfs"),
    (gzip.compress(b"abc", mtime=0), "foreign:gzip"),
    (lzma.compress(b"abc"), "foreign:xz"),
    (json.dumps({"a": 1}).encode(), "foreign:json"),
    (b'[\n  {"a": 1}]', "foreign:json"),
    (b"{}", "foreign:json"),
    (_PNG, "foreign:image"),
    (b"\xff\xd8\xff\xe0\0\x10JFIF", "foreign:image"),
    (b"hello\nworld\n", "foreign:text"),
    ("größe: 3\n".encode(), "foreign:text"),
    (_tar("notes.txt"), "foreign:tar"),
    (_tar("sys_info", "pickle", "storages", "tensors"), "torch-tar"),
    (_tar("storages", "tensors", "pickle"), "torch-tar"),
    (_npy(), "foreign:npy"),
    (b"\x7fELF\x02\x01\x01\0\0\0\0", "foreign:elf"),
    (b"GGUF\x03\0\0\0", "gguf"),
    (b"\x89HDF\r\n\x1a\n\0\0", "hdf5"),
    (bytes([1]) * 512 + b"\x89HDF\r\n\x1a\n", "hdf5"),
    (pickle.dumps({"a": 1}, 2), "pickle"),
    (pickle.dumps({"a": 1}, 5), "pickle"),
    (pickle.dumps({"a": 1}, 0), "pickle"),
    (pickle.dumps([1, 2], 0), "pickle"),
    (b"PK\x05\x06" + bytes(18), "zip"),
    (bytes.fromhex("deadbeef00ff"), ""),
]


@pytest.mark.parametrize(("data", "name"), CASES)
def test_a_file_is_named_by_its_content(data: bytes, name: str) -> None:
    assert recognise(data[:1024], len(data)) == name
    assert read_header_from(BytesSource(data), len(data), "x.pt").format == name


def test_a_database_is_no_checkpoint(tmp_path: object) -> None:
    path = f"{tmp_path}/a.pt"
    with sqlite3.connect(path) as connection:
        connection.execute("create table a (b)")
    with open(path, "rb") as file:
        data = file.read()
    assert recognise(data[:1024], len(data)) == "foreign:sqlite"


def test_every_name_has_words() -> None:
    assert describe("foreign:html") == "an HTML page"
    assert describe("torch-zip") == "torch checkpoint"
    assert describe("") == "not recognised"
    named = {name for _, name in CASES if name}
    known = {*FORMATS, *(f"foreign:{what}" for what in FOREIGN)}
    assert named <= known


@pytest.mark.parametrize(
    "start",
    [b"PK\x03\x04", b"\x80\x02\0\0", b"\x1f\x8b\0\0", b"BZh\0", b"ID3\0", b"x\x9c\0\0",
     b"\xff\xd8\xff\0", b"{}\n\0", b"<?\0\0", b"II*\0", b"\xef\xbb\xbf\0"],
)  # fmt: skip
def test_a_length_that_looks_like_another_format(start: bytes) -> None:
    head = start + bytes(4) + b'{"a":{"dtype":"F32"'
    assert recognise(head, 100_000_008) == "safetensors"


def test_a_zip_of_the_oldest_version_is_a_zip() -> None:
    # torch's own first header: version 0, flags 0x0808, stored.
    head = b"PK\x03\x04\0\0\x08\x08\0\0" + bytes(16) + b"\x0a\0\0\0a/data.pkl"
    assert recognise(head, 5000) == "torch-zip"


def test_pickles_without_a_protocol_byte() -> None:
    for value in ({"a": 1}, [1, 2], {"a": [1.5, {"b": None}]}):
        for protocol in (0, 1):
            data = pickle.dumps(value, protocol)
            assert recognise(data, len(data)) == "pickle", (value, protocol)


def test_a_plain_pickle_is_read() -> None:
    data = pickle.dumps({"step": 3, "w": [1.5]}, 4)
    header = read_header_from(BytesSource(data), len(data))
    assert (header.format, header.keys, header.top["step"]) == ("pickle", ("step", "w"), 3)
    cut = read_header_from(BytesSource(data[:-3]), len(data) - 3)
    assert [p.code for p in cut.problems] == ["cut-short"]
