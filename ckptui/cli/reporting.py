"""Verdicts as they come: lines or JSON on stdout, progress and the summary on stderr."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from typing import Final

from ckptui.cli.common import put, put_json, talk
from ckptui.present import units
from ckptui.present.batch import Standing, Tally, progress_line, read_whole, summary_lines
from ckptui.present.document_types import CheckpointDocument
from ckptui.present.documents import to_json
from ckptui.present.glyphs import CATEGORY, to_ascii
from ckptui.present.safe import plain
from ckptui.terms import Category, Level

_PAINT_EVERY: Final = 0.2
_QUIET: Final = 1.0
"""Seconds before the first progress line: what ends sooner needs none."""

Running = tuple[str, int, float]
"""A check that is running: path, bytes of the file, fraction done."""


class ProgressLine:
    """One line on stderr that is repainted, on a terminal only, at most five times a second.

    The cursor rests at its beginning, so that also a terminal that was made narrower meanwhile,
    and wrapped it, is wiped whole.
    """

    def __init__(self) -> None:
        self._live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._began = time.monotonic()
        self._painted = 0.0
        self._shown = False

    @property
    def due(self) -> bool:
        """True where a repaint would be seen now."""
        now = time.monotonic()
        return self._live and now - self._began >= _QUIET and now - self._painted >= _PAINT_EVERY

    @property
    def width(self) -> int:
        """Cells that the line may take: one less than there are, so that nothing wraps."""
        try:
            columns = os.get_terminal_size(sys.stderr.fileno()).columns
        except OSError:
            columns = 0
        return (columns or 80) - 1

    def paint(self, line: str) -> None:
        """Show it instead of what was shown before."""
        self._painted, self._shown = time.monotonic(), True
        self._write(f"\r\x1b[J{line}\r")

    def wipe(self) -> None:
        """Take it away, before anything else is written."""
        if self._shown:
            self._shown = False
            self._write("\r\x1b[J")

    @staticmethod
    def _write(text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, ValueError):  # the terminal went away
            pass


class Reporter:
    """Prints what a validation finds.

    Args:
        as_json: One JSON object a line instead of text.
        only: Categories to print; all where it is empty. The summary counts all.
        level: How deep the checks go, for what counts as read.
    """

    def __init__(self, *, as_json: bool, only: Sequence[Category] = (), level: int = 5) -> None:
        self._as_json, self._only = as_json, frozenset(only)
        self._by_bytes = level >= Level.CHECKSUMS
        self._ascii = not _utf8(sys.stdout.encoding)
        self._ascii_talk = not _utf8(sys.stderr.encoding)
        self._line = ProgressLine()
        self._tally = Tally()
        self._files = self._bytes = self._bytes_done = 0
        self._running: Sequence[Running] = ()
        self._began = time.monotonic()
        self.open_end = False

    def expect(self, count: int, size: int) -> None:
        """Say how much more there is to do, for the progress line; less, where negative."""
        self._files += count
        self._bytes += size

    def looking(self, found: int) -> None:
        """Show that the tree is still being looked through."""
        if self._line.due:
            text = f"looking: {units.counted(found, 'checkpoint')} so far"
            self._line.paint(text[: self._line.width])

    def say(self, text: str) -> None:
        """Write a line of talk without leaving the progress line in it."""
        self._line.wipe()
        talk(f"ckptui: {plain(text)}")

    def verdict(self, document: CheckpointDocument, size: int) -> None:
        """Print one verdict; ``size`` is what was expected of the file, in bytes."""
        read = document.size or 0 if read_whole(document.checks.checksums) else 0
        self._tally.add(document.category, document.path, document.reason, read)
        self._bytes_done += size
        if not self._only or document.category in self._only:
            self._line.wipe()
            self._print(document)
        self.progress(self._running)

    def _print(self, document: CheckpointDocument) -> None:
        if self._as_json:
            put_json(to_json(document))
        else:
            glyph = CATEGORY[document.category].text(ascii_only=self._ascii)
            reason = f"  {document.reason}" if document.reason else ""
            line = f"{glyph} {document.category:<12}  {plain(document.path)}{plain(reason)}"
            put(to_ascii(line) if self._ascii else line)
        sys.stdout.flush()

    def progress(self, running: Sequence[Running]) -> None:
        """Repaint the progress line if it is time to."""
        self._running = running
        if not self._line.due:
            return
        standing = Standing(
            done=self._tally.total,
            files=self._files,
            bytes_done=self._bytes_done + sum(int(size * part) for _, size, part in running),
            bytes_all=self._bytes if self._by_bytes else 0,
            seconds=time.monotonic() - self._began,
            reading=[(path, part) for path, _, part in running],
            open_end=self.open_end,
        )
        self._line.paint(progress_line(standing, self._line.width, ascii_only=self._ascii_talk))

    def summary(self, head: str = "", nothing: str = "no checkpoints found") -> None:
        """Say how many of which category there were and which are bad, on stderr."""
        self._line.wipe()
        if not self._tally.total:
            talk(f"ckptui: {head}{nothing}")
            return
        seconds = time.monotonic() - self._began
        first, *rest = summary_lines(self._tally, seconds, ascii_only=self._ascii_talk)
        talk(f"ckptui: {head}{first}")
        for line in rest:
            talk(line)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._line.wipe()


def _utf8(encoding: str | None) -> bool:
    return (encoding or "").lower().replace("-", "") == "utf8"
