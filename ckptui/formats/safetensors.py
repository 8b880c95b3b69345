"""safetensors: eight bytes of length, a JSON header, the tensors' bytes without hole or overlap.

Rules as in huggingface/safetensors, safetensors/src/tensor.rs (0.8): header of at most 100 MB;
offsets tile the buffer and end where the file ends. tests/formats/test_safetensors.py holds them
against the library itself.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias

from ckptui.formats.limits import Limits
from ckptui.formats.model import Header, Problem, Record, StorageInfo, TensorInfo, Value
from ckptui.formats.safetensors_json import BadHeaderError, entry_of, metadata_of, parse
from ckptui.formats.steps import EPOCH_KEYS, STEP_KEYS
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

_BITS_IN_NAME: Final = re.compile(r"[A-Z]{1,3}(\d{1,3})(?:_\w+)?$")
_MOST: Final = 1 << 64  # counts are u64 in the reader, and it refuses what runs over

_MOST_BRACKETS: Final = 375_000  # an object and two lists a tensor
_MOST_COMMAS: Final = 1_500_000

_Placed: TypeAlias = "tuple[TensorInfo, int, int]"


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
        return _limited(window, text)
    raw = window.pread(length, 8)
    if raw.count(b"{") + raw.count(b"[") > _MOST_BRACKETS or raw.count(b",") > _MOST_COMMAS:
        return _limited(window, "its header lists more than the reader goes through")
    with _undisturbed():
        return _read(window, raw, 8 + length)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep the collector away: it goes through all that is made here again and again, in vain."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _limited(window: Window, text: str) -> Header:
    problem = Problem("reader-limit", text, 8, "limit")
    return Header("safetensors", window.size, problems=(problem,), truncated_table=True)


def _read(window: Window, raw: bytes, buffer_start: int) -> Header:
    problems: list[Problem] = []
    placed: list[_Placed] = []
    in_order: list[_Placed] = []
    metadata: dict[str, str] = {}
    try:
        metadata, placed = _contents(raw, problems)
    except BadHeaderError as error:
        problems.append(Problem("bad-header", f"its header is damaged: {error}", 8))
    else:
        in_order = sorted(placed, key=lambda item: item[1:])
        problems += _judge_tiling(window.size, buffer_start, in_order)
    infos = tuple(info for info, _, _ in placed)
    return Header(
        "safetensors",
        window.size,
        top_type="dict",
        keys=tuple(info.name for info in infos),
        top=_progress(metadata),
        tensors=infos,
        storages={info.name: _storage(info) for info in infos},
        records=tuple(
            Record(info.name, end - start, buffer_start + start, buffer_start + start, None)
            for info, start, end in in_order
        ),
        metadata=metadata,
        problems=tuple(problems),
    )


def _contents(raw: bytes, problems: list[Problem]) -> tuple[dict[str, str], list[_Placed]]:
    """Metadata and tensors; of tensors of one name the last counts, as for the reader."""
    pairs = parse(raw)
    if raw[:1] != b"{":
        text = "its header does not begin with the brace that the format asks for"
        problems.append(Problem("header-start", text, 8, "odd"))
    metadata: dict[str, str] | None = None
    placed: dict[str, _Placed] = {}
    for name, value in pairs:
        if name == "__metadata__":
            if metadata is not None:
                raise BadHeaderError("its __metadata__ is there twice")
            metadata = metadata_of(value)
        else:
            placed[name] = _tensor(name, value, problems)
    if len(pairs) != len(placed) + (metadata is not None):
        text = "a tensor is described twice in its header; the last description counts"
        problems.append(Problem("duplicate-name", text, 8, "odd"))
    return metadata or {}, list(placed.values())


def _tensor(name: str, value: object, problems: list[Problem]) -> _Placed:
    dtype, shape, start, end = entry_of(name, value)
    torch_name, bits = _DTYPES.get(dtype, (dtype, 0))
    count = 1
    for size in shape:
        count *= size
        if count >= _MOST:
            raise BadHeaderError(f"the tensor {name[:80]} has a shape beyond any file")
    if not bits:
        bits = _unknown(name, dtype, count, end - start, problems)
    if count * bits >= _MOST or count * bits != (end - start) * 8:
        raise BadHeaderError(f"the tensor {name[:80]} has a shape that does not fit its bytes")
    return TensorInfo(name, torch_name, shape, (), 0, name, end - start), start, end


def _unknown(name: str, dtype: str, count: int, size: int, problems: list[Problem]) -> int:
    """Bits of a type that is not known here: its name says them where a newer writer made it."""
    found = _BITS_IN_NAME.match(dtype)
    if found is None or count * int(found[1]) != size * 8:
        raise BadHeaderError(f"the tensor {name[:80]} has the dtype {dtype[:40]!r}")
    if all(problem.code != "newer-dtype" for problem in problems):
        text = (
            f"its tensor {name[:80]} is of the type {dtype[:40]}, which safetensors 0.8 does not "
            "know; upgrade safetensors"
        )
        problems.append(Problem("newer-dtype", text, 8, "odd"))
    return int(found[1])


def _storage(info: TensorInfo) -> StorageInfo:
    """Each tensor is a storage of its own; where elements share bytes, its size is 0."""
    count = 1
    for size in info.shape:
        count *= size
    return StorageInfo(info.name, info.dtype, count, info.bytes // count if count else 0)


def _progress(metadata: dict[str, str]) -> dict[str, Value]:
    """Step and epoch where the metadata states them: its values are all text."""
    return {
        key: int(text)
        for key in (*STEP_KEYS, *EPOCH_KEYS)
        if (text := metadata.get(key, "")).isascii() and text.isdigit() and len(text) < 19
    }


def _judge_tiling(size: int, buffer_start: int, tensors: list[_Placed]) -> list[Problem]:
    at = 0
    for info, start, end in tensors:
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


def _last(tensors: list[_Placed]) -> int:
    return max(end for _, _, end in tensors)
