"""Looking for words in the file that is read: the next match, and how many lines have one."""

from __future__ import annotations

from collections.abc import Iterator

from ckptui.errors import CkptuiError
from ckptui.launch import rows as cut
from ckptui.launch.reader_jobs import Job, Jobs, whole
from ckptui.launch.rows import Row
from ckptui.launch.textfile import TextFile
from ckptui.launch.textsearch import Finding, Matches, Words, find
from ckptui.watch.protocol import Message, text_in


class Search:
    """What is looked for.

    Args:
        file: What is read.
        jobs: Where looking is done.

    Attributes:
        words: None while nothing is looked for.
    """

    def __init__(self, file: TextFile, jobs: Jobs) -> None:
        self._file, self._jobs = file, jobs
        self.words: Words | None = None
        self.forget()

    def forget(self) -> None:
        """Another content, or other words: what was found does not hold any more."""
        words = self.words
        self._found_at: int | None = None
        self._matches = Matches(self._file.read_on, words) if words else None

    def take(self, asked: Message) -> Message:
        """Take the words that are looked for from now on; empty ones are none."""
        typed = text_in(asked.get("words"))
        self._jobs.drop("find", "matches")
        self.words = Words(typed) if typed else None
        self.forget()
        return {"is": "words"}

    def begin(self, asked: Message) -> Message:
        """Begin to look for the next match."""
        if self.words is None:
            raise CkptuiError("nothing to look for yet")
        at, back = whole(asked, "at"), asked.get("back") is True
        found = find(self._file.read_on, self.words, at, self._file.size, back=back)
        self._jobs.begin("find", self._finding(found, asked.get("id")))
        return {"is": "begun"}

    def stop(self, _: Message) -> Message:
        """Look no further, not for a line either."""
        self._jobs.drop("find", "line", "matches")
        return {"is": "stopped"}

    def _finding(self, found: Iterator[Finding], number: object) -> Job:
        said: Message = {"is": "found", "id": number, "at": None}
        for each in found:
            if each.at is not None:
                said |= self._place(each.at, wrapped=each.wrapped)
            elif self._jobs.due():
                yield {"is": "finding", "id": number, "done": each.done, "size": self._file.size}
            else:
                yield None
        if "matches" not in self._jobs:
            self._jobs.begin("matches", self._count())
        yield said

    def _place(self, at: int, *, wrapped: bool) -> Message:
        """Where a match is, for the one who goes there."""
        row = self._row_of(at)
        self._found_at = at
        place: Message = {"at": at, "row": row.start, "end": row.end, "wrapped": wrapped}
        return place | self._matched()

    def _row_of(self, at: int) -> Row:
        read, size = self._file.read, self._file.size
        start = cut.row_start(read, at)
        found = cut.rows_after(read, start, count=1, size=size, most=2 * cut.LONGEST)
        return found[0] if found else Row(start, at + 1, b"", whole=True)

    def _count(self) -> Job:
        matches = self._matches
        if matches is None:
            return
        for done in matches.count(self._file.size):
            told: Message = {"is": "counting", "done": done, **self._matched()}
            yield told if self._jobs.due() else None
        yield {"is": "counting", "done": matches.done, **self._matched(), "counted": True}

    def _matched(self) -> Message:
        """How many lines match as far as is known, and which of them was found last."""
        matches, at = self._matches, self._found_at
        if matches is None:
            return {}
        counted = matches.done >= self._file.size
        said: Message = {"count": len(matches), "full": matches.full, "counted": counted}
        if at is not None and matches.done > at:
            said["number"] = matches.number_of(at)
        return said
