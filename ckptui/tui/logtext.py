"""A log's bytes as lines: decoded, cut at line ends, made fit for the screen. Memory is bounded."""

from __future__ import annotations

import codecs
import re
from typing import Final

from ckptui.present.safe import plain

LONGEST: Final = 4_000
"""Characters of one log line that are kept."""
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*[mK]")


class LogLines:
    """Turns chunks of bytes into lines as they come.

    Attributes:
        open: The last line as far as it has come, already fit for the screen.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, chunk: bytes) -> list[str]:
        """Take a chunk and return the lines that it finished."""
        text = self._rest + self._decoder.decode(chunk)
        *whole, self._rest = text.split("\n")
        if len(self._rest) > 4 * LONGEST:  # a line without end, or a progress bar in place
            self._rest = self._rest.rpartition("\r")[2][-LONGEST:]
        return [shown(each) for each in whole]

    @property
    def open(self) -> str:
        """The line that has not ended yet."""
        return shown(self._rest)


def shown(text: str) -> str:
    """One raw log line as the screen shows it.

    Colours are dropped, a carriage return shows what was written last over the line (so that a
    progress bar is one line), everything else that is not plain text is written out.
    """
    parts = [part for part in _COLOURS.sub("", text).split("\r") if part]
    return plain((parts[-1] if parts else "")[:LONGEST].expandtabs(8))
