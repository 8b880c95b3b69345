"""The identity of the run directory: gone, replaced and unmounted are not "everything deleted"."""

from __future__ import annotations

import errno
import os
import time
from typing import Final

_LOCAL_CHECK: Final = 1.0
_NETWORK_CHECK: Final = 10.0


class RootWatch:
    """Says whether the run directory is still the one that was being watched.

    Args:
        root: Absolute.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self.problem = ""
        self._identity: tuple[int, int] | None = None
        self._checked = 0.0

    def due(self, network: bool) -> bool:
        """True where it is time to look again."""
        wait = _NETWORK_CHECK if network and not self.problem else _LOCAL_CHECK
        return time.monotonic() - self._checked >= wait

    def check(self) -> bool:
        """Look once. True where everything must be looked at again: it is back, or another."""
        self._checked = time.monotonic()
        had_problem = bool(self.problem)
        try:
            info = os.stat(self.root)
            with os.scandir(self.root) as items:
                empty = next(items, None) is None
        except OSError as error:
            self.fail(error)
            return False
        identity = (info.st_dev, info.st_ino)
        known = self._identity
        if known is not None and known[0] != identity[0] and empty:
            self.problem = (
                f"{self.root} is empty and on another filesystem now: it seems to be unmounted. "
                "Shown is what was last seen; it is looked for every second"
            )
            return False
        self.problem = ""
        self._identity = identity
        return had_problem or (known is not None and known != identity)

    def fail(self, error: OSError) -> None:
        """Put into words why the run directory cannot be read."""
        if error.errno == errno.ENOENT:
            self.problem = (
                f"{self.root} is not there (removed, renamed or unmounted). "
                "Shown is what was last seen; it is looked for every second"
            )
        elif error.errno == errno.ENOTDIR:
            self.problem = f"{self.root} is not a directory; give the directory of a run"
        else:
            self.problem = (
                f"{self.root} cannot be read: {error.strerror}. "
                "Shown is what was last seen; it is looked at every second"
            )
