"""One line of a log, made fit for the screen."""

from __future__ import annotations

import re
from typing import Final

from ckptui.present.safe import plain

LONGEST: Final = 12_288
"""Characters of one log line that are kept."""
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*[mK]")


def shown(text: str) -> str:
    """One raw log line as the screen shows it.

    Colours are dropped, a carriage return shows what was written last over the line (so that a
    progress bar is one line), everything else that is not plain text is written out.
    """
    parts = [part for part in _COLOURS.sub("", text).split("\r") if part]
    return plain((parts[-1] if parts else "")[:LONGEST].expandtabs(8))
