"""Keys one after the other: each goes where it would have gone had it been typed slowly.

Over a slow line, and from fast fingers, keys come in bursts. A key passes from the widget with the
focus through all that it is in up to the app, each with a queue of its own: left to themselves the
keys of a burst overtake each other, and what a key opens misses those that were meant for it. So
the next key waits until the one before has been all the way, and until what it opened is there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

_PATIENCE: Final = 1.0
"""Seconds after which a key that is still on its way no longer holds up the next."""
_ROUNDS: Final = 2
"""A key, and the message that a widget makes of it."""


class InOrder:
    """The keys of one app.

    Args:
        app: The app.
        handle: Takes a key as if it had just come; called by the app itself.
    """

    def __init__(self, app: App[int], handle: Callable[[events.Key], Awaitable[None]]) -> None:
        self._app = app
        self._handle = handle
        self._waiting: deque[events.Key] = deque()
        self._turn = 0
        self._busy = False

    async def take(self, event: events.Key) -> None:
        """Let a key in, or have it wait until the one before is through."""
        if self._busy:
            self._waiting.append(event)
        else:
            await self._let_in(event)

    async def _let_in(self, event: events.Key) -> None:
        self._busy, self._turn = True, self._turn + 1
        app, turn = self._app, self._turn
        on_top = app.screen
        way = list((app.focused or on_top).ancestors_with_self)
        asyncio.get_running_loop().call_later(_PATIENCE, app.call_later, self._next, turn)
        await self._handle(event)
        self._pass(way, 0, on_top, turn)

    def _pass(self, way: Sequence[MessagePump], at: int, on_top: object, turn: int) -> None:
        """Go after the key through the queues on its way, from each to the next."""
        while at < len(way) * _ROUNDS:
            if way[at // _ROUNDS].call_later(self._pass, way, at + 1, on_top, turn):
                return
            at += _ROUNDS  # it is closing: nothing of the key is left in there
        if self._app.screen is on_top or not self._app.screen.call_after_refresh(
            self._app.call_later, self._next, turn
        ):
            self._app.call_later(self._next, turn)

    async def _next(self, turn: int) -> None:
        if turn != self._turn or not self._busy:
            return  # it was given up meanwhile
        self._busy = False
        if self._waiting:
            await self._let_in(self._waiting.popleft())
