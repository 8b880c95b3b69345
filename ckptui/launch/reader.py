"""The reader process: ``python -m ckptui.launch.reader --parent=PID -- PATH``.

Serves one text file, of any size, to somebody who must not touch the disk: JSON lines on stdin and
stdout. It says nothing unasked, but for how far a search is. What it sends is bounded whatever the
file holds; a filesystem that hangs is silence, and the asker counts the seconds.

Long work waits where the filesystem is another's too and has had its share of questions. The
questions of the asker never wait for that: few bytes answer them.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from typing import TypeAlias

from ckptui.errors import CkptuiError
from ckptui.launch.reader_jobs import Jobs
from ckptui.launch.reader_lines import Lines
from ckptui.launch.reader_rows import rows_asked
from ckptui.launch.reader_search import Search
from ckptui.launch.textfile import Event, TextFile
from ckptui.validation.lifeline import be_polite, die_with_parent
from ckptui.watch.protocol import Message, decode, encode, text_in

Answer: TypeAlias = "Callable[[Message], Message]"


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
        self._jobs = Jobs()
        self._lines = Lines(self._file, self._jobs)
        self._search = Search(self._file, self._jobs)
        self._answers: dict[str, Answer] = {
            "look": self._lines.look, "line": self._lines.go, "rows": self._rows,
            "words": self._search.take, "find": self._search.begin, "stop": self._search.stop,
        }  # fmt: skip

    def serve(self) -> None:
        """Answer until the asker is gone."""
        while self._listen():
            if not self._jobs:
                self._file.passage.rest()
            elif not self._file.debt.left():
                said = self._jobs.step()
                if said is not None:
                    self._send(said)

    def _listen(self) -> bool:
        wait = self._file.debt.left() if self._jobs else None
        ready, _, _ = select.select([self._commands], [], [], wait)
        if not ready:
            return True
        data = os.read(self._commands, 65536)
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            message = decode(line)
            if message is not None:
                self._answer(message)
        return bool(data)

    def _send(self, message: Message) -> None:
        data = encode(message)
        while data:
            data = data[os.write(self._out, data) :]

    def _answer(self, asked: Message) -> None:
        answer = self._answers.get(text_in(asked.get("do")))
        if answer is None:
            return
        said: Message = {"id": asked.get("id")}
        try:
            event = self._fresh()
            said |= {"size": self._file.size, "event": event.value}
            said |= answer(asked)
        except FileNotFoundError:  # its event has told so; what was read before stays
            said |= {"is": "gone"}
        except OSError as error:
            said |= {"is": "problem", "problem": error.strerror or str(error)}
        except CkptuiError as error:
            said |= {"is": "problem", "problem": str(error)}
        self._send(said)

    def _fresh(self) -> Event:
        look = self._file.look()
        if look.event is not Event.NONE:
            self._jobs.clear()
            self._lines.forget()
            self._search.forget()
        self._lines.count_if_short()
        return look.event

    def _rows(self, asked: Message) -> Message:
        return rows_asked(self._file, asked, self._search.words)


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
