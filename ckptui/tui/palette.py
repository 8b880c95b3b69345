"""The command palette: every action, column, theme, place and checkpoint, found by name.

What is shown is content that is never read as markup, and names from disk are made plain first.
Checkpoints are gone through in slices with our own matcher: the time it takes grows with their
number alone, whatever their names are, and the keys are answered in between.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from ckptui.present.filter import follows
from ckptui.present.filter_kinds import fold
from ckptui.present.safe import plain
from ckptui.tui.colours import KEEP
from ckptui.tui.keys import APP, MAIN, TABLE, Key
from ckptui.tui.screens.on_top import OnTop
from ckptui.tui.themes import written

if TYPE_CHECKING:
    from ckptui.tui.app import CkptuiApp
    from ckptui.tui.screens.main import MainScreen

_MOST_HITS: Final = 50
_SLICE: Final = 2_000
"""Names that are looked at between two breaths: a few milliseconds."""
_TO_PLACE: Final = "go to this run directory"


class Palette(CommandPalette, OnTop[None]):
    """The palette: esc that follows enter at once closes nothing else."""


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to choose: what it is called, what it does, and whether it can now."""

    title: str
    help: str
    run: Callable[[], None]
    works: bool = True

    def shown(self) -> Content:
        """Title and sentence, both literally; dimmed where it does nothing now."""
        title = Content(self.title) if self.works else Content.styled(self.title, "dim")
        return title + Content("\n") + Content.styled(self.help, "dim")


class AppProvider(Provider):
    """A provider that knows our app."""

    @property
    def ours(self) -> CkptuiApp:
        """The app."""
        from ckptui.tui.app import CkptuiApp

        app = self.app
        assert isinstance(app, CkptuiApp)  # noqa: S101  (there is no other)
        return app


class ActionCommands(AppProvider):
    """Actions with their keys, columns to sort by, themes."""

    async def discover(self) -> Hits:
        """The actions of the screen."""
        for each in (*self._actions((*MAIN, *APP)), *self._forgetting()):
            yield DiscoveryHit(each.shown(), each.run, text=each.title)

    async def search(self, query: str) -> Hits:
        """All of them by name, and by what they do."""
        matcher = self.matcher(query)
        keyed = self._actions((*MAIN, *APP, *TABLE))
        for each in (*keyed, *self._columns(), *self._themes(), *self._forgetting()):
            found = matcher.match(each.title) or float(fold(query) in fold(each.help)) / 2
            if found > 0:
                yield Hit(found, each.shown(), each.run, text=each.title)

    def _actions(self, keys: Iterable[Key]) -> Iterator[Command]:
        main = self.ours.main
        for key in keys:
            if key.action != "app.command_palette":
                why = main.why_not(key.action)
                said = f"Not now: {why}." if why else key.help
                title = f"{key.label}  {key.cap}".rstrip()
                yield Command(title, said, self._later(_doing(main, key)), not why)

    def _columns(self) -> Iterator[Command]:
        main = self.ours.main
        for column in main.view.columns:
            if column.name:
                sort = self._later(_sorting(main, column.id))
                yield Command(f"sort by {column.name}", "Once more turns the order round.", sort)

    def _themes(self) -> Iterator[Command]:
        app = self.ours
        for name in sorted(app.available_themes):
            here = "The colours that are shown now." if name == app.theme else "Other colours."
            yield Command(f"theme {name}", here, partial(app.show_theme, name))
        keep = f"Write them to config.toml: ui.theme = {written(app.theme)}."
        yield Command(KEEP, keep, app.keep_theme)

    def _forgetting(self) -> Iterator[Command]:
        memory = self.ours.memory
        if memory.remembers:
            words = "Forget the filter, order and columns that are remembered of this directory."
            yield Command("forget the view", words, memory.forget)

    def _later(self, work: Callable[[], Awaitable[None]]) -> Callable[[], None]:
        """Once the palette has closed."""

        def start() -> None:
            self.app.call_later(work)

        return start


def _doing(main: MainScreen, key: Key) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        if key in TABLE:
            await main.app.run_action(key.action, main.table)
        else:
            await main.act(key.action)

    return run


def _sorting(main: MainScreen, column: str) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        main.sort_by(column)

    return run


class PlaceCommands(AppProvider):
    """Run directories by name, where several are open; choosing one goes there."""

    async def discover(self) -> Hits:
        """All of them."""
        for each in self._places():
            yield DiscoveryHit(each.shown(), each.run, text=each.title)

    async def search(self, query: str) -> Hits:
        """Those whose path matches."""
        for each in self._places():
            found = score(fold(query), each.title)
            if found:
                yield Hit(found, each.shown(), each.run, text=each.title)

    def _places(self) -> Iterator[Command]:
        app = self.ours
        if len(app.places) > 1:
            for at, place in enumerate(app.places):
                title = plain(f"{place.services.name}  {place.services.root}")
                yield Command(title, _TO_PLACE, partial(self._go, at))

    def _go(self, at: int) -> None:
        self.app.call_later(self.ours.show_place, at)


class CheckpointCommands(AppProvider):
    """Checkpoints by name; choosing one puts the cursor on it."""

    async def search(self, query: str) -> Hits:
        """The fifty that match best."""
        main, typed = self.ours.main, fold(query.replace(" ", ""))
        best: list[tuple[float, str]] = []
        names = iter(list(main.snapshot.checkpoints))
        while typed and (some := list(islice(names, _SLICE))):
            found = ((score(typed, path), path) for path in some)
            best = heapq.nlargest(_MOST_HITS, (*best, *(each for each in found if each[0])))
            await asyncio.sleep(0)
        for value, path in best:
            hit = Command(plain(path), "go to it", partial(main.jump, path))
            yield Hit(value, hit.shown(), hit.run, text=hit.title)


def score(typed: str, path: str) -> float:
    """How well a path fits what was typed, 0 where it does not.

    Args:
        typed: Folded, without blanks.
        path: As it is; also found as the screen shows it.
    """
    text = fold(path if path.isascii() and path.isprintable() else f"{path}\n{plain(path)}")
    at = text.find(typed)
    if at >= 0:
        name = text.rfind("/") + 1
        value = 3.0 if at == name else 2.0 if at > name else 1.0
    else:
        value = 0.5 if follows(typed, text) else 0.0
    return value and value + 1 / (1 + len(path))
