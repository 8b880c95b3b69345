"""The reader process: ``python -m ckptui.launch.reader --parent=PID -- PATH``.

Serves one text file, of any size, to somebody who must not touch the disk: JSON lines on stdin and
stdout. It says nothing unasked, but for how far a search is. What it sends is bounded whatever the
file holds; a filesystem that hangs is silence, and the asker counts the seconds.
"""

from __future__ import annotations

import os
import re
import select
import sys
import time
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from ckptui.errors import CkptuiError
from ckptui.launch import rows as cut
from ckptui.launch.lines import LineIndex
from ckptui.launch.rows import Row
from ckptui.launch.textfile import Event, TextFile
from ckptui.launch.textsearch import Finding, Matches, Words, find
from ckptui.validation.lifeline import be_polite, die_with_parent
from ckptui.watch.protocol import Message, decode, encode, number_in, text_in

_MOST_ROWS: Final = 2_000
_MOST_BYTES: Final = 256 * 1024
_TELL_EVERY: Final = 0.25
_EAGER: Final = 8 << 20
"""Files up to this size have their lines counted unasked; longer ones once a number is asked."""
_NULS: Final = re.compile(rb"\x00{9,}")
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*[mK]")

Job: TypeAlias = "Iterator[Message | None]"
"""Work in steps; a step may have something to say."""


class Reader:
    """Answers one asker about one file.

    Args:
        path: The file.
        out: File descriptor for what is said.
        commands: File descriptor for what is asked.
    """

    def __init__(self, path: str, out: int, commands: int) -> None:
        self._file = TextFile(path)
        self._out, self._commands = out, commands
        self._buffer = b""
        self._jobs: dict[str, Job] = {}
        self._told = 0.0
        self._words: Words | None = None
        self._matches: Matches | None = None
        self._below = (0, 0, 0)  # from where, counted to, line ends between
        self._hinted = False
        self._forget()

    def serve(self) -> None:
        """Answer until the asker is gone."""
        while self._listen():
            for name, job in list(self._jobs.items()):
                self._step(name, job)

    def _listen(self) -> bool:
        ready, _, _ = select.select([self._commands], [], [], 0 if self._jobs else None)
        if not ready:
            return True
        data = os.read(self._commands, 65536)
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            message = decode(line)
            if message is not None:
                self._answer(message)
        return bool(data)

    def _step(self, name: str, job: Job) -> None:
        try:
            said = next(job)
        except StopIteration:
            self._jobs.pop(name, None)
            return
        except OSError as error:
            self._jobs.pop(name, None)
            said = {"is": "problem", "problem": error.strerror or str(error)}
        if said is not None:
            self._send(said)

    def _send(self, message: Message) -> None:
        data = encode(message)
        while data:
            data = data[os.write(self._out, data) :]

    def _answer(self, asked: Message) -> None:
        done: Callable[[Message], Message] | None = {
            "look": self._look, "rows": self._rows, "find": self._find,
            "line": self._line, "words": self._new_words, "stop": self._stop,
        }.get(text_in(asked.get("do")))  # fmt: skip
        if done is None:
            return
        said: Message = {"id": asked.get("id")}
        try:
            event = self._fresh()
            said |= {"size": self._file.size, "event": event.value}
            said |= done(asked)
        except FileNotFoundError:  # its event has told so; what was read before stays
            said |= {"is": "gone"}
        except OSError as error:
            said |= {"is": "problem", "problem": error.strerror or str(error)}
        except CkptuiError as error:
            said |= {"is": "problem", "problem": str(error)}
        self._send(said)

    # The file as it is now

    def _fresh(self) -> Event:
        look = self._file.look()
        if look.event is not Event.NONE:
            self._forget()
        if look.size <= _EAGER and "lines" not in self._jobs and look.size:
            self._jobs["lines"] = self._count_lines()
        return look.event

    def _forget(self) -> None:
        """Another file, or another content: nothing that was counted holds any more."""
        self._jobs.clear()
        self._lines = LineIndex(self._file.read)
        self._below = (0, 0, 0)
        self._hinted = False
        self._found_at: int | None = None
        if self._words is not None:
            self._matches = Matches(self._file.read, self._words)

    def _look(self, asked: Message) -> Message:
        """How long it is; how many lines came after an offset; which line an offset is in."""
        said: Message = {"is": "look"}
        if "below" in asked:
            said["below"] = self._lines_below(_whole(asked, "below"))
        if "top" in asked:
            said["line"] = self._lines.number_of(_whole(asked, "top"))
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

    def _count_lines(self) -> Job:
        for _ in self._lines.count(self._file.size):
            yield None

    # Rows

    def _rows(self, asked: Message) -> Message:
        """Rows after an offset, before one, around one, or at the end."""
        read, size, count = self._file.read, self._file.size, _count(asked)
        found: list[Row]
        match text_in(asked.get("where")):
            case "after":
                at = min(_whole(asked, "at"), size)
                found = cut.rows_after(read, at, count=count, size=size, most=_MOST_BYTES)
            case "before":
                at = min(_whole(asked, "at"), size)
                found = cut.rows_before(read, at, count=count, most=_MOST_BYTES)
            case "around":
                at = cut.row_start(read, min(_whole(asked, "at"), size))
                found = cut.rows_before(read, at, count=count // 2, most=_MOST_BYTES // 2)
                found += cut.rows_after(read, at, count=count, size=size, most=_MOST_BYTES // 2)
            case _:
                found = cut.rows_before(read, size, count=count, most=_MOST_BYTES)
        return {"is": "rows", "rows": [self._said(row) for row in found]}

    def _said(self, row: Row) -> list[object]:
        raw = _NULS.sub(_nuls, row.raw.rstrip(b"\r\n"))
        text = raw.decode("utf-8", "replace")
        hits = self._words.hits(_COLOURS.sub("", text)) if self._words else []
        return [row.start, row.end, text, hits, row.whole]

    # Looking for words

    def _new_words(self, asked: Message) -> Message:
        """Take the words that are looked for from now on; empty ones are none."""
        typed = text_in(asked.get("words"))
        self._drop("find", "matches")
        self._words = Words(typed) if typed else None
        self._matches = Matches(self._file.read, self._words) if self._words else None
        return {"is": "words"}

    def _find(self, asked: Message) -> Message:
        """Begin to look for the next match."""
        words = self._words
        if words is None:
            raise CkptuiError("nothing to look for yet")
        at, back = _whole(asked, "at"), asked.get("back") is True
        found = find(self._file.read, words, at, self._file.size, back=back)
        self._jobs["find"] = self._finding(found, asked.get("id"))
        return {"is": "begun"}

    def _finding(self, found: Iterator[Finding], number: object) -> Job:
        said: Message = {"is": "found", "id": number, "at": None}
        for each in found:
            if each.at is not None:
                row = self._row_of(each.at)
                self._found_at = each.at
                said |= {
                    "at": each.at,
                    "row": row.start,
                    "end": row.end,
                    "wrapped": each.wrapped,
                    **self._matched(),
                }
            elif self._due():
                yield {"is": "finding", "id": number, "done": each.done, "size": self._file.size}
            else:
                yield None
        if "matches" not in self._jobs:
            self._jobs["matches"] = self._count_matches()
        yield said

    def _row_of(self, at: int) -> Row:
        read, size = self._file.read, self._file.size
        start = cut.row_start(read, at)
        found = cut.rows_after(read, start, count=1, size=size, most=2 * cut.LONGEST)
        return found[0] if found else Row(start, at + 1, b"", whole=True)

    def _count_matches(self) -> Job:
        matches = self._matches
        if matches is None:
            return
        for done in matches.count(self._file.size):
            yield {"is": "counting", "done": done, **self._matched()} if self._due() else None
        yield {"is": "counting", "done": matches.done, **self._matched(), "counted": True}

    def _matched(self) -> Message:
        """How many lines match as far as is known, and which of them was found last."""
        matches, at = self._matches, self._found_at
        if matches is None:
            return {}
        whole = matches.done >= self._file.size
        said: Message = {"count": len(matches), "full": matches.full, "counted": whole}
        if at is not None and matches.done > at:
            said["number"] = matches.number_of(at)
        return said

    # Line numbers

    def _line(self, asked: Message) -> Message:
        """Begin to look for a line by its number."""
        self._jobs["line"] = self._to_line(_whole(asked, "number"), asked.get("id"))
        return {"is": "begun"}

    def _to_line(self, number: int, asked: object) -> Job:
        size = self._file.size
        while (at := self._lines.start_of(number, size)) is None:
            before = self._lines.done
            for done in self._lines.count(size):
                yield (
                    {"is": "finding", "id": asked, "done": done, "size": size}
                    if self._due()
                    else None
                )
                if self._lines.start_of(number, done) is not None:
                    break
            if self._lines.done == before:
                break
        yield {"is": "line", "id": asked, "at": at, "number": number}

    # Small things

    def _stop(self, _: Message) -> Message:
        """Look no further."""
        self._drop("find", "line", "matches")
        return {"is": "stopped"}

    def _drop(self, *names: str) -> None:
        for name in names:
            self._jobs.pop(name, None)

    def _due(self) -> bool:
        now = time.monotonic()
        due = now - self._told >= _TELL_EVERY
        if due:
            self._told = now
        return due


def _nuls(run: re.Match[bytes]) -> bytes:
    """A hole in words: written out it would be a screen of zeros."""
    return b"[%d NUL bytes]" % len(run.group())


def _whole(message: Message, name: str) -> int:
    return int(number_in(message.get(name)))


def _count(message: Message) -> int:
    return min(max(_whole(message, "count"), 1), _MOST_ROWS)


def main(arguments: list[str]) -> int:
    """Serve until stdin ends."""
    parent, _, path = arguments
    die_with_parent(int(parent.removeprefix("--parent=")))
    be_polite()
    try:
        Reader(path, sys.stdout.fileno(), sys.stdin.fileno()).serve()
    except BrokenPipeError:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
