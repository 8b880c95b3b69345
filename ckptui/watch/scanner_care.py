"""The life of a monitor's scanner: started, started again where it dies or says nothing more."""

from __future__ import annotations

import time
from collections import deque
from typing import Final

from ckptui.watch.brain import Brain
from ckptui.watch.link import Link

RESTART_AFTER: Final = 15.0
"""Seconds of silence after which another scanner is tried."""
_SILENCE: Final = 5.0
_HEALTHY: Final = 60.0
_DEATHS: Final = 3


class ScannerCare:
    """Keeps a scanner going; but for :meth:`kill`, only for the monitor's thread.

    Args:
        brain: Is told what becomes of it.
        link: To the first one, which may have been started already.
        follow: False for one look: then none is started again.

    Attributes:
        link: To the one of now.
    """

    def __init__(self, brain: Brain, link: Link, *, follow: bool) -> None:
        self._brain, self._follow = brain, follow
        self.link = link
        self._heard = time.monotonic()
        self._restarted = False
        self._deaths: deque[float] = deque(maxlen=_DEATHS)
        self._over = False
        self._killed = False

    def kill(self) -> None:
        """Kill it, and whatever is started from now on; from any thread."""
        self._killed = True
        self.link.kill()

    def start(self) -> None:
        """Start one."""
        self.link = self.link.another()
        self._heard = time.monotonic()
        try:
            self.link.start()
        except OSError as error:
            self._over = True
            self._brain.fail(f"the scanner cannot be started: {error.strerror}")
        if self._killed:  # it may have come between
            self.link.kill()

    def speaks(self) -> None:
        """It has said something."""
        self._heard = time.monotonic()
        self._brain.speaks()

    def has_ended(self) -> None:
        """Start another one, unless it was to end or dies again and again."""
        words = self.link.last_words()
        self.link.stop()
        if self._over or self._brain.ended:
            self._over = True
            return
        now = time.monotonic()
        if not self._follow or (len(self._deaths) == _DEATHS and now - self._deaths[0] < _HEALTHY):
            self._over = True
            why = f": {words}" if words else ""
            root = self._brain.root
            self._brain.fail(f"the scanner of {root} ended{why}; open it again to try again")
            return
        self._deaths.append(now)
        self._brain.begin_again()
        self.start()

    def watch_silence(self) -> None:
        """Say since when nothing was heard, and start another scanner at most once."""
        quiet = time.monotonic() - self._heard
        if self._over or self.link.pid is None:
            return
        if quiet < _SILENCE:
            if self._restarted and self._brain.spoke_for > _HEALTHY:
                self._restarted = False
            return
        self._brain.silent(time.time() - quiet)
        if quiet > RESTART_AFTER and not self._restarted and self._follow:
            self._restarted = True
            self.link.stop()
            self._brain.begin_again()
            heard = self._heard
            self.start()
            self._heard = heard  # the silence goes on until somebody speaks
