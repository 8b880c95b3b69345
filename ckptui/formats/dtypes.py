"""torch's element types: names, sizes in bytes, and the storage classes that stand for them."""

from __future__ import annotations

from ckptui.light import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final


ITEMSIZE: Final[dict[str, int]] = {
    "float64": 8, "float32": 4, "float16": 2, "bfloat16": 2,
    "float8_e4m3fn": 1, "float8_e5m2": 1, "float8_e4m3fnuz": 1, "float8_e5m2fnuz": 1,
    "float8_e8m0fnu": 1, "float4_e2m1fn_x2": 1,
    "int64": 8, "int32": 4, "int16": 2, "int8": 1,
    "uint64": 8, "uint32": 4, "uint16": 2, "uint8": 1, "bool": 1,
    "complex128": 16, "complex64": 8, "complex32": 4,
    "qint8": 1, "quint8": 1, "qint32": 4, "quint4x2": 1, "quint2x4": 1,
    "bits1x8": 1, "bits2x4": 1, "bits4x2": 1, "bits8": 1, "bits16": 2,
}  # fmt: skip
"""Bytes per element (torch.dtype.itemsize; torch/csrc c10/core/ScalarType.h)."""

PACKED: Final[dict[str, int]] = {"quint4x2": 2, "quint2x4": 4}
"""Types that hold several elements in a byte, and how many: a storage is smaller than the tensor's
count (c10/core/ScalarType.h; aten's quantised storages round up to whole bytes)."""

ALIASES: Final[dict[str, str]] = {
    "float": "float32", "double": "float64", "half": "float16", "long": "int64", "int": "int32",
    "short": "int16", "cfloat": "complex64", "cdouble": "complex128", "chalf": "complex32",
}  # fmt: skip

STORAGE_CLASS: Final[dict[str, str]] = {
    "DoubleStorage": "float64", "FloatStorage": "float32", "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16", "LongStorage": "int64", "IntStorage": "int32",
    "ShortStorage": "int16", "CharStorage": "int8", "ByteStorage": "uint8", "BoolStorage": "bool",
    "ComplexDoubleStorage": "complex128", "ComplexFloatStorage": "complex64",
    "QUInt8Storage": "quint8", "QInt8Storage": "qint8", "QInt32Storage": "qint32",
    "QUInt4x2Storage": "quint4x2", "QUInt2x4Storage": "quint2x4",
    "UntypedStorage": "uint8", "_UntypedStorage": "uint8",
}  # fmt: skip
"""Last part of a storage class's name → dtype (torch.storage._dtype_to_storage_type_map)."""


def dtype_of_global(name: str) -> str | None:
    """The dtype that a pickled global stands for, or None.

    Args:
        name: For example ``torch.float8_e4m3fn`` or ``torch.half``.
    """
    module, _, last = name.rpartition(".")
    if module != "torch":
        return None
    last = ALIASES.get(last, last)
    return last if itemsize(last) else None


def storage_dtype(name: str) -> str | None:
    """The dtype of a storage class such as ``torch.cuda.HalfStorage``, or None."""
    return STORAGE_CLASS.get(name.rpartition(".")[2])


def itemsize(dtype: str) -> int:
    """Bytes per element, or 0 where the type is not known."""
    known = ITEMSIZE.get(dtype)
    if known is not None:
        return known
    # torch.uint1 … uint7, int1 … int7: shells with one byte an element.
    stem = dtype.removeprefix("u")
    return 1 if stem.startswith("int") and stem[3:] in {"1", "2", "3", "4", "5", "6", "7"} else 0
