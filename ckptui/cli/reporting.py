"""Verdicts as they come: lines or JSON on stdout, progress and the sum on stderr."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

from ckptui.cli.common import put, put_json, talk
from ckptui.present import units
from ckptui.present.document_types import CheckpointDocument
from ckptui.present.documents import to_json
from ckptui.present.glyphs import CATEGORY
from ckptui.present.safe import clip, plain

_PAINT_EVERY: Final = 0.2
_WIDTH: Final = 78


class Reporter:
    """Prints what a validation finds.

    Args:
        as_json: One JSON object a line instead of text.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        self._live = sys.stderr.isatty()
        self._counts: Counter[str] = Counter()
        self._bytes = self._expected = self._expected_bytes = 0
        self._began = time.monotonic()
        self._painted = 0.0
        self._shown = False

    def expect(self, count: int, size: int) -> None:
        """Say how much there is to do, for the progress line."""
        self._expected += count
        self._expected_bytes += size

    def verdict(self, document: CheckpointDocument) -> None:
        """Print one verdict."""
        self._counts[str(document.category)] += 1
        self._bytes += document.size or 0
        self._wipe()
        if self._as_json:
            put_json(to_json(document))
        else:
            glyph = CATEGORY[document.category].text(ascii_only=not self._utf8)
            reason = f"  {document.reason}" if document.reason else ""
            put(f"{glyph} {document.category:<12}  {plain(document.path)}{plain(reason)}")
        sys.stdout.flush()

    def progress(self, running: Sequence[tuple[str, float]]) -> None:
        """Repaint the progress line, at most five times a second, on a terminal only."""
        now = time.monotonic()
        if not self._live or now - self._painted < _PAINT_EVERY or now - self._began < 1:
            return
        self._painted = now
        done = sum(self._counts.values())
        names = ", ".join(f"{plain(path)} {units.percent(part)}" for path, part in running)
        rate = units.rate(self._bytes / max(now - self._began, 0.001))
        line = f"{done} of {self._expected} files, {units.size(self._bytes)}, {rate}  {names}"
        sys.stderr.write("\r" + clip(line, _WIDTH) + "\x1b[K")
        sys.stderr.flush()
        self._shown = True

    def _wipe(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False

    def summary(self, head: str = "") -> None:
        """Say how many of which category there were, on stderr."""
        self._wipe()
        if not self._counts:
            talk(f"ckptui: {head}no checkpoints found")
            return
        parts = [
            f"{self._counts[str(each)]} {each}" for each in CATEGORY if self._counts[str(each)]
        ]
        total = sum(self._counts.values())
        talk(f"ckptui: {head}{units.counted(total, 'checkpoint')}: {', '.join(parts)}")
