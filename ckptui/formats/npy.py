"""The header of a NumPy array: magic, version, and a dict literal that is never evaluated.

Layout as in numpy/lib/_format_impl.py (NEP 1): ``\\x93NUMPY``, two bytes of version, the length of
the header (two bytes in version 1, four in 2 and 3), then ``{'descr', 'fortran_order', 'shape'}``
as a Python literal, padded with blanks. The array's bytes follow; of object arrays a pickle.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ckptui.formats.limits import KIB
from ckptui.formats.literal import NoLiteralError, parse_literal

MAGIC: Final = b"\x93NUMPY"
LONGEST: Final = 64 * KIB
"""Bytes of the longest header that is read; numpy itself asks for consent beyond 10,000."""

_MOST: Final = 1 << 63
_SIMPLE: Final = re.compile(r"([<>|=]?)([biufcSaUVOMmt?])(\d{0,12})(\[[^\]]{1,20}\])?")
_NAMES: Final[dict[str, str]] = {
    "b1": "bool", "i1": "int8", "i2": "int16", "i4": "int32", "i8": "int64",
    "u1": "uint8", "u2": "uint16", "u4": "uint32", "u8": "uint64",
    "f2": "float16", "f4": "float32", "f8": "float64", "c8": "complex64", "c16": "complex128",
}  # fmt: skip
_USUAL: Final = re.compile(
    rb"\{'descr': '([<>|=][biufcSUVO]\d{1,9})', 'fortran_order': (True|False), "
    rb"'shape': \(((?:(?:0|[1-9]\d{0,17}),(?: (?!\)))?)*(?:0|[1-9]\d{0,17})?)\), \} *\n?$"
)
"""How numpy itself spells the header of a plain array."""


class BadArrayError(ValueError):
    """It is no header of an array; the message says why."""


class UnknownArrayError(ValueError):
    """It may be one, but it is beyond what is known here."""


@dataclass(frozen=True, slots=True)
class ArrayHeader:
    """What the header says.

    Attributes:
        dtype: torch's name of the type where there is one, else numpy's own spelling.
        shape: Sizes, in elements.
        itemsize: Bytes per element.
        start: Bytes of the header: where the array begins.
        pickled: True where it holds objects, so that a pickle follows in place of its bytes.
    """

    dtype: str
    shape: tuple[int, ...]
    itemsize: int
    start: int
    pickled: bool = False

    @property
    def count(self) -> int:
        """Number of elements."""
        total = 1
        for size in self.shape:
            total *= size
        return total


def header_size(head: bytes) -> int:
    """Bytes of the whole header, from its first twelve.

    Raises:
        BadArrayError: They begin no array.
        UnknownArrayError: The version is a newer one, or the header absurdly long.
    """
    if len(head) < 10 or head[:6] != MAGIC:
        raise BadArrayError("does not begin as an array does")
    version = head[6]
    if version not in {1, 2, 3}:
        raise UnknownArrayError(f"is an array of version {version}, which is not known here")
    width = 2 if version == 1 else 4
    size = 8 + width + int.from_bytes(head[8 : 8 + width], "little")
    if size > LONGEST:
        raise UnknownArrayError("has a longer header than the reader goes through")
    return size


def parse(head: bytes) -> ArrayHeader:
    """The header at the beginning of these bytes.

    Raises:
        BadArrayError: It is damaged.
        UnknownArrayError: It is beyond what is known here.
    """
    size = header_size(head)
    if len(head) < size:
        raise BadArrayError("ends inside its header")
    start = 10 if head[6] == 1 else 12
    fields = _fields(head[start:size], "utf-8" if head[6] == 3 else "latin-1")
    shape = fields.get("shape")
    if set(fields) != {"descr", "fortran_order", "shape"} or not isinstance(shape, tuple):
        raise BadArrayError("has a header without the three fields of an array")
    sizes = tuple(item for item in shape if type(item) is int and 0 <= item < _MOST)
    if len(sizes) != len(shape) or type(fields["fortran_order"]) is not bool:
        raise BadArrayError("has a header whose fields are of the wrong types")
    name, itemsize, pickled = _dtype(fields["descr"], 0)
    array = ArrayHeader(name, sizes, itemsize, size, pickled)
    if array.count >= _MOST:
        raise BadArrayError("has a shape beyond any file")
    return array


def _fields(raw: bytes, encoding: str) -> dict[str, object]:
    usual = _USUAL.match(raw)
    if usual is not None:
        descr, fortran, sizes = usual.groups()
        shape = tuple(int(size) for size in sizes.split(b",") if size.strip())
        return {"descr": descr.decode(), "fortran_order": fortran == b"True", "shape": shape}
    try:
        fields = parse_literal(raw.decode(encoding))
    except UnicodeDecodeError:
        raise BadArrayError("has a header that is no text") from None
    except NoLiteralError:
        raise BadArrayError("has a header that is none that NumPy writes") from None
    if not isinstance(fields, dict):
        raise BadArrayError("has a header that is no dict")
    return fields


def _dtype(descr: object, depth: int) -> tuple[str, int, bool]:
    """Name, bytes per element, and whether it holds objects."""
    if depth > 8:
        raise UnknownArrayError("has a type that nests deeper than the reader goes")
    if isinstance(descr, str):
        return _simple(descr)
    if isinstance(descr, tuple) and len(descr) == 2:
        _, itemsize, pickled = _dtype(descr[0], depth + 1)
        return "array", itemsize * _extent(descr[1]), pickled
    if not isinstance(descr, list):
        raise BadArrayError("has no valid type")
    total, pickled = 0, False
    for field in descr:
        if not isinstance(field, tuple) or not 2 <= len(field) <= 3:
            raise BadArrayError("has no valid type")
        _, itemsize, objects = _dtype(field[1], depth + 1)
        total += itemsize * (_extent(field[2]) if len(field) == 3 else 1)
        pickled |= objects
    return "record", total, pickled


def _simple(descr: str) -> tuple[str, int, bool]:
    found = _SIMPLE.fullmatch(descr)
    if found is None:
        raise UnknownArrayError(f"is of the type {descr[:40]!r}, which is not known here")
    order, kind, digits, _ = found.groups()
    number = int(digits) if digits else (8 if kind == "O" else 1 if kind == "?" else 0)
    if kind == "O":
        return "object", number, True
    name = _NAMES.get(f"{kind}{number}", descr) if order != ">" or number == 1 else descr
    return name, number * 4 if kind == "U" else number, False


def _extent(shape: object) -> int:
    sizes = shape if isinstance(shape, tuple) else (shape,)
    total = 1
    for size in sizes:
        if type(size) is not int or not 0 <= size < _MOST:
            raise BadArrayError("has no valid type")
        total = min(total * size, _MOST)
    return total
