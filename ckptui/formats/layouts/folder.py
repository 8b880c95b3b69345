"""One checkpoint directory, listed; small reads of what is in it, and never more than that."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ckptui.formats.layouts.walk import MOST_FILES, TO_LIST, Tally, walk
from ckptui.formats.window import FdSource, open_regular

SMALL: Final = 8 << 20
"""Bytes of a text file that is read whole."""
_MOST_ENTRIES: Final = 200_000
_TO_OPEN: Final = 4
"""Metadata operations: a look by path, a path walked and opened, a look at what is open."""

Pause = Callable[[int], None]
"""Waits until so many metadata operations may be done on the filesystem at hand."""


def no_pause(count: int) -> None:
    """Do not wait."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A checkpoint directory as it was listed.

    Attributes:
        path: As asked for.
        name: Its own name.
        layout: As recognised, ``""`` where it is none.
        files: Name relative to it → size in bytes.
        lost: Names that lead nowhere: a symlink whose target is gone.
        signature: Of the whole, as the scan has it.
        newest: Wall-clock seconds of the last change to it: a file written, or one removed.
        cut: True where it holds more files than were looked at.
        mtimes: Name → nanoseconds since the epoch.
        pause: Called before each look at its filesystem.
    """

    path: str
    name: str
    layout: str
    files: Mapping[str, int]
    lost: tuple[str, ...]
    signature: tuple[int, int, int, int, int]
    newest: float
    cut: bool = False
    mtimes: Mapping[str, int] = field(default_factory=dict)
    pause: Pause = no_pause

    def read(self, name: str, most: int = SMALL) -> bytes | None:
        """A file's bytes, at most ``most`` of them; None where it cannot be read.

        Args:
            name: Relative to the directory; ``../x`` for a file beside it.
            most: Bytes.
        """
        try:
            fd, size = self.open(name)
        except (OSError, ValueError):
            return None
        try:
            return FdSource(fd).pread(min(size, most), 0)
        except OSError:
            return None
        finally:
            os.close(fd)

    def open(self, name: str) -> tuple[int, int]:
        """A file in it, as :func:`ckptui.formats.window.open_regular` opens it.

        Raises:
            OSError: It cannot be opened, or is not a regular file.
        """
        self.pause(_TO_OPEN)
        return open_regular(os.path.join(self.path, name))

    def is_beside(self, *names: str) -> bool:
        """True where there is something of this path, seen from the directory that it lies in."""
        self.pause(1)
        above = os.path.dirname(os.path.abspath(self.path))
        return os.path.lexists(os.path.join(above, *names))

    def top(self) -> frozenset[str]:
        """Names directly in it, directories too."""
        return frozenset(name.partition("/")[0] for name in (*self.files, *self.lost))

    def below(self, prefix: str) -> Iterator[str]:
        """Files under a sub-directory; ``prefix`` ends in ``/`` or is empty."""
        return (name for name in self.files if name.startswith(prefix))


def list_folder(path: str, pause: Pause = no_pause) -> Folder:
    """List a directory and say what it is.

    Args:
        path: The directory.
        pause: Called before each look at its filesystem, then and later.

    Raises:
        OSError: It cannot be listed.
    """
    from ckptui.formats.layouts import beside, recognise_directory

    pause(TO_LIST)
    info = os.stat(path)
    items: list[os.DirEntry[str]] = []
    with os.scandir(path) as found:
        for item in found:
            items.append(item)
            if len(items) > _MOST_ENTRIES:
                break
    tally = Tally(info)
    name = os.path.basename(os.path.abspath(path))
    layout = recognise_directory([item.name for item in items], name) or ""
    files: dict[str, int] = {}
    mtimes: dict[str, int] = {}
    lost: list[str] = []
    newest = info.st_mtime_ns
    for each in walk(path, items, lambda: pause(1)):
        if each.info is None:
            continue
        tally.add(each.info)
        newest = max(newest, each.info.st_mtime_ns)
        if each.kind == "file":
            files[each.name] = each.info.st_size
            mtimes[each.name] = each.info.st_mtime_ns
        elif each.kind == "lost":
            lost.append(each.name)
    pause(1)
    for other in beside(layout, path):
        tally.beside(other)
    return Folder(
        path, name, layout, files, tuple(sorted(lost)), tally.signature, newest / 1e9,
        len(files) + len(lost) >= MOST_FILES, mtimes, pause,
    )  # fmt: skip
