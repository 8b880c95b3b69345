"""What the rows of a folder share, counted path by path: a folder may hold a hundred thousand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ckptui.light import dataclass
from ckptui.watch.entries import folder_of

MARKED_FILE: Final = 1
MARKED_DIRECTORY: Final = 2
STEPLESS: Final = 4
_SIBLINGS: Final = 20
"""A folder of more files than this without any step holds units, not the saves of a job."""


@dataclass(frozen=True, slots=True)
class Folder:
    """What the rows of a folder share.

    Attributes:
        uses_markers: Some file of it has a marker, or had one.
        marks_directories: Likewise a checkpoint directory.
        units: Its files are units of some stage.
    """

    uses_markers: bool = False
    marks_directories: bool = False
    units: bool = False


_PLAIN: Final = Folder()


class Folders:
    """Folders, and what each path in them adds to what they share."""

    def __init__(self) -> None:
        self._shares: dict[str, dict[str, int]] = {}
        self._counts: dict[str, list[int]] = {}
        self._known: dict[str, Folder] = {}
        self._touched: set[str] = set()

    def of(self, path: str) -> Folder:
        """The folder of a path, as of the last :meth:`turned`."""
        return self._known.get(folder_of(path), _PLAIN)

    def put(self, path: str, share: int | None) -> None:
        """Take what a path adds (the constants of this module); None where it is gone."""
        folder = folder_of(path)
        shares = self._shares.setdefault(folder, {})
        before = shares.pop(path, None) if share is None else shares.get(path)
        if share is not None:
            shares[path] = share
        if (before or 0) != (share or 0):
            counts = self._counts.setdefault(folder, [0, 0, 0])
            for n, bit in enumerate((MARKED_FILE, MARKED_DIRECTORY, STEPLESS)):
                counts[n] += ((share or 0) & bit > 0) - ((before or 0) & bit > 0)
            self._touched.add(folder)
        if not shares:
            del self._shares[folder]
            self._touched.add(folder)

    def turned(self) -> Iterable[str]:
        """The paths in folders that have become something else since the last call."""
        touched, self._touched = self._touched, set()
        for folder in touched:
            members = self._shares.get(folder)
            if members is None:
                self._counts.pop(folder, None)
                self._known.pop(folder, None)
                continue
            files, directories, stepless = self._counts.get(folder, (0, 0, 0))
            now = Folder(files > 0, directories > 0, stepless > _SIBLINGS)
            if self._known.get(folder) != now:
                self._known[folder] = now
                yield from members
