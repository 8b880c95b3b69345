"""Level 6, values: NaN, Inf, storages that are all zero, largest magnitude. Only ever a warning.

Mask buffers hold -inf and a fresh LoRA is zero, so nothing here makes a checkpoint bad.

A floating number's bits without its sign, read as an integer, grow with its magnitude (IEEE 754,
bfloat16, OCP 8-bit formats alike). So one maximum over integers finds the largest magnitude, Inf
and NaN of every type, without converting anything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ckptui.formats.model import StorageInfo
from ckptui.terms import Result
from ckptui.validation.checksums import CrcSink
from ckptui.validation.finding import Finding, passed
from ckptui.validation.static_load import name_some

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_SMALL = 4096
"""All-zero storages below this many bytes are not worth a word: biases and counters are."""


@dataclass(frozen=True, slots=True)
class FloatType:
    """How a floating type is laid out.

    Attributes:
        unit: numpy's name of the unsigned integer of the same size.
        exponent: Exponent bits.
        mantissa: Mantissa bits.
        bias: Exponent bias.
        last_finite: Largest sign-less pattern that is a number.
        inf: Pattern of infinity, or None where the type has none.
        nan_is_minus_zero: True where NaN is the pattern of minus zero (``fnuz`` types).
    """

    unit: str
    exponent: int
    mantissa: int
    bias: int
    last_finite: int
    inf: int | None = None
    nan_is_minus_zero: bool = False


def _ieee(unit: str, exponent: int, mantissa: int) -> FloatType:
    inf = ((1 << exponent) - 1) << mantissa
    return FloatType(unit, exponent, mantissa, (1 << (exponent - 1)) - 1, inf - 1, inf)


_F32, _F64, _F16 = _ieee("<u4", 8, 23), _ieee("<u8", 11, 52), _ieee("<u2", 5, 10)
FLOATS: Final = {
    "float64": _F64, "complex128": _F64, "float32": _F32, "complex64": _F32,
    "float16": _F16, "complex32": _F16, "bfloat16": _ieee("<u2", 8, 7),
    "float8_e5m2": _ieee("u1", 5, 2),
    "float8_e4m3fn": FloatType("u1", 4, 3, 7, 0x7E),
    "float8_e4m3fnuz": FloatType("u1", 4, 3, 8, 0x7F, nan_is_minus_zero=True),
    "float8_e5m2fnuz": FloatType("u1", 5, 2, 16, 0x7F, nan_is_minus_zero=True),
}  # fmt: skip
"""Layouts by torch's dtype name (c10/util of torch 2.13: BFloat16.h, Half.h, Float8_*.h)."""


def magnitude(kind: FloatType, pattern: int) -> float:
    """The number that a sign-less pattern stands for."""
    fraction = pattern & ((1 << kind.mantissa) - 1)
    power = pattern >> kind.mantissa
    if power == 0:
        return math.ldexp(fraction, 1 - kind.bias - kind.mantissa)
    return math.ldexp(fraction + (1 << kind.mantissa), power - kind.bias - kind.mantissa)


@dataclass(slots=True)
class ValueSink(CrcSink):
    """Level 5 and 6 in one pass: the CRC-32 of a part and what its numbers are like.

    Attributes:
        largest: Largest sign-less pattern among the finite numbers.
        nans, infs: How many there are.
    """

    kind: FloatType = _F32
    swap: bool = False
    largest: int = 0
    nans: int = 0
    infs: int = 0

    def feed(self, chunk: memoryview) -> None:
        """Take the next bytes."""
        CrcSink.feed(self, chunk)
        patterns = _patterns(chunk, self.kind, swap=self.swap)
        if not patterns.size:
            return
        sign = 1 << (8 * patterns.itemsize - 1)
        if self.kind.nan_is_minus_zero:
            self.nans += int((patterns == sign).sum())
        patterns &= patterns.dtype.type(sign - 1)
        top = int(patterns.max())
        if top > self.kind.last_finite:
            top = self._count_odd(patterns)
        self.largest = max(self.largest, top)

    def _count_odd(self, patterns: npt.NDArray[np.uint64]) -> int:
        odd = patterns > self.kind.last_finite
        infs = 0 if self.kind.inf is None else int((patterns == self.kind.inf).sum())
        self.infs += infs
        self.nans += int(odd.sum()) - infs
        rest = patterns[~odd]
        return int(rest.max()) if rest.size else 0


def _patterns(chunk: memoryview, kind: FloatType, *, swap: bool) -> npt.NDArray[np.uint64]:
    import numpy as np

    unit = np.dtype(kind.unit)
    whole = len(chunk) - len(chunk) % unit.itemsize
    patterns: npt.NDArray[np.uint64] = np.frombuffer(chunk[:whole], unit).copy()
    return patterns.byteswap() if swap else patterns


@dataclass(frozen=True, slots=True)
class StorageValues:
    """What the numbers of one storage are like."""

    storage: StorageInfo
    name: str
    largest: float
    nans: int
    infs: int

    @property
    def all_zero(self) -> bool:
        """True where it is worth saying that every number is zero."""
        size = self.storage.numel * self.storage.itemsize
        return size >= _SMALL and self.largest == 0 and not self.nans and not self.infs


def summarise(storage: StorageInfo, sinks: Sequence[ValueSink], name: str) -> StorageValues:
    """Put the parts of one storage together; ``name`` is that of a tensor in it."""
    return StorageValues(
        storage,
        name or f"storage {storage.key}",
        max((magnitude(sink.kind, sink.largest) for sink in sinks), default=0.0),
        sum(sink.nans for sink in sinks),
        sum(sink.infs for sink in sinks),
    )


def judge_values(found: Sequence[StorageValues]) -> Finding:
    """Say what is unusual about the numbers, as a warning at most."""
    if not found:
        return Finding(Result.NOT_APPLICABLE, "it holds no floating-point numbers")
    lines = _unusual(found)
    top = max(found, key=lambda values: values.largest)
    most = f"largest magnitude {top.largest:.3g}, in `{top.name}`"
    if lines:
        return Finding(Result.WARN, "; ".join(lines), detail=most)
    return passed(most)


def _unusual(found: Sequence[StorageValues]) -> list[str]:
    groups = (
        ("NaN in", [v.name for v in found if v.nans]),
        ("Inf in", [v.name for v in found if v.infs]),
        ("all zero:", [v.name for v in found if v.all_zero]),
    )
    return [f"{text} {name_some([f'`{n}`' for n in names])}" for text, names in groups if names]
