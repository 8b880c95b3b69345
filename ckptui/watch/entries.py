"""What the sweep finds: entries, and the names of their kinds."""

from __future__ import annotations

import re
from typing import Final, NamedTuple, TypeAlias

Signature: TypeAlias = tuple[int, int, int, int, int]
"""(device, inode, size, mtime_ns, ctime_ns), as in :class:`~ckptui.validation.verdict.Facts`."""

FILE: Final = "file"
"""A file whose name nominates it for a checkpoint."""
MARKER: Final = "marker"
MARKED_IS_THERE: Final = "marked file is there"
"""The note of a marker that is no orphan."""
TEMPORARY: Final = "temporary"
"""A left-over, or a save that is going on."""
DIRECTORY: Final = "directory"
"""A checkpoint directory as one row; ``size`` is that of all its parts."""
TEXT: Final = "text"
"""A small file whose text is sent too: states, failure logs, ``ckptui.toml``."""

_TEMPORARY_OF: Final = re.compile(
    r"\.?(?P<final>.+\.(?:pt|pth|ckpt|bin|pkl|tar|safetensors|distcp|npz|gguf|h5|json))"
    r"[.~_-]?(?:tmp|part)",
    re.IGNORECASE | re.DOTALL,
)
_DIRECTORY_NAME: Final = re.compile(
    r"(?:checkpoint|ckpt|step|epoch|iter|global_step)[-_=]?\d+", re.IGNORECASE
)


class Entry(NamedTuple):
    """One thing on disk. A tuple, because a sweep makes and compares a hundred thousand.

    Attributes:
        path: Relative to the run directory, ``/``-separated, surrogate-escaped.
        kind: One of the constants of this module.
        size: Bytes; -1 where there is nothing to measure (a pointer to nowhere).
        pointer: Target of a symlink as it is written, else "".
        layout: Layout of a checkpoint directory, else "".
        note: Why it cannot be read at all (``a FIFO, not a regular file``), else "".
    """

    path: str
    kind: str
    size: int
    mtime_ns: int
    ctime_ns: int
    dev: int
    ino: int
    pointer: str = ""
    layout: str = ""
    note: str = ""

    @property
    def signature(self) -> Signature:
        """What a verdict must agree with to be about these bytes."""
        return (self.dev, self.ino, self.size, self.mtime_ns, self.ctime_ns)

    @property
    def mtime(self) -> float:
        """Seconds since the epoch."""
        return self.mtime_ns / 1e9


def folder_of(path: str) -> str:
    """The directory of a relative path; ``""`` for the run directory itself."""
    return path.rpartition("/")[0]


def join(folder: str, name: str) -> str:
    """Join a relative directory (``""`` is the run directory) and a name."""
    return f"{folder}/{name}" if folder else name


def temporary_of(name: str) -> str:
    """The checkpoint name that a temporary file was to get, or "" where it tells none.

    Example:
        >>> temporary_of(".x.pt.tmp.node.12.0123abcd"), temporary_of("notes.tmp")
        ('x.pt', '')
    """
    match = _TEMPORARY_OF.match(name)
    return match["final"] if match else ""


def names_a_directory(name: str) -> bool:
    """True where a name is one that frameworks give to checkpoint directories."""
    return _DIRECTORY_NAME.fullmatch(name) is not None
