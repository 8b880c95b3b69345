"""A copy of a text file as it is now, never over something without being told to."""

from __future__ import annotations

import os
import stat
from enum import StrEnum
from typing import BinaryIO, Final

from ckptui.durable import new_file, temporary_path
from ckptui.errors import CkptuiError

_PIECE: Final = 1 << 20


class Doubt(StrEnum):
    """What somebody must agree to before a copy is made."""

    EXISTS = "exists"
    INSIDE = "inside"


def doubts_about(target: str, root: str) -> tuple[Doubt, ...]:
    """What speaks against writing there: a file that stands there, the run directory.

    Args:
        target: Where the copy is to stand; symbolic links are followed.
        root: The run directory.
    """
    real = os.path.realpath(target)
    home = os.path.realpath(root)
    inside = os.path.commonpath([real, home]) == home
    found = ((Doubt.EXISTS, os.path.lexists(real)), (Doubt.INSIDE, inside))
    return tuple(doubt for doubt, so in found if so)


def copy_text(source: str, target: str, *, over: bool) -> int:
    """Copy a file as far as it reaches now.

    Args:
        source: The file; it may grow meanwhile.
        target: Where the copy is to stand; symbolic links are followed.
        over: A regular file that stands there may be replaced.

    Returns:
        Bytes of the copy.

    Raises:
        CkptuiError: The target is no place for a copy.
        OSError: It cannot be read or written; then nothing is left behind.
    """
    target = os.path.realpath(target)
    with open(source, "rb") as file:
        info = os.fstat(file.fileno())
        if not over:
            with new_file(target) as copy:
                return _copied(file, copy, info.st_size)
        try:
            there = os.stat(target)
        except FileNotFoundError:  # it went away meanwhile
            return copy_text(source, target, over=False)
        if not stat.S_ISREG(there.st_mode):
            raise CkptuiError("not a regular file, so it is not written over")
        if os.path.samestat(info, there):
            raise CkptuiError("that is the file itself")
        temporary = temporary_path(target)
        with new_file(temporary) as copy:
            size = _copied(file, copy, info.st_size)
        os.replace(temporary, target)
        return size


def _copied(source: BinaryIO, target: BinaryIO, size: int) -> int:
    left = size
    while left > 0 and (piece := source.read(min(_PIECE, left))):
        target.write(piece)
        left -= len(piece)
    return size - left
