"""Floating types as integers: how their bits are laid out, and what number a pattern stands for.

A floating number's bits without its sign, read as an integer, grow with its magnitude (IEEE 754,
bfloat16, OCP 8-bit formats alike). So one maximum over integers finds the largest magnitude, Inf
and NaN of every type, without converting anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class FloatType:
    """How a floating type is laid out.

    Attributes:
        bytes: Size of the integer that holds one number (of a complex type: one half of it).
        exponent: Exponent bits.
        mantissa: Mantissa bits.
        bias: Exponent bias.
        last_finite: Largest sign-less pattern that is a number.
        inf: Pattern of infinity, or None where the type has none.
        nan_is_minus_zero: True where NaN is the pattern of minus zero (``fnuz`` types).
        signed: False where there is no sign bit, and no zero (``e8m0``).
        packed: True where a byte holds two numbers.
        big: True where the first byte is the highest one.
    """

    bytes: int
    exponent: int
    mantissa: int
    bias: int
    last_finite: int
    inf: int | None = None
    nan_is_minus_zero: bool = False
    signed: bool = True
    packed: bool = False
    big: bool = False

    @property
    def sign(self) -> int:
        """The pattern of the sign bit alone; 0 where there is none."""
        return 1 << (self.exponent + self.mantissa) if self.signed else 0


def _ieee(size: int, exponent: int, mantissa: int) -> FloatType:
    inf = ((1 << exponent) - 1) << mantissa
    return FloatType(size, exponent, mantissa, (1 << (exponent - 1)) - 1, inf - 1, inf)


_F32, _F64, _F16 = _ieee(4, 8, 23), _ieee(8, 11, 52), _ieee(2, 5, 10)
_F4 = FloatType(1, 2, 1, 1, 0x7, packed=True)
FLOATS: Final = {
    "float64": _F64, "complex128": _F64, "float32": _F32, "complex64": _F32,
    "float16": _F16, "complex32": _F16, "bfloat16": _ieee(2, 8, 7),
    "float8_e5m2": _ieee(1, 5, 2),
    "float8_e4m3fn": FloatType(1, 4, 3, 7, 0x7E),
    "float8_e4m3fnuz": FloatType(1, 4, 3, 8, 0x7F, nan_is_minus_zero=True),
    "float8_e5m2fnuz": FloatType(1, 5, 2, 16, 0x7F, nan_is_minus_zero=True),
    "float8_e8m0fnu": FloatType(1, 8, 0, 127, 0xFE, signed=False),
    "float4_e2m1fn_x2": _F4, "float4": _F4,
    ">f2": replace(_F16, big=True), ">f4": replace(_F32, big=True),
    ">f8": replace(_F64, big=True), ">c8": replace(_F32, big=True),
    ">c16": replace(_F64, big=True),
}  # fmt: skip
"""Layouts by torch's dtype name, or numpy's where torch has none.

Source: torch/headeronly/util of torch 2.13: BFloat16.h, Half.h, Float8_*.h, Float4_e2m1fn_x2.h;
``float4`` is what safetensors calls the last one.
"""


def magnitude(kind: FloatType, pattern: int) -> float:
    """The number that a sign-less pattern stands for.

    Example:
        >>> magnitude(FLOATS["float16"], 0x7BFF), magnitude(FLOATS["float8_e8m0fnu"], 127)
        (65504.0, 1.0)
    """
    fraction = pattern & ((1 << kind.mantissa) - 1)
    power = pattern >> kind.mantissa
    if power == 0 and kind.signed:
        return math.ldexp(fraction, 1 - kind.bias - kind.mantissa)
    return math.ldexp(fraction + (1 << kind.mantissa), power - kind.bias - kind.mantissa)
