"""The files of the sessions, on a home that may hang: the UI's own thread never touches them."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import platformdirs

from ckptui.durable import is_temporary, temporary_path
from ckptui.tui.patience import in_time
from ckptui.tui.session import MOST_BYTES, Session, file_name, session_in

_log = logging.getLogger("ckptui")
READ_SECONDS: Final = 1.0
"""How long opening waits for what is remembered."""
LEAVE_SECONDS: Final = 0.3
"""How long quitting waits for it to be written."""
MOST_FILES: Final = 200
_OLD_TEMPORARY: Final = 86_400.0


def sessions_folder() -> str:
    """Where the sessions of this user are."""
    return os.path.join(platformdirs.user_state_dir("ckptui"), "sessions")


def read_sessions(paths: Sequence[str], *, seconds: float = READ_SECONDS) -> list[Session]:
    """What is remembered of run directories; nothing of those that are not read in time.

    Args:
        paths: Of the run directories, without symlinks.
        seconds: To wait at most.
    """
    folder = sessions_folder()
    found = [Session() for _ in paths]

    def read() -> bool:
        for at, path in enumerate(paths):
            with suppress(OSError), open(os.path.join(folder, file_name(path)), "rb") as file:
                found[at] = session_in(file.read(MOST_BYTES + 1), path)
        return True

    if not in_time(read, seconds):
        _log.debug("%s does not answer; nothing is remembered", folder)
    return list(found)


class Keeper:
    """Writes sessions from a daemon thread: the newest of each, one file after the other.

    Of two ckptui that keep the same session the last one wins; no file is ever half written.
    """

    def __init__(self) -> None:
        self._folder = sessions_folder()
        self._turn = threading.Condition()
        self._waiting: dict[str, bytes | None] = {}
        self._busy = False
        self._started = False

    def keep(self, path: str, session: Session) -> None:
        """Remember this of a run directory."""
        self._put(path, session.to_bytes(path))

    def forget(self, path: str) -> None:
        """Remember nothing of a run directory."""
        self._put(path, None)

    def _put(self, path: str, data: bytes | None) -> None:
        with self._turn:
            self._waiting[file_name(path)] = data
            self._turn.notify_all()
            if not self._started:
                self._started = True
                threading.Thread(target=self._run, name="keeper", daemon=True).start()

    def wait(self, seconds: float = LEAVE_SECONDS) -> bool:
        """Wait until all is written, but no longer than this; True where it is."""
        with self._turn:
            return self._turn.wait_for(lambda: not self._waiting and not self._busy, seconds)

    def _run(self) -> None:
        with suppress(OSError):
            self._prune()
        while True:
            with self._turn:
                self._busy = False
                self._turn.notify_all()
                self._turn.wait_for(lambda: self._waiting)
                waiting, self._waiting, self._busy = self._waiting, {}, True
            for name, data in waiting.items():
                try:
                    self._write(name, data)
                except OSError as error:
                    _log.debug("a session is not kept: %s", error)

    def _write(self, name: str, data: bytes | None) -> None:
        final = os.path.join(self._folder, name)
        if data is None:
            with suppress(FileNotFoundError):
                os.unlink(final)
            return
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        temporary = temporary_path(final)
        # What was looked at is nobody else's business, also while it is being written.
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(data)
            os.replace(temporary, final)
        except OSError:
            os.unlink(temporary)
            raise

    def _prune(self) -> None:
        """Drop the oldest of too many, and what a process that was killed has left."""
        now = time.time()
        ages: list[tuple[float, str]] = []
        for entry in os.scandir(self._folder):
            age = now - entry.stat(follow_symlinks=False).st_mtime
            if is_temporary(entry.name):
                if age > _OLD_TEMPORARY:
                    os.unlink(entry.path)
            elif entry.name.endswith(".json"):
                ages.append((age, entry.path))
        for _, path in sorted(ages)[MOST_FILES - 1 :]:
            os.unlink(path)
