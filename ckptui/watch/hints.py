"""watchdog's events, taken for what they are: hints where to look.

Works with watchdog 6 and 7. What both get wrong (watching.md has the measurements) is made good
here: an overflow is only a log record in 7 and nothing at all in 6; 7 swallows a reached watch
limit; the emitter ends for good when the root is removed; warnings hold megabytes.
"""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Final

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

_FILTER: Final[list[type[FileSystemEvent]]] = [
    FileClosedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    FileCreatedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]
"""No ``opened``, ``closed_no_write`` or ``modified``: our own reading would feed itself."""

_BURST: Final = 8_000
"""So many events between two looks may be a queue (16,384) that ran over: look at everything."""


class _Overflow(logging.Handler):
    """watchdog says in its log, and nowhere else, that it lost events or an emitter failed."""

    def __init__(self, lost: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._lost = lost

    def emit(self, record: logging.LogRecord) -> None:
        self._lost()


class Hints(FileSystemEventHandler):
    """Which directories have changed since the last question.

    Args:
        root: Absolute run directory.
        wake: Called from watchdog's threads when there is something to take.
    """

    def __init__(self, root: str, wake: Callable[[], None]) -> None:
        self.root = root
        self._prefix = root.rstrip("/") + "/"
        self._wake = wake
        self._lock = threading.Lock()
        self._dirty: set[str] = set()
        self._full = False
        self._events = 0
        self._ready = False
        self._stopped = False
        self.problem = ""
        self._observer: BaseObserver | None = None
        self._overflow = _Overflow(self._lose)
        threading.Thread(target=self._start, name="hints", daemon=True).start()

    def _start(self) -> None:
        """Add the watches. A walk over the whole tree, so it has its own thread."""
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"watchdog\..*")
        logger = logging.getLogger("watchdog")
        logger.propagate = False
        logger.addHandler(self._overflow)
        try:
            observer = Observer()
            observer.schedule(self, self.root, recursive=True, event_filter=_FILTER)
            observer.start()
            self._observer = observer
        except OSError as error:
            self.problem = _in_words(error)
        with self._lock:
            self._ready, self._full = not self.problem, True
        self._wake()

    def dispatch(self, event: FileSystemEvent) -> None:
        """Mark the directories that an event names; nothing more, whatever the load."""
        paths = [self._relative(os.fsdecode(event.src_path))]
        if event.dest_path:
            paths.append(self._relative(os.fsdecode(event.dest_path)))
        with self._lock:
            self._events += 1
            for path in paths:
                if path is not None:
                    self._dirty.add(path.rpartition("/")[0])
                    if event.is_directory:
                        self._dirty.add(path)
        self._wake()

    def _relative(self, path: str) -> str | None:
        return path[len(self._prefix) :] if path.startswith(self._prefix) else None

    def _lose(self) -> None:
        with self._lock:
            self._full = True
        self._wake()

    def take(self) -> tuple[set[str], bool]:
        """The directories marked since the last call, and whether everything must be looked at."""
        with self._lock:
            dirty, full = self._dirty, self._full or self._events > _BURST
            self._dirty, self._full, self._events = set(), False, 0
        return dirty, full

    @property
    def ready(self) -> bool:
        """True once the watches stand."""
        return self._ready

    def alive(self) -> bool:
        """False where watchdog will say nothing any more."""
        if self.problem or not self._ready:
            return not self.problem
        observer = self._observer
        if observer is None:
            return False
        emitters = list(observer.emitters)
        return observer.is_alive() and bool(emitters) and all(e.is_alive() for e in emitters)

    def stop(self) -> None:
        """Let go. Does not wait: joining watchdog's threads may hang with the filesystem."""
        if self._stopped:
            return
        self._stopped = True
        logging.getLogger("watchdog").removeHandler(self._overflow)
        threading.Thread(target=self._stop, daemon=True).start()

    def _stop(self) -> None:
        if self._observer is not None and self._observer.is_alive():
            self._observer.stop()


def watched_inodes(pid: str = "self") -> set[int]:
    """Inodes that inotify watches in this process, from ``/proc/self/fdinfo``.

    Source: proc_pid_fdinfo(5): ``inotify wd:N ino:HEX sdev:HEX mask:HEX …``.
    """
    return {inode for fd in _inotify_fds(pid) for inode in _inodes(f"/proc/{pid}/fdinfo/{fd}")}


def _inotify_fds(pid: str) -> Iterator[str]:
    try:
        names = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return
    for name in names:
        try:
            if os.readlink(f"/proc/{pid}/fd/{name}") == "anon_inode:inotify":
                yield name
        except OSError:
            continue


def _inodes(fdinfo: str) -> Iterator[int]:
    try:
        with open(fdinfo, encoding="ascii", errors="replace") as file:
            lines = file.readlines()
    except OSError:
        return
    for line in lines:
        if line.startswith("inotify "):
            fields = dict(part.split(":", 1) for part in line.split()[1:] if ":" in part)
            yield int(fields.get("ino", "0"), 16)


def _in_words(error: OSError) -> str:
    if error.errno == 28:  # ENOSPC: the number of watches of this user is used up
        return "the system's limit of watches (fs.inotify.max_user_watches) is reached"
    if error.errno == 24:  # EMFILE
        return "the system's limit of watchers (fs.inotify.max_user_instances) is reached"
    return error.strerror or str(error)
