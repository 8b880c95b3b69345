"""The asker's end of the reader process: start it, hear it, ask it, and never wait for it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import TypeAlias

from ckptui.validation.pace import inherited
from ckptui.watch.protocol import Message, decode, encode

Hear: TypeAlias = "Callable[[Message | None], object]"
"""Called from the link's own thread with what the reader said; None at its end."""


class ReaderLink:
    """One life of a reader process. Nothing here blocks, but in a daemon thread.

    Args:
        path: The file to serve.
        hear: Takes what it says.
        environment: For the child.
    """

    def __init__(self, path: str, hear: Hear, environment: Mapping[str, str]) -> None:
        self._path, self._hear, self._environment = path, hear, dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._early: list[bytes] = []
        self._lock = threading.Lock()
        self._closed = False

    def start(self) -> None:
        """Start it; returns at once."""
        # The kernel ends the child with the thread that started it, so that thread also listens.
        threading.Thread(target=self._live, name="reader", daemon=True).start()

    @property
    def pid(self) -> int | None:
        """Process id, None before the start."""
        return self._process.pid if self._process else None

    def send(self, message: Message) -> None:
        """Ask; a reader that does not read loses it rather than hold us up."""
        with self._lock:
            if self._process is None:
                self._early.append(encode(message))
            else:
                self._write(encode(message))

    def close(self) -> None:
        """Kill it and wait for nothing: one that hangs in the kernel dies when that lets go."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.kill()

    def _live(self) -> None:
        process = self._started()
        if process is None or process.stdout is None:
            self._hear(None)
            return
        for line in process.stdout:
            message = decode(line)
            if message is not None:
                self._hear(message)
        with self._lock:
            if process.stdin is not None:
                process.stdin.close()
            self._process = None
        process.wait()
        if not self._closed:
            self._hear(None)

    def _started(self) -> subprocess.Popen[bytes] | None:
        command = [sys.executable, "-P", "-m", "ckptui.launch.reader"]
        fds, variables = inherited()
        try:
            # cwd is no place of the user's: it may be on the filesystem that hangs.
            process = subprocess.Popen(
                [*command, f"--parent={os.getpid()}", "--", self._path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=-1,
                cwd="/",
                env={**self._environment, **variables},
                pass_fds=fds,
                start_new_session=True,
            )
        except OSError:
            return None
        with self._lock:
            self._process = process
            if process.stdin is not None:
                os.set_blocking(process.stdin.fileno(), False)
            for each in self._early:
                self._write(each)
            if self._closed:
                process.kill()
        return process

    def _write(self, data: bytes) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            os.write(process.stdin.fileno(), data)
        except (OSError, ValueError):  # full, or it ended
            return
