"""The document of ``ckptui inspect`` as lines for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ckptui.present import units
from ckptui.present.safe import plain

_ROWS: Final = ("path", "format", "version", "status", "step", "parameters")
_LABEL: Final = 12


def inspection_lines(document: Mapping[str, object]) -> list[str]:
    """A header in lines: the scalars, the keys, the globals, then a line a tensor.

    Args:
        document: As :func:`ckptui.validation.inspect.inspect_document` makes it.
    """
    lines = [_row(name, document[name]) for name in _ROWS if document.get(name) is not None]
    lines += [_row(name, ", ".join(_texts(document, name))) for name in ("keys", "globals")]
    metadata = document.get("metadata")
    if isinstance(metadata, Mapping):
        lines += [_row(str(name), value) for name, value in metadata.items() if _short(value)]
    tensors = document.get("tensors")
    lines += [_tensor(each) for each in tensors] if isinstance(tensors, list) else []
    return [line for line in lines if line]


_DIRECTORY_ROWS: Final = ("path", "layout", "step", "epoch", "category", "reason")


def directory_lines(document: Mapping[str, object]) -> list[str]:
    """A checkpoint directory in lines: what it is, then a line a part, then what was noted.

    Args:
        document: As :func:`ckptui.validation.inspect.inspect_directory` makes it.
    """
    lines = [
        _row(name, document[name]) for name in _DIRECTORY_ROWS if document.get(name) is not None
    ]
    parts = document.get("parts")
    lines += [_part(each) for each in parts] if isinstance(parts, list) else []
    lines += [plain(text) for text in _texts(document, "notes")]
    return [line for line in lines if line]


def _part(part: object) -> str:
    if not isinstance(part, Mapping):
        return ""
    size = part.get("size")
    shown = units.size(size) if isinstance(size, int) else "missing"
    reason = str(part.get("reason") or "").removeprefix("missing: ")
    word = "" if not reason or size is None else f"{part.get('category')}: "
    said = "" if reason in ("", "missing") else f"  {word}{reason}"
    return plain(f"  {part.get('name')}  {shown}{said}")


def _row(name: str, value: object) -> str:
    if value in ("", None):
        return ""
    shown = units.exact(value) if name == "parameters" and isinstance(value, int) else str(value)
    return plain(f"{name:<{_LABEL}} {shown}")


def _texts(document: Mapping[str, object], name: str) -> list[str]:
    found = document.get(name)
    return [str(each) for each in found] if isinstance(found, list) else []


def _short(value: object) -> bool:
    """Problems and notes are said on stderr; top-level values are keys already."""
    return isinstance(value, (str, int, float))


def _tensor(tensor: object) -> str:
    if not isinstance(tensor, Mapping):
        return ""
    shape = tensor.get("shape")
    sizes = "×".join(str(size) for size in shape) if isinstance(shape, list) else ""
    count = tensor.get("bytes")
    size = units.size(count) if isinstance(count, int) else ""
    name = tensor.get("name") or "(the tensor)"
    return plain(f"  {name}  {tensor.get('dtype')}  {sizes or 'scalar'}  {size}")
