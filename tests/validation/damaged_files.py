"""Damaged files by many hands, each with what its maker knows of it. No file is read here."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import random
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from ckptui.terms import Category

FOREIGN, CORRUPTED, INCOMPATIBLE = Category.FOREIGN, Category.CORRUPTED, Category.INCOMPATIBLE


@dataclass(frozen=True)
class Damaged:
    """One file: its name, its bytes, where it belongs, and words that must be in its reason."""

    name: str
    data: bytes
    category: Category
    words: tuple[str, ...]


@dataclass(frozen=True)
class Bases:
    """Whole files by torch and safetensors: one saved earlier and longer, one of equal length."""

    zip: bytes
    longer: bytes
    twin: bytes
    legacy: bytes
    safetensors: bytes


WRITE_BASES = """
import sys, torch
from safetensors.torch import save_file
def state(tensors, step, seed):
    torch.manual_seed(seed)
    model = {f"layer{n}.weight": torch.randn(64, 64) for n in range(tensors)}
    return {"version": "1.0", "status": "complete", "step": step, "model": model}
def at(name):
    import os
    os.makedirs(f"{sys.argv[1]}/{name}")
    return f"{sys.argv[1]}/{name}/good.pt"
torch.save(state(6, 100, 0), at("zip"))
torch.save(state(9, 50, 1), at("longer"))
torch.save(state(6, 100, 2), at("twin"))
torch.save(state(6, 100, 0), at("legacy"), _use_new_zipfile_serialization=False)
save_file(state(4, 0, 0)["model"], at("safetensors"))
"""


def all_damaged(bases: Bases) -> Iterator[Damaged]:
    """Every kind."""
    yield from cut_files(bases)
    yield from zeroed_files(bases)
    yield from moved_files(bases)
    yield from transferred_files(bases)
    yield from mixed_files(bases)
    yield from flipped_files(bases)
    yield from repacked_files(bases)
    yield from foreign_files(bases)


Words = tuple[str, ...]


def cut_files(bases: Bases) -> Iterator[Damaged]:
    """Files that end too early."""
    g, old, s = bases.zip, bases.legacy, bases.safetensors
    for part in (0.1, 0.5, 0.9):
        size = int(len(g) * part)
        words: Words = ("cut short", f"{size:,}", "model.layer")
        yield Damaged(f"cut_{part}.pt", g[:size], CORRUPTED, words)
        yield Damaged(f"old_{part}.pt", old[: int(len(old) * part)], CORRUPTED, ("cut short",))
    yield Damaged("cut_end.pt", g[:-10], CORRUPTED, ("directory", "every record is there"))
    yield Damaged("cut_20.pt", g[:20], CORRUPTED, ("cut short at byte 20",))
    yield Damaged("empty.pt", b"", CORRUPTED, ("empty",))
    yield Damaged("half.safetensors", s[: len(s) // 2], CORRUPTED, ("cut short",))
    yield Damaged("start.safetensors", s[:100], CORRUPTED, ("cut short", "header"))
    yield Damaged("empty.safetensors", b"", CORRUPTED, ("empty",))


def zeroed_files(bases: Bases) -> Iterator[Damaged]:
    """Zeros where data belongs."""
    g = bases.zip
    size = len(g)
    yield Damaged("zeros.pt", bytes(size), CORRUPTED, ("nothing but zeros", f"{size:,}"))
    yield Damaged("few_zeros.pt", bytes(20), CORRUPTED, ("nothing but zeros",))
    half = g[:50_000] + bytes(size - 50_000)
    yield Damaged("half_zeros.pt", half, CORRUPTED, ("written up to byte 50,000", "only zeros"))
    for count in (512, 4096):
        words: Words = (f"its first {count:,} bytes are zeros", "block")
        yield Damaged(f"head_{count}.pt", bytes(count) + g[count:], CORRUPTED, words)
    block = g[:40_960] + bytes(4096) + g[45_056:]
    words = ("zeros (4,096 bytes)", "model.layer2.weight", "cause not known")
    yield Damaged("block.pt", block, CORRUPTED, words)
    two = block[:61_440] + bytes(4096) + block[65_536:]
    words = ("2 blocks of zeros", "model.layer2.weight", "model.layer3.weight")
    yield Damaged("blocks.pt", two, CORRUPTED, words)
    yield Damaged("ones.pt", b"\xff" * 5000, CORRUPTED, ("one byte, repeated", "0xff"))


def moved_files(bases: Bases) -> Iterator[Damaged]:
    """Bytes that are missing from the middle, or too many there."""
    g, old = bases.zip, bases.legacy
    words: Words = ("71 bytes went missing", "model.layer2.weight")
    yield Damaged("missing.pt", g[:40_000] + g[40_071:], CORRUPTED, words)
    yield Damaged(
        "missing_old.pt", old[:40_000] + old[40_009:], CORRUPTED, ("9 bytes went missing",)
    )
    many = g[:40_000] + b"log line\n" + g[40_000:]
    yield Damaged("inserted.pt", many, CORRUPTED, ("9 bytes too many", "model.layer2.weight"))


def transferred_files(bases: Bases) -> Iterator[Damaged]:
    """Copies that took a checkpoint for text."""
    for name, data in (("zip", bases.zip), ("old", bases.legacy)):
        lines = data.replace(b"\n", b"\r\n")
        yield Damaged(f"{name}_crlf.pt", lines, CORRUPTED, ("transferred as text", "line feed"))
        replaced = data.decode("utf-8", "replace").encode()
        yield Damaged(f"{name}_utf8.pt", replaced, CORRUPTED, ("were replaced", "lost"))
        doubled = data.decode("latin-1").encode()
        yield Damaged(f"{name}_double.pt", doubled, CORRUPTED, ("stands there as two",))
        bits = bytes(byte & 0x7F for byte in data)
        yield Damaged(f"{name}_7bit.pt", bits, CORRUPTED, ("highest bit",))
    nothing = bases.zip.replace(b"\r", b"")
    yield Damaged("no_returns.pt", nothing, CORRUPTED, ("carriage return (0x0d) was taken out",))
    lines = bases.safetensors.replace(b"\n", b"\r\n")
    yield Damaged("crlf.safetensors", lines, CORRUPTED, ("transferred as text",))


def mixed_files(bases: Bases) -> Iterator[Damaged]:
    """Two saves in one file, and whole ones with something before or behind."""
    g, longer, twin = bases.zip, bases.longer, bases.twin
    words: Words = (f"whole checkpoint in its first {len(g):,} bytes", "older, longer save")
    yield Damaged("over_old.pt", g + longer[len(g) :], CORRUPTED, words)
    words = ("records of two saves", "broken off")
    yield Damaged("broken_off.pt", longer[:60_000] + g[60_000:], CORRUPTED, words)
    yield Damaged("grown.pt", g[:60_000] + longer[60_000:], CORRUPTED, words)
    yield Damaged("twin.pt", twin[:60_000] + g[60_000:], CORRUPTED, words)
    words = ("whole checkpoint", "another whole one", "cat")
    yield Damaged("joined.pt", g + twin, CORRUPTED, words)
    yield Damaged("zeros_behind.pt", g + bytes(100_000), CORRUPTED, ("only zeros",))
    yield Damaged("page_behind.pt", g + b"<html><p>" * 40, CORRUPTED, ("an HTML page",))
    page = b"<html><body>wait</body></html>"
    words = ("a whole checkpoint", f"{len(page)} bytes stand before it", "HTML")
    yield Damaged("page_before.pt", page + g, CORRUPTED, words)
    yield Damaged("log_before.pt", b"x" * 100 + g, CORRUPTED, ("100 bytes stand before it",))


def flipped_files(bases: Bases) -> Iterator[Damaged]:
    """Single damaged bytes."""
    g = bases.zip
    key = g.index(b"layer2.weight")
    words: Words = ("one bit is flipped", f"{key:,}", "mayer2.weight", "was model.layer2.weight")
    yield Damaged("key.pt", _flip(g, key, 1), CORRUPTED, words)
    step = g.index(b"X\x04\x00\x00\x00stepq") + 12
    words = ("one bit is flipped", "step reads", "was 100")
    yield Damaged("step.pt", _flip(g, step, 1), CORRUPTED, words)
    opcode = g.index(b"X\x07\x00\x00\x00version")
    words = ("one bit is flipped", f"byte {opcode:,}", "in its pickle")
    yield Damaged("opcode.pt", _flip(g, opcode, 1), CORRUPTED, words)
    where = g.index(b"good/data/3") + 2000
    words = ("one bit is flipped", f"{where:,}", "model.layer3.weight")
    yield Damaged("tensor.pt", _flip(g, where, 4), CORRUPTED, words)
    words = ("one byte is wrong", f"{where:,}")
    yield Damaged("byte.pt", _flip(g, where, 0xA5), CORRUPTED, words)
    many = g[:where] + random.Random(1).randbytes(64) + g[where + 64 :]
    yield Damaged("burst.pt", many, CORRUPTED, ("model.layer3.weight", "cause not known"))
    lost = g.index(b"good/data/3") - 30
    yield Damaged("local.pt", _flip(g, lost, 1), CORRUPTED, ("local header",))
    unlisted = _flip(g, g.index(b"PK\x01\x02"), 1)
    yield Damaged("directory.pt", unlisted, CORRUPTED, ("directory",))


def _flip(data: bytes, at: int, mask: int) -> bytes:
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


def repacked_files(bases: Bases) -> Iterator[Damaged]:
    """Archives that other tools have packed again."""
    g = bases.zip
    version = {"version": b"11\n"}
    yield Damaged("lost_3.pt", _repack(g, drop=("data/3",)), CORRUPTED, ("data/3", "missing"))
    yield Damaged("lost_pickle.pt", _repack(g, drop=("data.pkl",)), CORRUPTED, ("data.pkl",))
    yield Damaged("lost_version.pt", _repack(g, drop=("version",)), CORRUPTED, ("version",))
    yield Damaged("short.pt", _repack(g, {"data/3": b"x" * 100}), CORRUPTED, ("100 bytes",))
    yield Damaged("order.pt", _repack(g, {"byteorder": b"middle"}), CORRUPTED, ("byte order",))
    yield Damaged("no_root.pt", _repack(g, root=""), INCOMPATIBLE, ("packed again", "folder"))
    yield Damaged("deep.pt", _repack(g, root="x/good/"), INCOMPATIBLE, ("packed again", "too deep"))
    yield Damaged("mac.pt", _repack(g, first="__MACOSX/._good"), INCOMPATIBLE, ("on a Mac",))
    newer = _repack(g, version, drop=(".data/serialization_id",))
    yield Damaged("newer.pt", newer, INCOMPATIBLE, ("version 11", "upgrade torch"))


def _repack(
    data: bytes,
    change: dict[str, bytes] | None = None,
    *,
    drop: tuple[str, ...] = (),
    root: str = "good/",
    first: str = "",
) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        if first:
            new.writestr(first, b"x")
        for name in old.namelist():
            word = name.partition("/")[2]
            if word not in drop:
                new.writestr(root + word, (change or {}).get(word, old.read(name)))
    return made.getvalue()


def foreign_files(bases: Bases) -> Iterator[Damaged]:
    """What is no checkpoint at all, or one inside something else."""
    g = bases.zip
    page = b"<!DOCTYPE html><html><head><title>\n 404 &amp; Not\x1bFound </title></head></html>"
    yield Damaged("page.pt", page, FOREIGN, ("HTML page titled “404 & Not", "download"))
    yield Damaged("page.safetensors", page, FOREIGN, ("HTML page",))
    error = b'<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>'
    yield Damaged("store.pt", error, FOREIGN, ("object store", "NoSuchKey"))
    told = json.dumps({"error": "Repository not found"}).encode()
    yield Damaged("told.pt", told, FOREIGN, ("server's error message", "Repository not found"))
    yield Damaged("json.pt", b'{"a": 1, "b": [2]}', FOREIGN, ("JSON", "a, b"))
    oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 12345\n"
    yield Damaged("lfs.pt", pointer.encode(), FOREIGN, ("git-lfs", "git lfs pull"))
    yield Damaged("link.pt", f"../../blobs/{oid}".encode(), FOREIGN, ("text of a link", oid))
    yield Damaged("log.pt", b"hello\nworld\n", FOREIGN, ("text", "hello"))
    yield Damaged("gz.pt", gzip.compress(g), FOREIGN, ("torch checkpoint", "gzip"))
    yield Damaged("xz.pt", lzma.compress(g), FOREIGN, ("torch checkpoint", "xz"))
    yield Damaged("bz2.pt", bz2.compress(g), FOREIGN, ("torch checkpoint", "bzip2"))
    log = gzip.compress(b"step 1 loss 0.5\n" * 99)
    yield Damaged("gz_log.pt", log, FOREIGN, ("gzip", "holds text"))
    yield Damaged("b64.pt", base64.encodebytes(g), FOREIGN, ("torch checkpoint", "base64"))
    yield Damaged("hex.pt", g.hex().encode(), FOREIGN, ("torch checkpoint", "hexadecimal"))
    yield Damaged("tar.pt", _tar({"a/x.pt": g, "notes": b"n"}), FOREIGN, ("tar", "a/x.pt"))
    yield Damaged("zip.pt", _zip({"x.pt": g, "y.pt": g}), FOREIGN, ("zip", "2 checkpoints"))
    salted = b"Salted__" + random.Random(3).randbytes(9000)
    yield Damaged("salted.pt", salted, FOREIGN, ("encrypted by OpenSSL",))
    noise = b"\xf1" + random.Random(2).randbytes(9000)
    yield Damaged("noise.pt", noise, FOREIGN, ("look random", "cause not known"))


def _tar(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


def _zip(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()
