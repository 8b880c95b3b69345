"""The files of a checkpoint directory: all that lies below it, but for checkpoints in there.

One walk for the scan and for the check, so that both mean the same bytes by one row.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from ckptui.formats.naming import skip_directory
from ckptui.light import dataclass

MOST_FILES: Final = 50_000
"""Files of one directory that are looked at; ten thousand ranks write so many."""
TO_LIST: Final = 3
"""Metadata operations: a look by path, a directory opened and read."""
_NESTED: Final = re.compile(r"checkpoint[-_=]?\d+", re.IGNORECASE).fullmatch
_DEEPEST: Final = 6


@dataclass(frozen=True, slots=True)
class Found:
    """One thing below a checkpoint directory.

    Attributes:
        name: Relative to the directory, ``/``-separated, surrogate-escaped.
        info: Of a file, symlinks followed; of the link itself where it leads nowhere.
        kind: ``file``, ``lost`` (a link to nowhere), ``other`` (a linked directory, a pipe …) or
            ``checkpoint`` (a directory that is a checkpoint of its own, and was not entered).
    """

    name: str
    info: os.stat_result | None
    kind: str = "file"


def walk(
    path: str, items: Iterable[os.DirEntry[str]], pause: Callable[[], None] = lambda: None
) -> Iterator[Found]:
    """Everything below a directory, directory by directory.

    Args:
        path: The directory.
        items: What it holds, as ``os.scandir`` gives it.
        pause: Called before each look at the filesystem.
    """
    todo = [("", item) for item in items]
    seen = 0
    while todo and seen < MOST_FILES:
        folder, item = todo.pop()
        name = f"{folder}{item.name}"
        seen += 1
        pause()
        try:
            if not item.is_dir(follow_symlinks=False):
                yield _file(name, item)
            elif _NESTED(item.name):
                yield Found(name, None, "checkpoint")
            elif not skip_directory(item.name) and name.count("/") < _DEEPEST:
                pause()  # it is opened, and read
                with os.scandir(os.path.join(path, name)) as inner:
                    todo += [(f"{name}/", each) for each in inner]
        except OSError:  # a part that is gone or closed to us: the rest still counts
            continue


def _file(name: str, item: os.DirEntry[str]) -> Found:
    try:
        info = item.stat()
    except OSError:
        return Found(name, item.stat(follow_symlinks=False), "lost")
    return Found(name, info, "file" if stat.S_ISREG(info.st_mode) else "other")


class Tally:
    """Size and times of a checkpoint directory as one thing.

    Args:
        info: The directory's own.
    """

    def __init__(self, info: os.stat_result) -> None:
        self._info = info
        self.size = 0
        self._mtime = 0
        self._ctime = info.st_ctime_ns

    def add(self, info: os.stat_result) -> None:
        """Count a file in."""
        self.size += info.st_size
        self._mtime = max(self._mtime, info.st_mtime_ns)
        self._ctime = max(self._ctime, info.st_ctime_ns)

    def beside(self, info: os.stat_result) -> None:
        """Let a file beside the directory, which says something about it, date it."""
        self._ctime = max(self._ctime, info.st_ctime_ns)

    @property
    def signature(self) -> tuple[int, int, int, int, int]:
        """(device, inode, bytes of all files, newest mtime_ns, newest ctime_ns)."""
        info = self._info
        mtime = self._mtime or info.st_mtime_ns
        return (info.st_dev, info.st_ino, self.size, mtime, self._ctime)
