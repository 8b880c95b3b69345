"""What a scanner says, line by line, to the process that started it."""

from __future__ import annotations

import os
import time
from typing import Final

from ckptui.watch.protocol import Message, encode
from ckptui.watch.texts import TextError, read_small
from ckptui.watch.tree import Diff

_CHUNK: Final = 500


class ParentGoneError(Exception):
    """The parent went away."""


class Voice:
    """Messages out.

    Args:
        out: File descriptor for them.

    Attributes:
        spoke_at: When the last one was said, in monotonic seconds.
    """

    def __init__(self, out: int) -> None:
        self._out = out
        self.spoke_at = 0.0

    @property
    def quiet_for(self) -> float:
        """Seconds since the last message."""
        return time.monotonic() - self.spoke_at

    def send(self, message: Message) -> None:
        """Write one message, however slowly the parent reads.

        Raises:
            ParentGoneError: Nobody reads any more.
        """
        data = encode(message)
        while data:
            try:
                data = data[os.write(self._out, data) :]
            except BrokenPipeError as error:
                raise ParentGoneError from error
        self.spoke_at = time.monotonic()

    def files(self, diff: Diff, seen: int) -> None:
        """Say what is new and what is gone.

        Args:
            diff: That.
            seen: Files that were looked at so far.
        """
        put, gone = list(diff.put), list(diff.gone)
        for start in range(0, max(len(put), len(gone)), _CHUNK):
            rows, lost = put[start : start + _CHUNK], gone[start : start + _CHUNK]
            self.send({"is": "files", "put": rows, "gone": lost, "seen": seen})

    def text(self, root: str, path: str) -> None:
        """Say what is in a small file, or why it cannot be read; nothing of one that is gone."""
        try:
            put, failed = {path: read_small(root, path)}, dict[str, str]()
        except FileNotFoundError:
            return
        except TextError as error:
            put, failed = {}, {path: str(error)}
        self.send({"is": "texts", "put": put, "failed": failed})
