"""What one damaged byte did to a pickle: read both ways, with and without the damage."""

from __future__ import annotations

from typing import Final

from ckptui.formats.model import Opaque
from ckptui.formats.pickle_table import Table, make_table
from ckptui.formats.pickle_vm import run
from ckptui.validation.diagnosis.evidence import BOUNDS, one_line

_NEAR: Final = 24
_LARGEST: Final = 512 << 10
"""Bytes of a pickle that is read both ways: a second of work at most."""


def describe_pickle_byte(data: bytes, offset: int, mask: int) -> tuple[str, ...]:
    """What the damaged byte changed in what the pickle says.

    Args:
        data: The pickle as it is.
        offset: The damaged byte in it.
        mask: What it must be xored with.
    """
    if len(data) > _LARGEST:
        return ()
    mended = data[:offset] + bytes([data[offset] ^ mask]) + data[offset + 1 :]
    now, then = _table(data), _table(mended)
    if then is None:
        return ()
    if now is None:
        return (f"with it the pickle makes no sense, near “{_text_near(mended, offset)}”",)
    return _differences(now, then)[:4]


def _table(data: bytes) -> Table | None:
    tree = run(data, BOUNDS)
    return make_table(tree.root, BOUNDS) if tree.finished and not tree.problems else None


def _text_near(data: bytes, offset: int) -> str:
    near = data[max(0, offset - _NEAR) : offset + _NEAR]
    words = bytes(byte if 32 <= byte < 127 else 32 for byte in near).decode("ascii")
    return one_line(words, 60)


def _differences(now: Table, then: Table) -> tuple[str, ...]:
    lines = [
        f"a key reads {one_line(a)} and was {one_line(b)}"
        for a, b in zip(now.keys, then.keys, strict=False)
        if a != b
    ]
    lines += [
        f"{one_line(key)} reads {one_line(str(now.top[key]))} and was {one_line(str(value))}"
        for key, value in then.top.items()
        if key in now.top and not isinstance(value, Opaque) and str(now.top[key]) != str(value)
    ]
    for a, b in zip(now.tensors, then.tensors, strict=False):
        if a.name != b.name:
            lines.append(f"a tensor is called {one_line(a.name)} and was {one_line(b.name)}")
        elif (a.dtype, a.shape, a.stride, a.offset) != (b.dtype, b.shape, b.stride, b.offset):
            lines.append(
                f"the tensor {one_line(a.name)} is {a.dtype} {list(a.shape)} and was "
                f"{b.dtype} {list(b.shape)}"
            )
        elif a.storage != b.storage:
            lines.append(
                f"the tensor {one_line(a.name)} lies in storage {a.storage} and was in {b.storage}"
            )
    return tuple(lines)


_VALUES: Final = {"BINUNICODE": 5, "SHORT_BINUNICODE": 2, "BININT": 1, "BININT1": 1, "BININT2": 1,
                  "BINFLOAT": 1}  # fmt: skip
"""Opcodes that carry a value → where in them the value itself begins."""


def only_a_value_changed(data: bytes, offset: int, mask: int) -> bool:
    """True where the damaged byte belongs to a key, a name or a number at the top, and no more.

    Such a pickle loads like any other: neither its structure nor a storage is touched.
    """
    if len(data) > _LARGEST:
        return False
    mended = data[:offset] + bytes([data[offset] ^ mask]) + data[offset + 1 :]
    now, then = _table(data), _table(mended)
    if now is None or then is None or not _within_a_value(mended, offset):
        return False
    same = [(t.dtype, t.shape, t.stride, t.offset, t.storage) for t in now.tensors] == [
        (t.dtype, t.shape, t.stride, t.offset, t.storage) for t in then.tensors
    ]
    return same and bool(_differences(now, then))


def _within_a_value(pickle: bytes, offset: int) -> bool:
    """True where a byte belongs to a value, by the standard library's list of opcodes."""
    from pickletools import genops

    last, at = "", 0
    try:
        for code, _, position in genops(pickle):
            if position is not None and position > offset:
                break
            last, at = code.name, position or 0
    except (ValueError, UnicodeDecodeError):
        return False
    return last in _VALUES and offset - at >= _VALUES[last]
