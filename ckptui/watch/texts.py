"""The small files whose text the catalog needs: states, failure logs, and ``.ckptui/`` itself."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import Final

from ckptui.config import CONFIG_NAME
from ckptui.failure_log import FAILURE_LOG

OWN_DIRECTORY: Final = ".ckptui"
_STATE_BYTES: Final = 4 * 1024 * 1024
_TAIL_BYTES: Final = 256 * 1024
_RUNS: Final = 200
_OWN_FILES: Final = ("claim.json", "command.json", "journal.jsonl")
_RUN_FILES: Final = ("run.json", "exit.json", "progress.json", "cancel.json")
_LOG: Final = "log.txt"
_LOGS: Final = 50
"""Of so many of the newest runs the last line of the log is read."""
_WORKING: Final = 2
"""Of so many that have not ended it is read again and again; one at a time can work here."""
_LINE_BYTES: Final = 4096
_LINE_LENGTH: Final = 500
_TAILS: Final = frozenset({FAILURE_LOG, "journal.jsonl"})
"""Files that only grow: of a long one the end is what counts."""


class TextError(Exception):
    """A small file cannot be taken; the text says why."""


def read_small(root: str, path: str) -> str:
    """Read a small file whole (or the end of a log), decoded with surrogate escapes.

    Raises:
        FileNotFoundError: It is gone.
        TextError: It cannot be read, or is too large to be what its name says.
    """
    tail = os.path.basename(path) in _TAILS
    try:
        # Not blocking: between the listing and now somebody may have put a FIFO there.
        fd = os.open(os.path.join(root, path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            info = os.fstat(fd)
            if not stat.S_ISREG(info.st_mode):
                raise TextError("not a regular file")
            if info.st_size > _STATE_BYTES and not tail:
                raise TextError(f"{info.st_size:,} bytes: too large for a state, not read")
            if not tail or info.st_size <= _TAIL_BYTES:
                return os.fsdecode(file.read(_STATE_BYTES))
            file.seek(-_TAIL_BYTES, os.SEEK_END)
            file.readline()  # the first line is cut
            return os.fsdecode(file.read(_TAIL_BYTES))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise TextError(error.strerror or str(error)) from error


def last_line(path: str) -> str:
    """The last line of a log that is not blank, as far as it has come; empty where there is none.

    Raises:
        OSError: It cannot be read.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        size = os.fstat(fd).st_size
        raw = os.pread(fd, _LINE_BYTES, max(size - _LINE_BYTES, 0))
    finally:
        os.close(fd)
    lines = [line for line in raw.replace(b"\r", b"\n").split(b"\n") if line.strip()]
    return os.fsdecode(lines[-1])[:_LINE_LENGTH] if lines else ""


class OwnFiles:
    """The small files under ``RUN/.ckptui``, read again only where they changed."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._known: dict[str, tuple[int, int, int]] = {}
        self._runs: list[str] = []
        self._logs: dict[str, tuple[int, int, int]] = {}
        self._over: set[str] = set()  # logs that were read after the end of their run

    def changes(self) -> tuple[dict[str, str], list[str]]:
        """Texts that are new or different, and files that are gone."""
        put: dict[str, str] = {}
        now: dict[str, tuple[int, int, int]] = {}
        for path in self._paths():
            try:
                info = os.stat(os.path.join(self._root, path))
                now[path] = (info.st_ino, info.st_size, info.st_mtime_ns)
                if self._known.get(path) != now[path]:
                    put[path] = read_small(self._root, path)
            except (OSError, TextError):
                now.pop(path, None)
        gone = [path for path in self._known if path not in now]
        self._known = now
        gone += self._forget_logs()
        return put | self.log_lines(), gone

    def log_lines(self) -> dict[str, str]:
        """The last lines of logs, where they changed; asked often, so few are looked at again."""
        put: dict[str, str] = {}
        working = [run for run in self._runs if not self._has_ended(run)][-_WORKING:]
        for run in self._runs:
            path, ended = _log_of(run), self._has_ended(run)
            if path in self._logs and (path in self._over or not (ended or run in working)):
                continue
            try:
                info = os.stat(os.path.join(self._root, path))
                known = (info.st_ino, info.st_size, info.st_mtime_ns)
                if self._logs.get(path) != known:
                    put[path] = last_line(os.path.join(self._root, path))
            except OSError:
                continue
            self._logs[path] = known
            if ended:
                self._over.add(path)
        return put

    def _has_ended(self, run: str) -> bool:
        return f"{OWN_DIRECTORY}/runs/{run}/exit.json" in self._known

    def _forget_logs(self) -> list[str]:
        kept = {_log_of(run) for run in self._runs}
        gone = [path for path in self._logs if path not in kept]
        for path in gone:
            del self._logs[path]
        self._over &= kept
        return gone

    def _paths(self) -> Iterator[str]:
        yield CONFIG_NAME
        for name in _OWN_FILES:
            yield f"{OWN_DIRECTORY}/{name}"
        runs = self._newest_runs()
        self._runs = runs[-_LOGS:]
        for run in runs:
            for name in _RUN_FILES:
                yield f"{OWN_DIRECTORY}/runs/{run}/{name}"

    def _newest_runs(self) -> list[str]:
        try:
            names = os.listdir(os.path.join(self._root, OWN_DIRECTORY, "runs"))
        except OSError:
            return []
        return sorted(names)[-_RUNS:]  # their names begin with the time


def _log_of(run: str) -> str:
    return f"{OWN_DIRECTORY}/runs/{run}/{_LOG}"
