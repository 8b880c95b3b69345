"""The run directories that are open: one screen each, one of them on show, all of them watched."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from textual.app import App
from textual.message import Message

from ckptui.launch.known import known_runs
from ckptui.launch.model import LIVE, RunRecord
from ckptui.tui.keys import by_id
from ckptui.tui.placeline import Piece, Place, place_pieces
from ckptui.tui.screens.main import MainScreen
from ckptui.tui.widgets.placebar import PlaceBar
from ckptui.watch.model import Change

LOOK_SECONDS: Final = 5.0
"""After so long a place that has not told everything no longer holds up the next one; and what is
known of a run's processes is no older than this."""


class PlaceChanged(Message):
    """Something is new in one of the places."""

    def can_replace(self, message: Message) -> bool:
        """One of several that wait is enough."""
        return isinstance(message, PlaceChanged)


class LiveRuns:
    """The resumed runs of one place that have not ended, as far as is known."""

    def __init__(self) -> None:
        self._files: Mapping[str, str] | None = None
        self._at = 0.0
        self._runs: tuple[RunRecord, ...] = ()
        self._dead_since: dict[str, float] = {}

    def among(self, run_files: Mapping[str, str]) -> tuple[RunRecord, ...]:
        """Those that work, by the small files that the scanner sent."""
        now = time.monotonic()
        if run_files is not self._files or now - self._at > LOOK_SECONDS:
            self._files, self._at = run_files, now
            runs = known_runs(run_files, self._dead_since)
            self._runs = tuple(run for run in runs if run.state in LIVE)
        return self._runs


class Places:
    """Screens of run directories, in the order in which they were named.

    Args:
        screens: At least one; the first is on show.
        post: Tells the app of :class:`PlaceChanged`; called from any thread.

    Attributes:
        at: Number of the one on show.
    """

    def __init__(
        self, screens: Sequence[MainScreen], post: Callable[[PlaceChanged], object]
    ) -> None:
        self._screens = tuple(screens)
        self._post = post
        self._runs = [LiveRuns() for _ in screens]
        self._begun = 0.0
        self.at = 0
        for screen in self._screens[1:]:
            screen.feed.on_show = False

    def __getitem__(self, number: int) -> MainScreen:
        return self._screens[number]

    def __iter__(self) -> Iterator[MainScreen]:
        return iter(self._screens)

    def __len__(self) -> int:
        return len(self._screens)

    @property
    def shown(self) -> MainScreen:
        """The one on show."""
        return self._screens[self.at]

    def begin(self, app: App[int]) -> None:
        """Hear of everything that is new; the one on show is open already."""
        self._begun = time.monotonic()
        for number, screen in enumerate(self._screens):
            app.install_screen(screen, f"place-{number}")  # kept while another one is on show
            if len(self) > 1:
                screen.services.monitor.subscribe(self._heard)
        if len(self) > 1:
            app.set_interval(LOOK_SECONDS, self.tell)

    def _heard(self, _: Change) -> None:
        self._post(PlaceChanged())  # on a monitor's thread; posting is safe there

    def go_to(self, number: int, app: App[int]) -> None:
        """Put another place on show, unless something else than a place is on top."""
        number %= len(self)
        if number == self.at or app.screen is not self.shown:
            return
        self.shown.feed.on_show = False
        self.at = number
        self.shown.feed.on_show = True
        self.shown.feed.watch()
        app.switch_screen(self.shown)
        self.shown.feed.arrived()
        self.shown.tick()
        app.call_after_refresh(self.tell)

    def tell(self) -> None:
        """Bring the line of places up to date, and begin to watch the next one if it is time."""
        self._go_on()
        if len(self) > 1:
            for bar in self.shown.query(PlaceBar):  # none before it is composed
                bar.tell(self._pieces)

    def _go_on(self) -> None:
        """One after the other: the first is on the screen before the others ask for anything."""
        waiting = next((each for each in self if not each.feed.watching), None)
        if waiting is None:
            return
        if self._all_told() or time.monotonic() - self._begun >= LOOK_SECONDS:
            self._begun = time.monotonic()
            waiting.feed.watch()

    def _all_told(self) -> bool:
        known = [each.services.monitor.snapshot for each in self if each.feed.watching]
        return bool(known) and all(each.settled or each.problem for each in known)

    def working(self, number: int) -> tuple[RunRecord, ...]:
        """The runs of a place that go on."""
        return self._runs[number].among(self[number].services.monitor.snapshot.run_files)

    def still_working(self) -> Iterator[tuple[str, RunRecord]]:
        """Name of the place, and run, for every run that goes on."""
        for number, screen in enumerate(self):
            for run in self.working(number):
                yield screen.services.name, run

    def _pieces(self, width: int) -> list[Piece]:
        places = [
            Place(
                screen.services.name,
                screen.services.monitor.snapshot if screen.feed.watching else None,
                live=bool(self.working(number)),
            )
            for number, screen in enumerate(self)
        ]
        caps = (by_id("previous-place").cap, by_id("next-place").cap)
        ascii_only = self.shown.services.ascii_only
        return place_pieces(places, self.at, width, caps=caps, ascii_only=ascii_only)
