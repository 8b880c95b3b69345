"""GGUF, version 3, by its document (ggml-org/ggml, docs/gguf.md)."""

from __future__ import annotations

from struct import pack
from typing import Final

from ckptui.terms import Category
from tests.workshop.shop import (
    CORRUPTED,
    INCOMPATIBLE,
    LOST_BEGINNING,
    VALID,
    Shop,
    damaged,
    flipped,
    patched,
    unseen,
)
from tests.workshop.specimen import Kind, Truth

_ALIGNMENT = 32
_TENSORS: Final = (
    ("token_embd.weight", (16, 33), 0),
    ("blk.0.attn_q.weight", (16, 16), 1),
    ("output_norm.weight", (24,), 0),
)
"""Names, shapes, and kinds: 0 is F32, 1 is F16."""
_STRING, _UINT32, _FLOAT32, _ARRAY = 8, 4, 6, 9


def _string(value: str) -> bytes:
    raw = value.encode()
    return pack("<Q", len(raw)) + raw


def _pair(key: str, kind: int, value: bytes) -> bytes:
    return _string(key) + pack("<I", kind) + value


def _aligned(size: int) -> int:
    return -size % _ALIGNMENT


def build(shop: Shop) -> tuple[bytes, int]:
    """A small model, and where its tensor data begins."""
    pairs = [
        _pair("general.architecture", _STRING, _string("llama")),
        _pair("general.name", _STRING, _string("small")),
        _pair("general.alignment", _UINT32, pack("<I", _ALIGNMENT)),
        _pair("llama.block_count", _UINT32, pack("<I", 2)),
        _pair("llama.rope.freq_base", _FLOAT32, pack("<f", 10000.0)),
        _pair("tokenizer.ggml.tokens", _ARRAY,
              pack("<IQ", _STRING, 3) + _string("<s>") + _string("</s>") + _string("a")),
    ]  # fmt: skip
    infos, data = b"", b""
    for name, shape, kind in _TENSORS:
        infos += _string(name) + pack("<I", len(shape)) + pack(f"<{len(shape)}Q", *shape)
        infos += pack("<IQ", kind, len(data))
        count = 1
        for length in shape:
            count *= length
        body = shop.rng.randbytes(count * (2 if kind else 4))
        data += body + bytes(_aligned(len(body)))
    head = b"GGUF" + pack("<IQQ", 3, len(_TENSORS), len(pairs)) + b"".join(pairs) + infos
    head += bytes(_aligned(len(head)))
    return head + data, len(head)


def make(shop: Shop) -> None:
    """A good one, and damage to it."""
    data, start = build(shop)
    fine = Truth(Kind.GOOD, VALID | {Category.UNCHECKED}, "GGUF as its document says", "gguf")
    shop.add("gguf/good", data, fine, ".gguf")
    inside = start + 16 * 33 * 4 + 100
    token = data.index(b"</s>") - 8
    for name, broken, note, words in (
        ("token-length-huge", patched(data, token, b"\xff" * 8),
         "a token of 2^64 bytes in a list of text, it says", ()),
        ("cut-in-the-metadata", data[:90], "cut inside its metadata", ("cut short",)),
        ("cut-in-the-tensor-table", data[: start - 60], "cut inside its tensor table",
         ("cut short",)),
        ("cut-in-a-tensor", data[:inside], f"cut at byte {inside:,}",
         ("cut short", "blk.0.attn_q.weight", f"{inside:,}")),
        ("tensor-count-flipped", flipped(data, 8, 0x08), "its number of tensors is another", ()),
        ("string-length-huge", patched(data, 24, b"\xff" * 7), "a key of 2^56 bytes, it says", ()),
    ):  # fmt: skip
        shop.add(f"gguf/{name}", broken, damaged(note, *words, format_="gguf"), ".gguf")
    truth = damaged("its magic number is damaged", categories=LOST_BEGINNING, format_="")
    shop.add("gguf/magic-flipped", flipped(data, 1), truth, ".gguf")
    truth = Truth(Kind.INCOMPATIBLE, INCOMPATIBLE | CORRUPTED | {Category.UNCHECKED},
                  "it says version 99", "gguf")  # fmt: skip
    shop.add("gguf/newer-version", patched(data, 4, pack("<I", 99)), truth, ".gguf")
    shop.add("unseen/gguf-flip", flipped(data, inside), unseen("a bit is flipped", "gguf"), ".gguf")
