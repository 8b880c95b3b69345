"""Tells what happens in the run directories that are open: by a line, a bell, a command."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from textual.app import App
from textual.timer import Timer

from ckptui.present.events import QUIET_SECONDS, Event, Happenings, hook_call
from ckptui.present.safe import plain
from ckptui.tui.messages import CommandFailed, Happened
from ckptui.tui.places import Places
from ckptui.tui.screens.main import MainScreen
from ckptui.user_config import Notify
from ckptui.watch.model import Change

if TYPE_CHECKING:
    from ckptui.launch.hook import Hook

BELL_SECONDS: Final = 10.0
"""Least time between two bells."""
_LOOK_SECONDS: Final = 5.0
"""How often it is looked for what no change tells: a save that is late, a run that was killed."""


class Hearing:
    """Hears of every change, and tells the few that matter.

    Args:
        places: The run directories.
        notify: What is told, and how, until the user switches it for this session.
        post: Tells the app of :class:`Happened`; called from any thread.
        command: That of ``--on-event``; empty for none.

    Attributes:
        ways: Way → kinds of events that go it.
    """

    def __init__(
        self,
        places: Places,
        notify: Notify,
        post: Callable[[Happened | CommandFailed], object],
        command: str = "",
    ) -> None:
        self._places, self._post = places, post
        self.ways = {"bell": set(notify.bell), "line": set(notify.line)}
        self._hook: Hook | None = None
        if command:
            from ckptui.launch.hook import Hook

            self.ways["command"] = set(notify.command)
            environment = places.shown.services.environment
            self._hook = Hook(command, environment, self._command_failed)
        self._happenings = [Happenings() for _ in places]
        self._rang_at = -BELL_SECONDS
        self._timer: Timer | None = None

    def begin(self, app: App[int]) -> None:
        """Hear of everything from now on."""
        for place, happenings in zip(self._places, self._happenings, strict=True):
            place.services.monitor.subscribe(partial(self._heard, happenings))
        app.set_interval(_LOOK_SECONDS, partial(self.tell, app))

    def _heard(self, happenings: Happenings, change: Change) -> None:
        # On a monitor's thread, so that no key waits for it.
        if happenings.heed(change, time.time()):
            self._post(Happened())

    def tell_soon(self, app: App[int]) -> None:
        """Tell once it has been quiet for a moment: many at once are one event."""
        if self._timer is None:
            self._timer = app.set_timer(QUIET_SECONDS + 0.1, partial(self._told, app))

    def _told(self, app: App[int]) -> None:
        self._timer = None
        self.tell(app)
        if any(each.waiting for each in self._happenings):
            self.tell_soon(app)

    def tell(self, app: App[int]) -> None:
        """Tell what there is to tell now."""
        for place, happenings in zip(self._places, self._happenings, strict=True):
            for event in happenings.take(time.time()):
                self._one(app, place, event)

    def _one(self, app: App[int], place: MainScreen, event: Event) -> None:
        shown = self._places.shown
        if event.kind in self.ways["line"]:
            where = "" if place is shown else f"{plain(place.services.name)}: "
            shown.notice(f"{where}{event.message}", alarm=event.alarm)
        if event.kind in self.ways["bell"]:
            self._ring(app)
        if self._hook is not None and event.kind in self.ways["command"]:
            self._hook.tell(hook_call(event, place.services.root, time.time()))

    def _ring(self, app: App[int]) -> None:
        now = time.monotonic()
        if now - self._rang_at >= BELL_SECONDS:
            self._rang_at = now
            app.bell()

    def _command_failed(self, sentence: str) -> None:
        self._post(CommandFailed(sentence))  # on the hook's thread

    def close(self) -> None:
        """Tell no more, and wait for no command that hangs."""
        if self._hook is not None:
            self._hook.close()

    def switch(self, way: str, kind: str) -> bool:
        """Turn one way of one kind on or off, for this session; True where it is on now."""
        kinds = self.ways[way]
        kinds ^= {kind}
        return kind in kinds
