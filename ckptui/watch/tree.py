"""The sweep: the truth about a run directory, kept directory by directory and given out as diffs.

Events only say where to look; what is believed is what a listing shows.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from ckptui.formats.layouts import is_marked_beside
from ckptui.light import dataclass, field
from ckptui.watch.entries import Entry, folder_of
from ckptui.watch.ignore import IGNORE_NAME, Ignore
from ckptui.watch.listing import Child, Lister, Listing
from ckptui.watch.throttle import Throttle

MAX_ENTRIES: Final = 50_000
MAX_DEPTH: Final = 8
_GONE: Final = frozenset({errno.ENOENT, errno.ENOTDIR})
_IGNORE_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a sweep goes.

    Attributes:
        entries: Names seen.
        depth: Directories below the run directory.
        entries_lift, depth_lift: What lifts each, in words.
    """

    entries: int = MAX_ENTRIES
    depth: int = MAX_DEPTH
    entries_lift: str = "--entries N or limits.entries lifts it"
    depth_lift: str = "limits.depth lifts it"


@dataclass(frozen=True, slots=True)
class Diff:
    """What changed: entries that are new or different, and paths that are gone."""

    put: tuple[Entry, ...] = ()
    gone: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.put or self.gone)


@dataclass(slots=True)
class LeftOut:
    """What a sweep did not look at, for one sentence."""

    unreadable: dict[str, str] = field(default_factory=dict)
    mounts: list[str] = field(default_factory=list)
    deep: list[str] = field(default_factory=list)
    limit: Limits | None = None
    depth_lift: str = ""

    def sentence(self) -> str:
        """What was left out and why, in words; "" where nothing was."""
        parts: list[str] = []
        if self.limit is not None:
            parts.append(f"all beyond {self.limit.entries:,} names ({self.limit.entries_lift})")
        if self.deep:
            parts.append(f"{_some(self.deep)}: deeper than the limit ({self.depth_lift})")
        if self.mounts:
            parts.append(f"{_some(self.mounts)}: another filesystem")
        if self.unreadable:
            why = next(iter(self.unreadable.values()))
            parts.append(f"{_some(list(self.unreadable))}: cannot be read ({why})")
        return "left out: " + "; ".join(parts) if parts else ""


def _some(paths: list[str]) -> str:
    return f"{paths[0]}/" + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")


class Tree:
    """The last known listings of a run directory.

    Args:
        root: Absolute run directory.
        limits: How far to go.
        throttle: Told of every metadata operation.
        tick: Called often during long work.
    """

    def __init__(
        self,
        root: str,
        limits: Limits = Limits(),  # noqa: B008  (frozen)
        throttle: Throttle | None = None,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self.root = root
        self.limits = limits
        self.listings: dict[str, Listing] = {}
        self.left_out = LeftOut()
        self.looked = 0
        self._lister = Lister(root, Ignore(), throttle or Throttle(None), tick)
        self._owner: dict[tuple[int, int], str] = {}
        self._visited: set[str] = set()
        self._moved: list[str] = []

    @property
    def seen(self) -> int:
        """Names in all known directories."""
        return sum(listing.seen for listing in self.listings.values())

    def sweep(self) -> Iterator[Diff]:
        """Look at everything; give out what differs from what was known.

        Between two diffs the caller may call :meth:`relist`.

        Raises:
            OSError: The run directory itself cannot be read; nothing was forgotten.
        """
        os.stat(self.root)
        self._reload_ignore()
        self.left_out, self._owner, self._visited = LeftOut(), {}, set()
        yield from self._walk([Child("", link=False)], 0, self._visited)
        yield from self._forget(self._visited)

    def relist(self, path: str) -> Iterator[Diff]:
        """Look again at one directory, and at what is new below it.

        Args:
            path: Relative; where it is not known, the nearest known directory above is taken.

        Raises:
            OSError: The run directory itself cannot be read.
        """
        while path not in self.listings and path:
            path = folder_of(path)
        before = self.listings.get(path)
        if before is None:
            yield from self.sweep()
            return
        known = set(self.listings) - {path} - set(self._marked_in(before))
        budget = self.seen - before.seen
        yield from self._walk([Child(path, self._is_link(path))], budget, known)
        self._visited |= known
        after = self.listings[path]
        if after is before:  # gone, or closed to us: for the directory above to find out
            if path and not os.path.isdir(self._lister.absolute(path)):
                yield self._drop(path)
            return
        kept = {child.path for child in after.children}
        for child in before.children:
            if child.path not in kept:
                yield self._drop(child.path)

    def _marked_in(self, listing: Listing) -> Iterator[str]:
        """Checkpoint directories of which a file beside them, as ``latest``, says something."""
        for child in listing.children:
            known = self.listings.get(child.path)
            if known is not None and is_marked_beside(known.layout):
                yield child.path

    def _is_link(self, path: str) -> bool:
        parent = self.listings.get(folder_of(path))
        return path != "" and parent is not None and Child(path, link=True) in parent.children

    def _walk(self, start: list[Child], seen: int, visited: set[str]) -> Iterator[Diff]:
        """Breadth first; real directories before symlinked ones, so that real paths win."""
        real, links = deque(start), deque[Child]()
        while real or links:
            child = real.popleft() if real else links.popleft()
            if child.path in visited:
                continue
            if seen >= self.limits.entries:
                self.left_out.limit = self.limits
                return
            listing = self._visit(child)
            yield from (self._drop(self._moved.pop()) for _ in tuple(self._moved))
            if listing is None:
                continue
            above = self.listings.get(folder_of(child.path))
            listing.linked = child.link or (above is not None and above.linked)
            seen += listing.seen
            self.looked = seen
            visited.add(child.path)
            yield self._replace(listing)
            for each in listing.children:
                (links if each.link else real).append(each)

    def _visit(self, child: Child) -> Listing | None:
        """List one directory, or None where it is not to be listed (and then say why)."""
        path = child.path
        if path.count("/") >= self.limits.depth:
            self.left_out.deep.append(path)
            self.left_out.depth_lift = self.limits.depth_lift
            return None
        try:
            self._lister.throttle.spend()
            info = os.stat(self._lister.absolute(path))
            if not self._is_first((info.st_dev, info.st_ino), path):
                return None
            if not child.link and self._other_device(path, info.st_dev):
                self.left_out.mounts.append(path)
                return None
            return self._lister.list(path, info)
        except OSError as error:
            if path == "":
                raise
            if error.errno not in _GONE:
                self.left_out.unreadable[path] = error.strerror or str(error)
            return None

    def _is_first(self, identity: tuple[int, int], path: str) -> bool:
        """False where this directory is already known by another path that still leads to it."""
        owner = self._owner.setdefault(identity, path)
        if owner == path:
            return True
        try:
            info = os.stat(self._lister.absolute(owner))
        except OSError:
            info = None
        if info is not None and (info.st_dev, info.st_ino) == identity:
            return False
        self._owner[identity] = path
        self._moved.append(owner)
        return True

    def _other_device(self, path: str, device: int) -> bool:
        parent = self.listings.get(folder_of(path))
        return path != "" and parent is not None and parent.identity[0] != device

    def _replace(self, listing: Listing) -> Diff:
        before = self.listings.get(listing.path)
        self.listings[listing.path] = listing
        if before is None:
            return Diff(tuple(listing.entries.values()))
        old, new = before.entries, listing.entries
        put = tuple(entry for path, entry in new.items() if old.get(path) != entry)
        return Diff(put, tuple(path for path in old if path not in new))

    def _forget(self, visited: set[str]) -> Iterator[Diff]:
        """Drop what no visited directory leads to any more.

        What was not visited because of a limit or an error is kept as it was last seen: not
        having looked is no proof that something is gone.
        """
        for path in [each for each in self.listings if each not in visited]:
            if path in self.listings and not self._still_leads_to(path, visited):
                yield self._drop(path)

    def _still_leads_to(self, path: str, visited: set[str]) -> bool:
        child, parent = path, folder_of(path)
        while parent not in visited and child:
            child, parent = parent, folder_of(parent)
        listing = self.listings.get(parent)
        if listing is None or not child:
            return False
        if not any(each.path == child for each in listing.children):
            return False
        return self._was_cut(child)

    def _was_cut(self, child: str) -> bool:
        if self.left_out.limit or child in self.left_out.unreadable:
            return True
        return child in self.left_out.mounts

    def _drop(self, path: str) -> Diff:
        prefix = f"{path}/"
        paths = [each for each in self.listings if each == path or each.startswith(prefix)]
        gone: list[str] = []
        for each in paths:
            listing = self.listings.pop(each)
            gone += listing.entries
            if self._owner.get(listing.identity) == each:
                del self._owner[listing.identity]
        return Diff(gone=tuple(gone))

    def _reload_ignore(self) -> None:
        try:
            with open(os.path.join(self.root, IGNORE_NAME), "rb") as file:
                text = os.fsdecode(file.read(_IGNORE_BYTES))
        except OSError:
            text = ""
        old = self._lister
        self._lister = Lister(old.root, Ignore(text), old.throttle, old.tick)
