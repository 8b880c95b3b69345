"""Drives the real app by keys, and reads its screen as a person would."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from ckptui.tui.app import CkptuiApp
from ckptui.watch.model import Checkpoint

PATIENCE = 30.0
"""Seconds after which a test gives up; nothing is measured with it."""


class Driver:
    """An open app."""

    def __init__(self, app: CkptuiApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def rows(self) -> dict[str, Checkpoint]:
        """The checkpoints as shown."""
        return dict(self.app.main.snapshot.checkpoints)

    def text(self) -> str:
        """The screen's text, as far as the topmost screen reaches."""
        strips = self.app.screen._compositor.render_strips(self.app.screen.size)
        return "\n".join(strip.text.rstrip() for strip in strips)

    async def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            await self.pilot.press(key)
        await self.pilot.pause()

    async def until(self, met: Callable[[], object], what: str) -> None:
        """Wait for something to become true."""
        end = time.monotonic() + PATIENCE
        while not met():
            assert time.monotonic() < end, f"never came: {what}\n{self.text()}"
            await asyncio.sleep(0.02)
            await self.pilot.pause()

    async def sees(self, *words: str) -> None:
        """Wait until all these words stand on the screen."""
        await self.until(lambda: all(word in self.text() for word in words), f"words {words}")

    async def rests(self) -> None:
        """Wait until the screen has shown the same for half a second."""
        before, since = self.text(), time.monotonic()
        while time.monotonic() - since < 0.5:
            await asyncio.sleep(0.05)
            await self.pilot.pause()
            if (now := self.text()) != before:
                before, since = now, time.monotonic()

    async def goes_to(self, path: str) -> None:
        """Move the cursor to a checkpoint with ``j`` and ``k``, as a person would."""
        table = self.app.main.table
        await self.until(lambda: path in table.keys, f"row {path}")
        while table.cursor != path:
            down = table.keys.index(path) > table.cursor_line
            await self.press("j" if down else "k")

    async def agrees(self, *title: str) -> None:
        """Wait for a preview and say yes to it."""
        await self.sees("y apply", *title)
        await self.press("y")


@asynccontextmanager
async def opened(
    *roots: str, size: tuple[int, int] = (120, 36), read_only: bool = False
) -> AsyncIterator[Driver]:
    """Open the real app on run directories and wait until it has looked at all of the first."""
    app = CkptuiApp(roots, read_only=read_only)
    async with app.run_test(size=size) as pilot:
        driver = Driver(app, pilot)
        await driver.until(lambda: app.main.snapshot.settled, "the first sweep")
        await driver.pilot.pause()
        yield driver


def there(root: str, path: str) -> bool:
    """True where something stands at a path of the run directory."""
    return os.path.lexists(os.path.join(root, path))


def bits(root: str, path: str) -> tuple[bytes, int]:
    """A file's content and its time, in nanoseconds."""
    full = os.path.join(root, path)
    with open(full, "rb") as file:
        return file.read(), os.stat(full).st_mtime_ns
