"""Remembers how each run directory is looked at, a moment after it changed and on leaving."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.app import App

from ckptui.tui.keeping import Keeper
from ckptui.tui.places import Places
from ckptui.tui.session import Session

_EVERY_SECONDS: Final = 2.0


class Memory:
    """What the places are like, as it was kept last.

    Args:
        places: Screens of the run directories.
        paths: Theirs, without symlinks; none to remember nothing.
    """

    def __init__(self, places: Places, paths: Sequence[str]) -> None:
        self._places, self._paths = places, list(paths)
        self._keeper = Keeper()
        self._kept: list[Session | None] = [place.session() for place in places]

    def begin(self, app: App[int]) -> None:
        """Look now and then what has changed."""
        if self._paths:
            app.set_interval(_EVERY_SECONDS, self.keep)

    def keep(self) -> None:
        """Hand on what differs from what was kept; None is kept no more."""
        for at, path in enumerate(self._paths):
            now, before = self._places[at].session(), self._kept[at]
            if before is not None and now != before:
                self._kept[at] = now
                self._keeper.keep(path, now)

    def close(self) -> None:
        """Keep what there is, without making anybody wait for a home that hangs."""
        if self._paths:
            self.keep()
            self._keeper.wait()

    @property
    def remembers(self) -> bool:
        """False where nothing is to be remembered."""
        return bool(self._paths)

    def forget(self) -> None:
        """Remember nothing of the place on show, until it is opened again."""
        at = self._places.at
        self._kept[at] = None
        self._keeper.forget(self._paths[at])
        self._places[at].say(
            "forgotten; the next time this run directory opens as if for the first"
        )
