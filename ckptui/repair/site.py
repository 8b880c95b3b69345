"""The run directory as a repair sees it: paths that stay inside, signatures, trash names."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from typing import Final, TypeAlias

from ckptui.errors import RepairError
from ckptui.marker import MARKER_SUFFIX

HOME: Final = ".ckptui"
"""Everything that ckptui writes into a run directory stands under this name."""
TRASH: Final = f"{HOME}/trash"
QUARANTINED: Final = ".quarantined"
_NAME_BYTES: Final = 255 - len(QUARANTINED)

Signature: TypeAlias = "tuple[int, int, int]"
"""(inode, size, mtime_ns)."""


@dataclass(frozen=True, slots=True)
class Site:
    """A run directory.

    Attributes:
        root: Its absolute path.
    """

    root: str

    def full(self, path: str) -> str:
        """Absolute path of something given relative to the run directory."""
        return os.path.join(self.root, path)

    def look(self, path: str) -> os.stat_result | None:
        """``lstat``, or None where nothing stands there.

        Raises:
            OSError: It cannot be looked at.
        """
        try:
            return os.lstat(self.full(path))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def signature(self, path: str) -> Signature | None:
        """(inode, size, mtime_ns) of what stands there, or None."""
        found = self.look(path)
        return None if found is None else (found.st_ino, found.st_size, found.st_mtime_ns)

    def inside(self, path: str) -> str:
        """The path in its plain form, once it is sure to stay inside the run directory.

        Args:
            path: Relative to the run directory.

        Raises:
            RepairError: It is absolute, climbs out, leads out through a symlink, or is ckptui's
                own.
        """
        self.contained(path)
        plain = os.path.normpath(path)
        if plain == ".":
            raise RepairError(f"{path}: the run directory itself; name a file in it")
        if plain.split("/")[0] == HOME:
            raise RepairError(f"{path}: belongs to ckptui itself; ckptui undo and restore move it")
        return plain

    def contained(self, path: str) -> None:
        """Refuse a path that leads out; a journal written by a stranger may hold such ones.

        Raises:
            RepairError: It is absolute, climbs out, or leads out through a symlink.
        """
        if not path or path.startswith("/") or "\0" in path:
            raise RepairError(f"{path!r}: not a path inside {self.root}; name a file in it")
        if ".." in path.split("/"):
            raise RepairError(f"{path}: leads out of {self.root}; repairs stay inside of it")
        self._no_way_out(os.path.normpath(path))

    def _no_way_out(self, path: str) -> None:
        top = os.path.realpath(self.root)
        parent = os.path.realpath(os.path.dirname(self.full(path)))
        if parent != top and not parent.startswith(top.rstrip("/") + "/"):
            raise RepairError(
                f"{path}: its folder is a link that leads out of {self.root}, to {parent}; "
                "repairs stay inside the run directory: open that one instead"
            )

    def is_directory(self, path: str) -> bool:
        """True for a directory (not for a link to one)."""
        found = self.look(path)
        return found is not None and stat.S_ISDIR(found.st_mode)

    def bytes(self, path: str) -> int:
        """Size of a file, or of all files of a directory together; 0 where nothing stands."""
        found = self.look(path)
        if found is None or not stat.S_ISDIR(found.st_mode):
            return 0 if found is None else found.st_size
        total = 0
        for folder, _, names in os.walk(self.full(path)):
            for name in names:
                try:
                    total += os.lstat(os.path.join(folder, name)).st_size
                except FileNotFoundError:
                    continue
        return total


def subject(path: str) -> str:
    """The checkpoint that a path means: ``x.pt.done`` stands for ``x.pt``."""
    return path.removesuffix(MARKER_SUFFIX)


def trash_path(undo_id: str, path: str) -> str:
    """Where a path goes in the trash: its own path, with a name that no ``*.pt`` glob finds."""
    folder, name = os.path.split(path)
    if len(os.fsencode(name)) > _NAME_BYTES:
        # The journal keeps the whole name; here it only has to be short and of its own.
        mark = hashlib.sha256(os.fsencode(name)).hexdigest()[:12]
        name = os.fsdecode(os.fsencode(name)[: _NAME_BYTES - 13]) + "~" + mark
    return os.path.join(TRASH, undo_id, folder, name + QUARANTINED)
