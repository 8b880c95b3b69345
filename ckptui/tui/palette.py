"""The command palette: every action and every checkpoint, found by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from ckptui.present.safe import plain
from ckptui.tui.keys import APP, MAIN, Key

if TYPE_CHECKING:
    from ckptui.tui.app import CkptuiApp
    from ckptui.tui.screens.main import MainScreen

_MOST_HITS = 50
_TO_PLACE = "go to this run directory"


def action_commands(app: CkptuiApp, main: MainScreen) -> Iterable[SystemCommand]:
    """All actions with their keys; of those that would do nothing now, why."""
    for key in (*MAIN, *APP):
        if key.action != "app.command_palette":
            why = main.why_not(key.action)
            said = f"Not now: {why}." if why else key.help
            yield SystemCommand(f"{key.label}  {key.cap}".rstrip(), said, _runner(app, main, key))


def _runner(app: CkptuiApp, main: MainScreen, key: Key) -> Callable[[], None]:
    async def run() -> None:
        await main.act(key.action)

    def start() -> None:
        app.call_later(run)

    return start


class PlaceCommands(Provider):
    """Run directories by name, where several are open; choosing one goes there."""

    async def discover(self) -> Hits:
        """All of them."""
        for at, title in self._places():
            yield DiscoveryHit(Content(title), partial(self._go, at), text=title, help=_TO_PLACE)

    async def search(self, query: str) -> Hits:
        """Those whose path matches."""
        matcher = self.matcher(query)
        for at, title in self._places():
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, Content(title), partial(self._go, at), text=title, help=_TO_PLACE)

    def _places(self) -> Iterable[tuple[int, str]]:
        from ckptui.tui.app import CkptuiApp

        app = self.app
        if isinstance(app, CkptuiApp) and len(app.places) > 1:
            for at, place in enumerate(app.places):
                yield at, plain(f"{place.services.name}  {place.services.root}")

    def _go(self, at: int) -> None:
        from ckptui.tui.app import CkptuiApp

        if isinstance(self.app, CkptuiApp):
            self.app.call_later(self.app.show_place, at)


class CheckpointCommands(Provider):
    """Checkpoints by name; choosing one puts the cursor on it."""

    async def search(self, query: str) -> Hits:
        """Find checkpoints whose path matches."""
        from ckptui.tui.app import CkptuiApp

        app = self.app
        if not isinstance(app, CkptuiApp):
            return
        matcher = self.matcher(query)
        hits = 0
        for path in app.main.snapshot.checkpoints:
            # Names from disk are shown as content that is never parsed as markup.
            score = matcher.match(path)
            if score > 0 and hits < _MOST_HITS:
                hits += 1
                jump = partial(app.main.jump, path)
                yield Hit(score, Content(plain(path)), jump, text=plain(path), help="go to it")
