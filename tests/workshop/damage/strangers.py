"""What is no checkpoint at all, under a checkpoint's name."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import zlib

from ckptui.terms import Category
from tests.workshop.shop import FOREIGN, Shop
from tests.workshop.specimen import Kind, Truth

_LFS = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)
_DENIED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code>'
    b"<Message>Access Denied</Message></Error>"
)


def _png() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
        )

    head = (1).to_bytes(4, "big") * 2 + b"\x08\0\0\0\0"
    pixel = zlib.compress(b"\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


def make(shop: Shop) -> None:
    """Files of other kinds."""
    good = shop.good("base")
    page = b"<!DOCTYPE html>\n<html><head><title>404</title></head><body>Not found</body></html>\n"
    for name, data, word in (
        ("html", page, "html"),
        ("html-after-blanks", b"\n\n  <HTML><BODY>Login</BODY></HTML>", "html"),
        ("xml-access-denied", _DENIED, "xml"),
        ("git-lfs", _LFS, "git lfs pull"),
        ("gzip", gzip.compress(good, mtime=0), "gzip"),
        ("bzip2", bz2.compress(good), "bzip2"),
        ("xz", lzma.compress(good), "xz"),
        ("json", json.dumps({"error": "not found", "status": 404}).encode(), "json"),
        ("text", b"Traceback (most recent call last):\n  OutOfMemoryError\n" * 4, "text"),
        ("one-word", b"hello\n", "text"),
        ("png", _png(), "image"),
        ("pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", "pdf"),
        ("program", b"\x7fELF\x02\x01\x01" + bytes(57), "program"),
        ("numpy-array", b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, "
         b"'shape': (3,), }" + b" " * 58 + b"\n" + bytes(24), "numpy array"),
    ):  # fmt: skip
        truth = Truth(Kind.FOREIGN, FOREIGN, f"not a checkpoint: {name}", words=(word,))
        shop.add(f"stranger/{name}", data, truth)
    any_ = FOREIGN | {Category.CORRUPTED}
    truth = Truth(Kind.FOREIGN, any_, "random bytes, as of an encrypted file")
    shop.add("stranger/random", b"\xc3" + shop.rng.randbytes(20_000), truth)
    shop.add("stranger/one-byte", b"x", Truth(Kind.FOREIGN, any_, "one letter"))
