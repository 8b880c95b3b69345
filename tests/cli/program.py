"""The program as its users start it: in a pipe, or on a terminal."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import TypeAdapter

from ckptui.present.document_types import DOCUMENTS

PROGRAM = (sys.executable, "-m", "ckptui")
PATIENCE = 60.0
"""Seconds: a limit against hanging, never a measure."""


@dataclass(frozen=True)
class Said:
    """How a call ended, and what it wrote."""

    code: int
    out: str
    err: str


def ckptui(*arguments: str, cwd: str | None = None, stdin: bytes = b"", **environment: str) -> Said:
    """Run it without a terminal."""
    done = subprocess.run(
        [*PROGRAM, *arguments], input=stdin, capture_output=True, timeout=PATIENCE,
        cwd=cwd, env={**os.environ, **environment}, check=False,
    )  # fmt: skip
    said = Said(done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr))
    assert "Traceback" not in said.err, said.err
    return said


def on_terminal(*arguments: str, **environment: str) -> tuple[int, bytes]:
    """Run it on a pseudo-terminal: exit code, and every byte that reached the screen."""
    pid, fd = pty.fork()
    if pid == 0:
        env = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment}
        os.execve(sys.executable, [*PROGRAM, *arguments], env)
    shown = b""
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown


def sentence(said: Said, code: int) -> str:
    """The one line that it wrote to stderr, with nothing on stdout."""
    assert (said.code, said.out) == (code, ""), said
    lines = said.err.splitlines()
    assert len(lines) == 1, said.err
    assert lines[0].startswith("ckptui: ")
    return lines[0]


def documents(kind: str, text: str) -> list[dict[str, object]]:
    """JSON in plain ASCII, one document or one a line, each as the schema says."""
    assert text.isascii()
    lines = text.splitlines() if kind in ("validate", "watch", "explain") else [text]
    found: list[dict[str, object]] = []
    for line in lines:
        document: object = json.loads(line, parse_constant=_refuse)
        assert isinstance(document, dict)
        read = TypeAdapter[object](DOCUMENTS[kind]).validate_python(document)
        assert set(document) == set(read.__dataclass_fields__)  # type: ignore[attr-defined]  # ours
        found.append(document)
    return found


def _refuse(name: str) -> object:
    raise AssertionError(f"{name} is no JSON")


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """The program in a process group of its own, as a shell starts it."""
    process = subprocess.Popen(
        [*PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def interrupt(process: subprocess.Popen[bytes], number: int = signal.SIGINT) -> tuple[int, bytes]:
    """Ctrl-C: the whole group hears it. Gives the exit code, and what was left on stderr."""
    os.killpg(process.pid, number)
    _, err = process.communicate(timeout=PATIENCE)
    gone(process.pid)
    return process.returncode, err


def gone(session: int) -> None:
    """Wait until no process of a session is left."""
    end = time.monotonic() + PATIENCE
    while members := [pid for pid in os.listdir("/proc") if pid.isdigit() and _in(pid, session)]:
        assert time.monotonic() < end, members
        time.sleep(0.05)


def _in(pid: str, session: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[0] != "Z" and int(fields[3]) == session
