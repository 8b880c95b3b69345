"""A text file that can be searched: the reader looks, the view goes there and lights it up."""

from __future__ import annotations

import re
from typing import Final

from textual import events

from ckptui.present import units
from ckptui.tui.keys import by_id, cap
from ckptui.tui.reading import Asked
from ckptui.tui.textstate import Search
from ckptui.tui.widgets.searchline import search_line
from ckptui.tui.widgets.textview import TextView
from ckptui.watch.protocol import Message as Said
from ckptui.watch.protocol import number_in, text_in

_STUCK: Final = 1.0
"""Seconds after which a search that does not answer is ended with its reader."""
_WHERE: Final = re.compile(r"\s*(\d[\d,]*)\s*(%?)\s*")


class FindableText(TextView):
    """Search, next, previous, go to."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Search where the screen has a line to type in; elsewhere its keys are left to others."""
        typed = action in ("text_search", "text_next", "text_goto")
        return super().check_action(action, parameters) and not (
            typed and search_line(self) is None
        )

    def action_text_search(self) -> None:
        """Ask for words."""
        entry = search_line(self)
        if entry is not None:
            hint = "words, or /a regular expression/; case counts where you type a capital"
            entry.open(self, self._typed, hint=hint, text=self.search.words)

    def _typed(self, text: str, *, final: bool) -> str:
        if final:  # a file may be long: not at each letter
            self.look_for(text)
        return ""

    def look_for(self, words: str) -> None:
        """Look for words from the top of the screen on; empty ones clear the search."""
        self.stop_following()
        self.search = Search(words)
        self.ask("words", words=words)
        if words:
            self._find(self.top_offset, back=False)
        else:
            self._ask_around(self.top_offset)

    def _find(self, at: int, *, back: bool) -> None:
        self.search.running, self.search.sentence = 0.0, ""
        self.ask("find", at, back=back)
        self._paint_status()

    def action_text_next(self, way: int) -> None:
        """Go to the next match, or to the one before."""
        search = self.search
        if not search.words:
            self.say(f"nothing is looked for; {cap('text-search')} begins")
            return
        self.stop_following()
        here = search.row is not None and self._on_screen(search.row)
        if way > 0:
            self._find(search.end if here else self.top_offset, back=False)
        else:
            self._find(
                search.row if here and search.row is not None else self.top_offset, back=True
            )

    def _on_screen(self, row: int) -> bool:
        return bool(self.window) and self.top_offset <= row < max(self._shown_to(), 1)

    def hear(self, kind: str, said: Said, asked: Asked | None) -> None:
        """Also what a search says."""
        search = self.search
        match kind:
            case "finding" if search.running is not None:
                search.running = number_in(said.get("done")) / max(number_in(said.get("size")), 1.0)
            case "found":
                self._found(said)
            case "counting":
                self._counted(said)
            case "line":
                self._at_line(said)
            case "problem" if search.running is not None:
                search.running, search.sentence = None, text_in(said.get("problem"))
            case _:
                super().hear(kind, said, asked)
                return
        self._paint_status()

    def _found(self, said: Said) -> None:
        search = self.search
        search.running = None
        row = said.get("row")
        if not isinstance(row, int):
            search.sentence = f"“{search.words}” is not in this file"
            return
        search.row, search.end = row, int(number_in(said.get("end")))
        if said.get("wrapped") is True:
            self.say("went on from the other end")
        self._counted(said)
        # The rows that are here may be from before the search: they come anew, with its hits.
        seen = self._on_screen(row)
        self.to(self.top_offset if seen else row, third=not seen)

    def _counted(self, said: Said) -> None:
        search = self.search
        search.count = int(number_in(said.get("count")))
        search.counted = said.get("counted") is True
        if "number" in said:
            search.number = int(number_in(said["number"]))

    def on_key(self, event: events.Key) -> None:
        """What goes back stops a search that is on its way first."""
        if event.key in by_id("back").names and self.search.running is not None:
            event.stop()
            self._stop()

    def _stop(self) -> None:
        self.search.running, self.search.sentence = None, "stopped looking"
        reading = self._reading
        if reading is not None and reading.silence() > _STUCK:
            # A regular expression may run for ever; only its process can be stopped.
            reading.restart()
            self.search = Search(sentence="stopped looking")
            self._begin()
        else:
            self.ask("stop")
        self._paint_status()

    # Go to

    def action_text_goto(self) -> None:
        """Ask for a place."""
        entry = search_line(self)
        if entry is not None:
            entry.open(self, self._goto, hint="a line number, or a part of the file such as 50%")

    def _goto(self, text: str, *, final: bool) -> str:
        if not final or not text:
            return ""
        found = _WHERE.fullmatch(text)
        if found is None:
            return "no such place: write a line number, or 50%"
        number = int(found.group(1).replace(",", ""))
        self.stop_following()
        if found.group(2):
            self.to(self.state.size * min(number, 100) // 100)
        else:
            self.search.running = 0.0
            self.ask("line", number=number)
        return ""

    def _at_line(self, said: Said) -> None:
        self.search.running = None
        at, number = said.get("at"), int(number_in(said.get("number")))
        if isinstance(at, int):
            self.to(at)
        else:
            self.say(f"this file has no line {number:,}; it is {units.size(self.state.size)} long")
