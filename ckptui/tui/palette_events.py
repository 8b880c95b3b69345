"""What is told when something happens, switched in the palette for this session."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from textual.command import Hit, Hits

from ckptui.present.filter_kinds import fold
from ckptui.tui.palette import AppProvider, Command
from ckptui.user_config import EVENTS

_KINDS: Final = dict(
    zip(
        EVENTS,
        (
            "checkpoints turned bad",
            "a run ended",
            "the next save does not fit",
            "a save is late",
            "another last good",
        ),
        strict=True,
    )
)
_WAYS: Final = {
    "bell": "Whether the terminal's bell rings, for this session.",
    "line": "Whether the line above the footer says it, for this session.",
    "command": "Whether the command of --on-event runs, for this session.",
}


class EventCommands(AppProvider):
    """One switch for each way of each kind of event."""

    async def search(self, query: str) -> Hits:
        """By name, and by what they do; none without being asked for: they are many."""
        matcher = self.matcher(query)
        for each in self._switches():
            found = matcher.match(each.title) or float(fold(query) in fold(each.help)) / 2
            if found > 0:
                yield Hit(found, each.shown(), each.run, text=each.title)

    def _switches(self) -> Iterator[Command]:
        for way, kinds in self.ours.hearing.ways.items():
            for kind, words in _KINDS.items():
                off = "off" if kind in kinds else "on"
                title = f"notify by {way}: {words}, turn {off}"
                yield Command(title, _WAYS[way], partial(self._switch, way, kind))

    def _switch(self, way: str, kind: str) -> None:
        on = "on" if self.ours.hearing.switch(way, kind) else "off"
        self.app.call_later(self.ours.main.say, f"notify by {way}: {_KINDS[kind]}, now {on}")
