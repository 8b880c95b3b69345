"""Lines of the file that is read: how many came, which one an offset is in, where one begins."""

from __future__ import annotations

from typing import Final

from ckptui.launch.lines import LineIndex
from ckptui.launch.reader_jobs import Job, Jobs, whole
from ckptui.launch.textfile import TextFile
from ckptui.watch.protocol import Message

_EAGER: Final = 8 << 20
"""Files up to this size have their lines counted unasked; longer ones once a number is asked."""


class Lines:
    """Counts lines, as far as somebody asks.

    Args:
        file: What is read.
        jobs: Where counting is done.
    """

    def __init__(self, file: TextFile, jobs: Jobs) -> None:
        self._file, self._jobs = file, jobs
        self.forget()

    def forget(self) -> None:
        """Another content: nothing that was counted holds any more."""
        self._index = LineIndex(self._file.read_on)
        self._below = (0, 0, 0)  # from where, counted to, line ends between
        self._hinted = False

    def count_if_short(self) -> None:
        """Count the lines of a file that is read in no time."""
        if 0 < self._file.size <= _EAGER and "lines" not in self._jobs:
            self._jobs.begin("lines", self._count())

    def _count(self) -> Job:
        for _ in self._index.count(self._file.size):
            yield None

    def look(self, asked: Message) -> Message:
        """How many lines came after an offset; which line an offset is in."""
        said: Message = {"is": "look"}
        if "below" in asked:
            said["below"] = self._lines_below(whole(asked, "below"))
        if "top" in asked:
            said["line"] = self._index.number_of(whole(asked, "top"))
        if not self._hinted and self._file.size:
            self._hinted = True
            said["hint"] = self._file.hint()
        return said

    def _lines_below(self, start: int) -> int:
        known, to, count = self._below
        if known != start:
            to, count = start, 0
        data = self._file.read(to, self._file.size - to)
        self._below = (start, to + len(data), count + data.count(b"\n"))
        return self._below[2]

    def go(self, asked: Message) -> Message:
        """Begin to look for a line by its number."""
        self._jobs.begin("line", self._to_line(whole(asked, "number"), asked.get("id")))
        return {"is": "begun"}

    def _to_line(self, number: int, asked: object) -> Job:
        size = self._file.size
        if not self._index.reaches(number):
            for done in self._index.count(size):
                if self._index.reaches(number):
                    break
                told: Message = {"is": "finding", "id": asked, "done": done, "size": size}
                yield told if self._jobs.due() else None
        at = self._index.start_of(number, size)
        yield {"is": "line", "id": asked, "at": at, "number": number}
