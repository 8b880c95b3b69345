"""Whole stretches of other bytes: exchanged, overwritten, joined, interleaved, converted."""

from __future__ import annotations

import zlib
from struct import pack

from ckptui.terms import Category
from tests.workshop.anatomy import Anatomy, Piece, anatomy
from tests.workshop.shop import CORRUPTED, LOST_BEGINNING, Shop, damaged, patched, unseen

_BLOCK = 4096


def make(shop: Shop) -> None:
    """Overwrite a torch zip with what does not belong there."""
    _exchanged(shop)
    _foreign_bytes(shop)
    _two_files(shop)
    _before_and_behind(shop)
    _conversions(shop)


def signed(data: bytes, piece: Piece) -> bytes:
    """The same bytes with the record's CRC made right, in its descriptor and in the directory."""
    crc = pack("<L", zlib.crc32(data[piece.data : piece.after]))
    return patched(patched(data, piece.after + 4, crc), piece.entry + 16, crc)


def fingerprinted(data: bytes, map_: Anatomy) -> bytes:
    """The same bytes with torch's own fold of all CRCs made right, and its record signed.

    The fold is c10::hash_combine over the CRCs in writing order (caffe2/serialize/
    inline_container.cc, ``writeEndOfFile`` and ``writeSerializationId``).
    """
    seed = 0
    identity = map_[".data/serialization_id"]
    for piece in sorted(map_.pieces.values(), key=lambda piece: piece.local):
        if piece is not identity and piece.size:
            crc = zlib.crc32(data[piece.data : piece.after])
            seed ^= (crc + 0x9E3779B9 + (seed << 6) + (seed >> 2)) & ((1 << 64) - 1)
    return signed(patched(data, identity.data + 20, b"%020d" % seed), identity)


def _exchanged(shop: Shop) -> None:
    data, map_ = shop.good("base"), shop.anatomy("base")
    one, two = map_["data/1"], map_["data/2"]
    first, second = data[one.data : one.after], data[two.data : two.after]
    swapped = patched(patched(data, one.data, second), two.data, first)
    truth = damaged("two tensors of one size are exchanged", "model.a.weight", "model.b.weight")
    shop.add("exchanged/two-tensors", swapped, truth)
    forged = signed(signed(swapped, one), two)
    truth = damaged("exchanged, and their checksums made right: torch's own fold of them still "
                    "tells", "fingerprint")  # fmt: skip
    shop.add("exchanged/two-tensors-signed", forged, truth)
    truth = unseen("exchanged, with every checksum and torch's fold of them made right")
    shop.add("unseen/exchanged-and-forged", fingerprinted(forged, map_), truth)


def _foreign_bytes(shop: Shop) -> None:
    data, map_ = shop.good("base"), shop.anatomy("base")
    at = map_["data/0"].data + 1000
    text = b"The quick brown fox jumps over the lazy dog. " * 100
    for name, new in (("text", text[:_BLOCK]), ("random", shop.rng.randbytes(_BLOCK)),
                      ("all-ones", b"\xff" * _BLOCK)):  # fmt: skip
        truth = damaged(f"4,096 foreign bytes ({name}) in a tensor", "model.embed.weight")
        shop.add(f"overwritten/tensor-by-{name}", patched(data, at, new), truth)
    end = map_.directory
    truth = damaged("its directory is overwritten with other bytes")
    shop.add("overwritten/directory", data[:end] + b"\xa5" * (len(data) - end), truth)
    stale = shop.good("other")[at : at + _BLOCK]
    truth = damaged("a stale block, of an older checkpoint, in a tensor", "model.embed.weight")
    shop.add("overwritten/stale-block", patched(data, at, stale), truth)


def _two_files(shop: Shop) -> None:
    data, other, longer = shop.good("base"), shop.good("other"), shop.good("longer")
    truth = damaged("a shorter file was written over a longer one, which was not cut off")
    shop.add("writers/stale-tail", data + longer[len(data) :], truth)
    truth = damaged("two checkpoints one behind the other in one file")
    shop.add("writers/two-joined", data + other, truth)
    shop.add("writers/joined-with-itself", data + data, truth)
    size = min(len(data), len(other))
    blocks = [(data if at // _BLOCK % 2 else other)[at : at + _BLOCK]
              for at in range(0, size, _BLOCK)]  # fmt: skip
    truth = damaged("two writers, block by block, on one path")
    shop.add("writers/interleaved", b"".join(blocks), truth)
    half = shop.anatomy("base")["data/0"].middle
    truth = damaged("its first half by one writer, its second half by another")
    shop.add("writers/torn-in-place", other[:half] + data[half:], truth)


def _before_and_behind(shop: Shop) -> None:
    data = shop.good("base")
    for name, more in (
        ("bytes", b"\xa5" * 100), ("zeros", bytes(_BLOCK)), ("html", b"<html>504</html>\n"),
        ("seventy-thousand-bytes", b"\xa5" * 70_000), ("one-byte", b"\n"),
    ):  # fmt: skip
        truth = damaged(f"{len(more):,} bytes stand behind its end ({name})", f"{len(more):,}")
        if name == "seventy-thousand-bytes":
            truth = damaged("70,000 bytes stand behind its end: no reader finds its end record")
        shop.add(f"added/behind-{name}", data + more, truth)
    for name, more, categories in (
        ("html", b"<!DOCTYPE html><html></html>\n", LOST_BEGINNING),
        ("bytes", b"\xa5" * 100, LOST_BEGINNING),
        ("zeros", bytes(512), CORRUPTED),
    ):
        note = f"{len(more):,} bytes stand before its beginning ({name})"
        truth = damaged(note, categories=categories, format_="")
        shop.add(f"added/before-{name}", more + data, truth)


def _conversions(shop: Shop) -> None:
    """What a transfer in text mode, or a text editor, leaves behind."""
    data = shop.good("base")
    for name, new in (
        ("lf-to-crlf", data.replace(b"\n", b"\r\n")),
        ("crlf-to-lf", data.replace(b"\n", b"\r\n").replace(b"\r", b"")),
        ("utf-8-replaced", data.decode("utf-8", "replace").encode()),
        ("latin-1-to-utf-8", data.decode("latin-1").encode()),
        ("seven-bits", bytes(byte & 0x7F for byte in data)),
    ):
        truth = damaged(f"converted as text: {name.replace('-', ' ')}", "text",
                        categories=frozenset({Category.CORRUPTED}), format_="")  # fmt: skip
        shop.add(f"converted/{name}", new, truth)
    map_ = anatomy(data)
    assert map_["data.pkl"].size  # the original is whole
