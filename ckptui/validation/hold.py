"""No file of a file server is held open for long: opened anew each second, under the same number.

A file that is removed while somebody has it open becomes ``.nfsXXXX`` there, and breaks the
trainer's clean-up for as long as it is held. So a thread opens it again by its path and puts the
new one in the place of the old (dup2(2): a read that is under way ends undisturbed). Where the
path leads to another file by then, or nowhere, the old one is let go, and reads find the end.
"""

from __future__ import annotations

import os
import threading
from typing import Final

from ckptui.validation.guest import operations_for
from ckptui.validation.pace import OPERATIONS, keep_pace

LONGEST: Final = 0.8
"""Seconds after which a file is opened anew; a second is what may be."""
FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY

Identity = tuple[int, int]


class Hold:
    """Keeps one descriptor young until it is closed.

    Args:
        path: What it was opened by.
        fd: The open file.
        identity: Its (device, inode).
    """

    def __init__(self, path: str, fd: int, identity: Identity) -> None:
        self._path, self._fd, self._identity = path, fd, identity
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._keep_young, name="hold", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it; the descriptor is its owner's again."""
        with self._lock:
            self._over.set()

    def _keep_young(self) -> None:
        while not self._over.wait(LONGEST):
            self._renew()

    def _renew(self) -> None:
        """Put a new open file in the place of the old one, or nothing where it has gone."""
        keep_pace(OPERATIONS, 2, operations_for(network=True))
        fresh = self._open()
        if fresh is None:
            fresh = os.open(os.devnull, FLAGS)
        with self._lock:
            # Closed meanwhile, its number may be another file's by now.
            if not self._over.is_set():
                os.dup2(fresh, self._fd, inheritable=False)
        os.close(fresh)

    def _open(self) -> int | None:
        try:
            fd = os.open(self._path, FLAGS)
        except OSError:
            return None
        info = os.fstat(fd)
        if (info.st_dev, info.st_ino) == self._identity:
            return fd
        os.close(fd)
        return None
