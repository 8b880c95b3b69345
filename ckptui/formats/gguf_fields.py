"""The metadata and tensor list of a GGUF file, read field by field.

ggml's docs/gguf.md: numbers in the byte order of the machine that the model is for, text and
lists with their length before them; in version 1 lengths and counts have 32 bits, then 64.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from struct import error as StructError  # noqa: N812
from typing import Final

_SCALARS: Final[dict[int, str]] = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
_TEXT: Final = 8
_LIST: Final = 9
_DEEPEST: Final = 4
_MOST_DIMENSIONS: Final = 4  # GGML_MAX_DIMS
_LONGEST_SHOWN: Final = 200
_PAIR_COST: Final = 10  # what is kept or costs time counts for several values
_TENSOR_COST: Final = 30


class EndOfDataError(Exception):
    """The bytes at hand end before the field does."""


class BadFieldError(ValueError):
    """A field that the format does not have; the message says which."""


class TooMuchError(ValueError):
    """More than the reader goes through."""


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """One entry of the tensor list; ``offset`` in bytes from the start of the data."""

    name: str
    dimensions: tuple[int, ...]
    kind: int
    offset: int


class Fields:
    """A cursor over the first bytes of a file.

    Attributes:
        at: Where it stands, in bytes.
        left: How many values it still goes through.
    """

    def __init__(self, data: bytes, *, big: bool, version: int, values: int) -> None:
        self.data = data
        self.at = 8
        self.left = values
        self._order = ">" if big else "<"
        self._kinds = {number: Struct(self._order + code) for number, code in _SCALARS.items()}
        self._count = Struct(self._order + ("I" if version == 1 else "Q"))
        self._u32, self._u64 = self._kinds[4], self._kinds[10]

    def number(self, kind: Struct) -> int:
        """A whole number."""
        try:
            (value,) = kind.unpack_from(self.data, self.at)
        except StructError:
            raise EndOfDataError from None
        self.at += kind.size
        return int(value)

    def count(self) -> int:
        """A length or a number of things."""
        return self.number(self._count)

    def text(self, longest: int) -> str:
        """Text of at most so many bytes.

        Raises:
            BadFieldError: It is longer, or not UTF-8.
        """
        size = self.count()
        if size > longest:
            raise BadFieldError(f"holds a name of {size:,} bytes")
        raw = self.data[self.at : self.at + size]
        if len(raw) < size:
            raise EndOfDataError
        self.at += size
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise BadFieldError("holds a name that is no text") from None

    def skip(self, size: int) -> None:
        """Pass over bytes."""
        if self.at + size > len(self.data):
            raise EndOfDataError
        self.at += size

    def spend(self, cost: int) -> None:
        """Take from what it still goes through."""
        self.left -= cost
        if self.left < 0:
            raise TooMuchError

    def pair(self) -> tuple[str, object]:
        """A key and its value; lists are passed over, and None stands for them."""
        self.spend(_PAIR_COST)
        key = self.text(0xFFFF)
        return key, self.value(self.number(self._u32), 0)

    def value(self, kind: int, depth: int) -> object:
        """A value of a kind."""
        if kind == _TEXT:
            size = self.count()
            start = self.at
            self.skip(size)
            shown = self.data[start : start + min(size, _LONGEST_SHOWN)]
            return shown.decode("utf-8", "replace")
        if kind == _LIST:
            self._list(depth)
            return None
        scalar = self._kinds.get(kind)
        if scalar is None:
            raise BadFieldError(f"holds a value of the kind {kind}, which there is not")
        start = self.at
        self.skip(scalar.size)
        return scalar.unpack_from(self.data, start)[0]

    def _list(self, depth: int) -> None:
        kind, length = self.number(self._u32), self.count()
        scalar = self._kinds.get(kind)
        if scalar is not None:
            self.skip(length * scalar.size)
        elif kind == _TEXT:
            self._texts(length)
        elif kind != _LIST:
            raise BadFieldError(f"holds a list of the kind {kind}, which there is not")
        elif depth >= _DEEPEST:
            raise TooMuchError
        else:
            for _ in range(min(length, self.left + 1)):
                self.spend(_PAIR_COST)
                self.value(_LIST, depth + 1)

    def _texts(self, length: int) -> None:
        """A list of text, such as a vocabulary of 250,000 tokens."""
        self.spend(length)
        unpack, width = self._count.unpack_from, self._count.size
        data, at, end = self.data, self.at, len(self.data)
        try:
            for _ in range(length):
                at += width + unpack(data, at)[0]
        except (StructError, OverflowError):  # beyond the data, or beyond any file
            raise EndOfDataError from None
        if at > end:
            raise EndOfDataError
        self.at = at

    def tensor(self) -> TensorEntry:
        """An entry of the tensor list."""
        self.spend(_TENSOR_COST)
        name = self.text(0xFFFF)
        dimensions = self.number(self._u32)
        if dimensions > _MOST_DIMENSIONS:
            raise BadFieldError(f"gives the tensor {name[:80]} {dimensions:,} dimensions")
        sizes = tuple(self.count() for _ in range(dimensions))
        return TensorEntry(name, sizes, self.number(self._u32), self.number(self._u64))
