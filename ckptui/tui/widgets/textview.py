"""A text file of any size: what is near the eye, the rest stays on disk. Follows what grows.

The reader process sends the rows that are asked for; the view keeps a window of them, moves in
it, and repaints only lines that read differently, at most four times a second while it follows.
"""

from __future__ import annotations

from typing import Final

from ckptui.tui.reading import Asked, Reading
from ckptui.tui.widgets.textmoving import TextMoving
from ckptui.watch.protocol import Message as Said
from ckptui.watch.protocol import number_in, text_in

_HAPPENED: Final = {
    "cut": "the file was cut short",
    "replaced": "another file took its place",
    "gone": "the file is gone; what was read stays",
    "back": "the file is there again",
}


class TextView(TextMoving):
    """Takes what the reader says, and whatever happens to the file."""

    def on_text_asking_heard(self, message: TextMoving.Heard) -> None:
        """Take what the reader said."""
        reading, said = message.reading, message.said
        if reading is not self._reading:
            return
        if said is None:
            self._died(reading)
            return
        asked = reading.asked(said)
        self.state.silent = 0.0
        self._happened(text_in(said.get("event")))
        grown = self._measured(said)
        self.hear(text_in(said.get("is")), said, asked)
        if grown and not reading.waits_for("rows"):
            self._grown()

    def hear(self, kind: str, said: Said, asked: Asked | None) -> None:
        """Take one answer by its kind."""
        if kind == "rows" and said.get("id") == self._rows_asked and asked is not None:
            self._take(self._where, said, asked)
        elif kind == "look":
            self._looked(said)
        elif kind == "problem":
            self.say(text_in(said.get("problem")), alarm=True)

    def _died(self, reading: Reading) -> None:
        if not reading.revive():
            self.close_file()
            self.say("the reader of this file ended twice; open it again", alarm=True)
            return
        self.say("the reader of this file ended; another one works")
        if self.search.words:
            self.ask("words", words=self.search.words)
        self.search.running = None
        self._begin()

    def _happened(self, event: str) -> None:
        if not event:
            return
        self.say(_HAPPENED.get(event, event), alarm=event == "gone")
        self.state.below, self.state.number = 0, None
        if event == "gone":
            return
        self._stopped_at = None
        if self.state.following:
            self._ask_end()
        else:
            self._ask_around(0)

    def _measured(self, said: Said) -> bool:
        """Note how long the file is now; True where it has grown."""
        if "size" not in said:
            return False
        size = int(number_in(said["size"]))
        grown = size > self.state.size
        self.state.size = size
        return grown

    def _grown(self) -> None:
        self._dry.clear()
        if self.state.following:
            self._ask_end()
        else:
            self._fill()

    def _looked(self, said: Said) -> None:
        number = said.get("line")
        self.state.number = number if isinstance(number, int) else None
        if "below" in said and not self.state.following:
            self.state.below = int(number_in(said["below"]))
        if text_in(said.get("hint")):
            self.state.note = text_in(said["hint"])
        self._paint_status()
