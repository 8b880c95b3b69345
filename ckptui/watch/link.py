"""The monitor's end of the scanner: start it, read it, tell it, and never wait for it."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from typing import Final, TextIO

from ckptui.user_config import Limits
from ckptui.validation.pace import inherited
from ckptui.watch.protocol import Message, Settings, decode, encode

_READ: Final = 1 << 20


ENTRIES_VARIABLE: Final = "CKPTUI_ENTRIES"
"""Environment variable of one command and what it starts; stronger than the configuration."""


def settings_for(limits: Limits) -> Settings:
    """How to scan for a user who has limits of their own, and perhaps others for this time."""
    asked = os.environ.get(ENTRIES_VARIABLE, "")
    entries = int(asked) if asked.isdecimal() and int(asked) else limits.entries
    return Settings(entries=entries, depth=limits.depth)


def begin(root: str, limits: Limits, *, follow: bool) -> Link:
    """Start a scanner now, while the rest of the program is still being loaded.

    From the main thread alone, because the scanner ends with the thread that started it. Where it
    cannot be started the monitor tries again, and says why.
    """
    link = Link(root, settings_for(limits), follow=follow)
    with suppress(OSError):
        link.start()
    return link


class Link:
    """One life of the scanner process.

    :meth:`start` must be called from a thread that lives as long as the scanner is to live: the
    kernel ends the scanner together with the thread that started it.

    Args:
        root: Absolute run directory.
        settings: How to scan.
        follow: False for one look.
    """

    def __init__(self, root: str, settings: Settings, *, follow: bool) -> None:
        self._root, self._settings, self._follow = root, settings, follow
        self._process: subprocess.Popen[bytes] | None = None
        self._words: TextIO | None = None
        self._buffer = b""

    def another(self) -> Link:
        """A link for the next life of it; not started."""
        return Link(self._root, self._settings, follow=self._follow)

    def start(self) -> None:
        """Start the process.

        Raises:
            OSError: It cannot be started.
        """
        settings = self._settings
        command = [
            sys.executable,
            "-m",
            "ckptui.watch.scanner",
            f"--parent={os.getpid()}",
            f"--entries={settings.entries}",
            f"--depth={settings.depth}",
            f"--operations={settings.operations}",
            f"--mode={settings.mode}",
            f"--interval={settings.interval}",
            *([] if self._follow else ["--once"]),
            "--",
            self._root,
        ]
        # Its stderr goes to a file, not to the terminal that somebody is painting on.
        self._words = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        fds, variables = inherited()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            bufsize=0,
            env={**_environment(), **variables},
            pass_fds=fds,
        )

    @property
    def pid(self) -> int | None:
        """Process id, None before the start."""
        return self._process.pid if self._process else None

    def read(self, wake_fd: int, timeout: float) -> list[Message] | None:
        """What it said; None at its end. Returns early when ``wake_fd`` can be read."""
        process = self._process
        if process is None or process.stdout is None:
            select.select([wake_fd], [], [], timeout)
            return []
        told = process.stdout.fileno()
        ready, _, _ = select.select([told, wake_fd], [], [], timeout)
        if told not in ready:
            return []
        data = os.read(told, _READ)
        if not data:
            return None
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        return [message for line in lines if (message := decode(line)) is not None]

    def send(self, message: Message) -> None:
        """Tell it something; a scanner that does not read loses it rather than hold us up."""
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            _, writable, _ = select.select([], [process.stdin], [], 0)
            if writable:
                os.write(process.stdin.fileno(), encode(message))
        except (OSError, ValueError):  # it ended, or we are closing
            return

    def kill(self) -> None:
        """Kill it; from any thread."""
        process = self._process
        if process is not None:
            process.kill()

    def stop(self) -> None:
        """End it without waiting: one that hangs in the kernel dies when the kernel lets go.

        Only from the thread that reads.
        """
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        threading.Thread(target=_bury, args=(process,), daemon=True).start()

    def last_words(self) -> str:
        """The last line that it wrote to stderr."""
        if self._words is None:
            return ""
        self._words.seek(0)
        lines = self._words.read()[-4000:].strip().splitlines()
        return lines[-1].strip() if lines else ""


def _environment() -> dict[str, str]:
    # The scanner must find the package that runs now, also from a source tree.
    home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{home}{os.pathsep}{known}" if known else home}


def _bury(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:
                pass
    process.wait()
