"""safetensors: eight bytes of length, a JSON header, the tensors' bytes without hole or overlap.

Rules as in huggingface/safetensors, safetensors/src/tensor.rs (0.8): header of at most 100 MB
that starts with ``{``; offsets tile the buffer and end where the file ends.
"""

from __future__ import annotations

import json
from typing import Final

from ckptui.formats.limits import Limits
from ckptui.formats.model import Header, Problem, Record, TensorInfo
from ckptui.formats.window import Window

_DTYPES: Final[dict[str, tuple[str, int]]] = {
    "F64": ("float64", 64), "F32": ("float32", 32), "F16": ("float16", 16),
    "BF16": ("bfloat16", 16),
    "F8_E4M3": ("float8_e4m3fn", 8), "F8_E5M2": ("float8_e5m2", 8),
    "F8_E8M0": ("float8_e8m0fnu", 8), "F8_E4M3FNUZ": ("float8_e4m3fnuz", 8),
    "F8_E5M2FNUZ": ("float8_e5m2fnuz", 8), "F6_E2M3": ("float6_e2m3", 6),
    "F6_E3M2": ("float6_e3m2", 6), "F4": ("float4", 4), "C64": ("complex64", 64),
    "I64": ("int64", 64), "I32": ("int32", 32), "I16": ("int16", 16), "I8": ("int8", 8),
    "U64": ("uint64", 64), "U32": ("uint32", 32), "U16": ("uint16", 16), "U8": ("uint8", 8),
    "BOOL": ("bool", 8),
}  # fmt: skip
"""The format's dtype → torch's name, and bits per element."""


class _BadHeaderError(ValueError):
    """The JSON is not a safetensors header; the message says why."""


def read_header_of(window: Window, limits: Limits, full: bool) -> Header:
    """The header of a safetensors file; there is nothing more to read in ``full``.

    Raises:
        OSError: A read failed.
    """
    length = int.from_bytes(window.head[:8], "little")
    if 8 + length > window.size:
        text = f"it is cut short at byte {window.size:,}, inside its header of {length:,} bytes"
        problem = Problem("cut-short", text, window.size)
        return Header("safetensors", window.size, problems=(problem,))
    if length > limits.json:
        text = "its header is larger than the reader goes; it was not read"
        problem = Problem("reader-limit", text, 8, "limit")
        return Header("safetensors", window.size, problems=(problem,), truncated_table=True)
    raw = window.pread(length, 8)
    if raw.count(b"{") + raw.count(b"[") > 4 * limits.table:  # two lists and an object a tensor
        text = "its header lists more than the reader goes through"
        problem = Problem("reader-limit", text, 8, "limit")
        return Header("safetensors", window.size, problems=(problem,), truncated_table=True)
    return _read(window, raw, 8 + length)


def _read(window: Window, raw: bytes, buffer_start: int) -> Header:
    problems: list[Problem] = []
    tensors: list[tuple[TensorInfo, int, int]] = []
    metadata: dict[str, str] = {}
    try:
        for name, entry in _entries(raw):
            if name == "__metadata__":
                metadata = _metadata(entry)
            else:
                tensors.append(_tensor(name, entry))
    except _BadHeaderError as error:
        problems.append(Problem("bad-header", f"its header is damaged: {error}", 8))
    else:
        problems += _judge_tiling(window.size, buffer_start, tensors)
    infos = tuple(info for info, _, _ in tensors)
    return Header(
        "safetensors",
        window.size,
        top_type="dict",
        keys=tuple(info.name for info in infos),
        tensors=infos,
        records=tuple(
            Record(info.name, end - start, buffer_start + start, buffer_start + start, None)
            for info, start, end in tensors
        ),
        metadata=metadata,
        problems=tuple(problems),
    )


def _entries(raw: bytes) -> list[tuple[str, object]]:
    try:
        pairs: object = json.loads(raw.decode("utf-8"), object_pairs_hook=_Pairs)
    except UnicodeDecodeError as error:
        raise _BadHeaderError(f"it is not UTF-8 at byte {error.start + 8:,}") from None
    except json.JSONDecodeError as error:
        raise _BadHeaderError(f"its JSON breaks at byte {error.pos + 8:,}") from None
    except (RecursionError, ValueError):
        raise _BadHeaderError("its JSON is none that a writer makes") from None
    if not isinstance(pairs, _Pairs):
        raise _BadHeaderError("it is not a JSON object")
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise _BadHeaderError("a name is there more than once")
    return pairs


class _Pairs(list[tuple[str, object]]):
    """A JSON object as its pairs, so that a name given twice is seen."""

    def get(self, key: str) -> object:
        """The last value of a key, or None."""
        return next((value for name, value in reversed(self) if name == key), None)


def _metadata(entry: object) -> dict[str, str]:
    if not isinstance(entry, _Pairs):
        raise _BadHeaderError("its __metadata__ is not an object")
    if not all(isinstance(value, str) for _, value in entry):
        raise _BadHeaderError("its __metadata__ holds something other than text")
    return {name: str(value) for name, value in entry}


def _tensor(name: str, entry: object) -> tuple[TensorInfo, int, int]:
    if not isinstance(entry, _Pairs):
        raise _BadHeaderError(f"the tensor {name[:80]} is not described by an object")
    dtype, shape, offsets = entry.get("dtype"), entry.get("shape"), entry.get("data_offsets")
    if not isinstance(dtype, str):
        raise _BadHeaderError(f"the tensor {name[:80]} has no dtype")
    sizes = _numbers(shape, f"the tensor {name[:80]} has no valid shape")
    place = _numbers(offsets, f"the tensor {name[:80]} has no valid offsets")
    if len(place) != 2 or place[0] > place[1]:
        raise _BadHeaderError(f"the tensor {name[:80]} has no valid offsets")
    start, end = place
    torch_name, bits = _DTYPES.get(dtype, (dtype, 0))
    count = 1
    for size in sizes:
        count *= size
    if bits and count * bits != (end - start) * 8:
        raise _BadHeaderError(f"the tensor {name[:80]} has a shape that does not fit its bytes")
    info = TensorInfo(name, torch_name, sizes, (), 0, name, end - start)
    return info, start, end


def _numbers(value: object, text: str) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > 64:
        raise _BadHeaderError(text)
    numbers = tuple(item for item in value if type(item) is int and 0 <= item < 1 << 63)
    if len(numbers) != len(value):
        raise _BadHeaderError(text)
    return numbers


def _judge_tiling(
    size: int, buffer_start: int, tensors: list[tuple[TensorInfo, int, int]]
) -> list[Problem]:
    at = 0
    for info, start, end in sorted(tensors, key=lambda item: item[1:]):
        if start != at:
            what = "overlaps what is before it" if start < at else "has a hole before it"
            where = buffer_start + min(start, at)
            return [Problem("tiling", f"the tensor {info.name[:80]} {what}", where)]
        at = end
        if buffer_start + at > size:
            text = f"it is cut short at byte {size:,} of {buffer_start + _last(tensors):,}, inside "
            return [Problem("cut-short", f"{text}the tensor {info.name[:80]}", size)]
    left = size - buffer_start - at
    if left:
        text = f"{left:,} bytes follow its last tensor"
        return [Problem("trailing", text, buffer_start + at)]
    return []


def _last(tensors: list[tuple[TensorInfo, int, int]]) -> int:
    return max(end for _, _, end in tensors)
