"""One directory, listed and classified. Every name here is bytes-safe; nothing is opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import Final, TypeAlias

from ckptui.config import CONFIG_NAME
from ckptui.durable import is_temporary, parse_temporary
from ckptui.failure_log import FAILURE_LOG
from ckptui.formats.layouts import beside, recognise_directory
from ckptui.formats.layouts.walk import Tally, walk
from ckptui.formats.naming import is_candidate, skip_directory
from ckptui.formats.states import state_kind
from ckptui.light import dataclass, field
from ckptui.marker import MARKER_SUFFIX
from ckptui.watch.entries import (
    DIRECTORY,
    FILE,
    MARKED_IS_THERE,
    MARKER,
    TEMPORARY,
    TEXT,
    Entry,
    join,
    names_a_directory,
    temporary_of,
)
from ckptui.watch.ignore import Ignore
from ckptui.watch.throttle import Throttle

Items: TypeAlias = "list[os.DirEntry[str]]"

_TICK_EVERY: Final = 256
_STRANGE: Final = (
    (stat.S_ISFIFO, "a FIFO, not a regular file"),
    (stat.S_ISSOCK, "a socket, not a regular file"),
    (stat.S_ISBLK, "a block device, not a regular file"),
    (stat.S_ISCHR, "a character device, not a regular file"),
)


@dataclass(frozen=True, slots=True)
class Child:
    """A directory below; ``link`` where a symlink leads to it."""

    path: str
    link: bool


@dataclass(slots=True)
class Listing:
    """What one directory holds.

    Attributes:
        path: Relative to the run directory, ``""`` for itself.
        identity: (device, inode).
        entries: Relative path → entry, of this directory alone.
        children: Directories to go on with.
        seen: Names seen, for the limit.
        layout: Set where the directory is one checkpoint.
        linked: A symlink leads to it, or to a directory above it: events do not come from there.
    """

    path: str
    identity: tuple[int, int]
    entries: dict[str, Entry] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)
    seen: int = 0
    layout: str = ""
    linked: bool = False


@dataclass(frozen=True, slots=True)
class Lister:
    """Lists directories below ``root``.

    Attributes:
        root: Absolute run directory.
        ignore: What to leave alone.
        throttle: Told of every metadata operation.
        tick: Called now and then, so that a huge directory does not look like a hang.
    """

    root: str
    ignore: Ignore
    throttle: Throttle
    tick: Callable[[], None]

    def absolute(self, path: str) -> str:
        """The absolute path of a relative one."""
        return os.path.join(self.root, path) if path else self.root

    def list(self, path: str, info: os.stat_result) -> Listing:
        """List one directory.

        Raises:
            OSError: It cannot be read.
        """
        self.throttle.spend()
        with os.scandir(self.absolute(path)) as found:
            items = sorted(found, key=lambda item: item.name)
        name = os.path.basename(path or self.root)
        layout = recognise_directory([item.name for item in items], name) or ""
        listing = Listing(path, (info.st_dev, info.st_ino), seen=len(items), layout=layout)
        if layout:
            self._group(listing, items, info)
        else:
            self._spread(listing, items)
        return listing

    def _spread(self, listing: Listing, items: Items, *, parts: bool = False) -> None:
        """Give each item an entry; ``parts`` leaves out the files of a checkpoint directory."""
        folders: set[str] = set()
        markers: list[os.DirEntry[str]] = []
        for number, item in enumerate(items):
            if number % _TICK_EVERY == 0:
                self.tick()
            path = join(listing.path, item.name)
            if self._is_directory(item):
                folders.add(item.name)
                if not skip_directory(item.name) and not self._ignored(path, directory=True):
                    listing.children.append(Child(path, item.is_symlink()))
                continue
            kind = classify(item.name, path)
            if kind == MARKER:
                markers.append(item)
            elif kind and not (parts and kind == FILE) and not self._ignored(path):
                self._add(listing, item, path, kind)
        names = {item.name for item in items} if markers else set()
        for item in markers:
            base = item.name.removesuffix(MARKER_SUFFIX)
            if base in folders or is_candidate(base) or names_a_directory(base):
                self._add(listing, item, join(listing.path, item.name), MARKER)
                self._note_owner(listing, join(listing.path, item.name), base in names)

    def _note_owner(self, listing: Listing, path: str, stands: bool) -> None:
        """Say at the marker whether what it marks is there, row or not: else it is an orphan."""
        entry = listing.entries.get(path)
        if entry is not None and stands:
            listing.entries[path] = entry._replace(note=MARKED_IS_THERE)

    def _ignored(self, path: str, *, directory: bool = False) -> bool:
        return bool(self.ignore) and self.ignore.skips(path, directory=directory)

    def _is_directory(self, item: os.DirEntry[str]) -> bool:
        if item.is_symlink():
            self.throttle.spend()
        try:
            return item.is_dir()
        except OSError:  # a loop of symlinks, or a target that may not be looked at
            return False

    def _add(self, listing: Listing, item: os.DirEntry[str], path: str, kind: str) -> None:
        self.throttle.spend()
        entry = file_entry(item, path, kind)
        if entry is not None:
            listing.entries[path] = entry

    def _group(self, listing: Listing, items: Items, info: os.stat_result) -> None:
        """Make one entry of a checkpoint directory."""
        if listing.path == "":
            # The run directory itself is laid out like a checkpoint (an exported model beside
            # its checkpoint-500/ …): its own files are parts, what lies below is still looked at.
            self._spread(listing, items, parts=True)
            items = [item for item in items if not item.is_dir(follow_symlinks=False)]
        path = listing.path or "."
        dev, ino, size, mtime, ctime = self._tally(listing, items, info).signature
        listing.entries[path] = Entry(
            path, DIRECTORY, size, mtime, ctime, dev, ino, layout=listing.layout
        )

    def _tally(self, listing: Listing, items: Items, info: os.stat_result) -> Tally:
        """All files of a checkpoint directory as one; checkpoints in it become children."""
        tally = Tally(info)
        for found in walk(self.absolute(listing.path), items, self._pause):
            if found.kind == "checkpoint":
                listing.children.append(Child(join(listing.path, found.name), link=False))
            elif found.info is not None:
                listing.seen += "/" in found.name
                tally.add(found.info)
        for other in beside(listing.layout, self.absolute(listing.path)):
            tally.beside(other)
        return tally

    def _pause(self) -> None:
        self.throttle.spend()
        self.tick()


def classify(name: str, path: str) -> str:
    """Kind of a file by its name alone, "" where it is of no interest.

    Args:
        name: File name.
        path: Relative path.
    """
    if is_candidate(name) and not is_temporary(name):
        return FILE
    if name.endswith(MARKER_SUFFIX):
        return MARKER
    if name == FAILURE_LOG or path == CONFIG_NAME:
        return TEXT
    if is_temporary(name):
        ours = parse_temporary(name)
        nominated = is_candidate(temporary_of(name)) or (ours is not None and ours.cut)
        return TEMPORARY if nominated else ""
    if name.endswith(".json") and state_kind(name, path):
        return TEXT
    return ""


def file_entry(item: os.DirEntry[str], path: str, kind: str) -> Entry | None:
    """Stat one file; None where it is gone."""
    pointer = ""
    try:
        if item.is_symlink():
            pointer = os.readlink(item.path)
        info = item.stat()
    except FileNotFoundError:
        return _nowhere(item, path, kind, pointer, f"points to {pointer}, which is not there")
    except OSError as error:
        return _nowhere(item, path, kind, pointer, f"cannot be looked at: {error.strerror}")
    note = ""
    if not stat.S_ISREG(info.st_mode):
        note = next((text for test, text in _STRANGE if test(info.st_mode)), "not a regular file")
        if kind != FILE:
            return None
    return Entry(
        path,
        kind,
        info.st_size,
        info.st_mtime_ns,
        info.st_ctime_ns,
        info.st_dev,
        info.st_ino,
        pointer,
        "",
        note,
    )


def _nowhere(item: os.DirEntry[str], path: str, kind: str, pointer: str, note: str) -> Entry | None:
    """A pointer to nowhere still is a row; a plain file that is gone is none."""
    if kind != FILE or not pointer:
        return None
    try:
        info = os.lstat(item.path)
    except OSError:
        return None
    return Entry(
        path,
        kind,
        -1,
        info.st_mtime_ns,
        info.st_ctime_ns,
        info.st_dev,
        info.st_ino,
        pointer,
        "",
        note,
    )
