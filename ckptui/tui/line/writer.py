"""The thread that writes to the terminal, and holds back what the line cannot take yet.

A slow line queues what is written to it, in the kernel, in ssh, in a modem: what is painted shows
once all that was sent before has passed. So no more is sent at once than passes in a moment. The
terminal is asked where its cursor is after each piece; its answer says that the piece has
arrived. What is painted meanwhile replaces what was painted before, and only the last is sent.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Final, TextIO

from textual.drivers._writer_thread import WriterThread

from ckptui.tui.line.image import Image
from ckptui.tui.line.pace import PATIENCE, Pace
from ckptui.tui.line.shown import OnTheWay, Shown

_ASK: Final = "\x1b[6n"
_FAREWELL: Final = 1.5
"""Seconds that leaving waits for answers."""
_ENTER, _LEAVE = "\x1b[?1049h", "\x1b[?1049l"


class Writer(WriterThread):
    """Writes what differs, at the pace of the line.

    Args:
        file: The terminal.
        image: What it should show and what it shows.
    """

    def __init__(self, file: TextIO, image: Image) -> None:
        super().__init__(file)
        self._image = image
        self._fd, self._encoding = file.fileno(), file.encoding
        self._turn = threading.Condition()
        self._rest = ""
        self._shown = True
        self._ending = False
        self._pace = Pace()
        self._on_the_way = OnTheWay()
        self.resized = False

    # For the others

    def write(self, text: str) -> None:
        """Take what the program paints, and all else that it sends."""
        with self._turn:
            self._fit()
            if not self._shown and _ENTER not in text:
                self._rest += text
            else:
                self._take(text)
            self._turn.notify()

    def _fit(self) -> None:
        if self.resized:
            self.resized = False
            self._image.resize(*os.get_terminal_size(self._fd))

    def _take(self, text: str) -> None:
        rest = self._image.draw(text)
        self._rest += rest
        if _ENTER in rest:
            self._shown = True
            self._image.forget()
        elif _LEAVE in rest:
            self._shown = False
            self._rest = self._rest.replace(_LEAVE, "\x1b[m" + _LEAVE)

    def forget(self) -> None:
        """The terminal shows something else than was sent: send everything again."""
        with self._turn:
            self._image.forget()
            self._turn.notify()

    def answered(self) -> bool:
        """The terminal said where its cursor is. False where it was not asked."""
        with self._turn:
            told = self._pace.arrived(now := time.monotonic())
            self._on_the_way.arrived(self._pace.there, now)
            self._turn.notify()
            return told

    def coming(self) -> Shown:
        """Tells when what is painted next is on the screen."""
        with self._turn:
            return self._on_the_way.add(time.monotonic())

    def _told_of(self) -> None:
        if not self._image.waits:
            self._on_the_way.sent(self._pace.sent)
        self._on_the_way.arrived(self._pace.there, time.monotonic())

    @property
    def slow(self) -> bool:
        """Whether the line is, as far as its answers tell."""
        return self._pace.slow

    def settle(self) -> None:
        """Paint no more, and wait for the answers that are due: nobody else is to get them."""
        with self._turn:
            self._shown = False
        deadline = time.monotonic() + _FAREWELL
        while self._pace.expects and time.monotonic() < deadline:
            time.sleep(0.005)

    def stop(self) -> None:
        """Write the rest, and end."""
        with self._turn:
            self._ending = True
            self._turn.notify()
        self.join(PATIENCE)

    # The thread

    def run(self) -> None:
        """Write piece after piece until told to stop."""
        while True:
            with self._turn:
                while (room := self._room()) <= 0 and not self._rest and not self._ending:
                    self._turn.wait(self._wait())
                piece = self._piece(room)
                if self._ending and not piece:
                    return
            self._send(piece)

    def _piece(self, room: int) -> str:
        self._fit()
        piece, self._rest = self._rest, ""
        if self._shown and self._image.waits and room > 0:
            painted = self._image.update(room)
            if painted:
                piece += painted + _ASK
                self._pace.leaves(len(piece), time.monotonic())
                self._told_of()
        return piece

    def _room(self) -> int:
        """Bytes that may be sent now; none where nothing waits to be sent."""
        if not self._shown or not self._image.waits:
            return 0
        return self._pace.room(time.monotonic())

    def _wait(self) -> float | None:
        """Seconds until an answer that does not come is given up."""
        return self._pace.due(time.monotonic()) if self._image.waits else None

    def _send(self, piece: str) -> None:
        data = piece.encode(self._encoding, "replace")
        try:
            while data:
                data = data[os.write(self._fd, data) :]
        except OSError:  # the terminal is gone; whoever hears of this thread's end knows
            self._pace = Pace()
            raise
