"""What every verb shares: talk on stderr, data on stdout, and finding the run directory."""

from __future__ import annotations

import json
import os
import stat
import sys
import threading
from typing import Final

from ckptui.errors import CkptuiError
from ckptui.present.safe import plain

ANSWER_SECONDS: Final = 5.0
"""How long a filesystem may take to answer before ckptui says that it does not."""


def say(text: str) -> None:
    """Write one line of talk to stderr; names from disk in it are made harmless."""
    stream = sys.stderr
    try:
        stream.write("ckptui: " + plain(text) + "\n")
        stream.flush()
    except (BrokenPipeError, ValueError):
        pass


def talk(text: str) -> None:
    """Write lines that are already made of safe text to stderr, without the program's name."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except (BrokenPipeError, ValueError):
        pass


def put(text: str) -> None:
    """Write one line of data to stdout."""
    sys.stdout.write(text + "\n")


def put_path(path: str) -> None:
    """Write a path to stdout: exactly its bytes for a program, harmless for a terminal."""
    if sys.stdout.isatty():
        put(plain(path))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(os.fsencode(path) + b"\n")
    sys.stdout.buffer.flush()


def put_json(document: object, *, indent: int | None = None) -> None:
    """Write one JSON document to stdout in plain ASCII."""
    put(json.dumps(document, indent=indent, ensure_ascii=True))


def look(path: str) -> os.stat_result | str:
    """Stat a path without being frozen by a filesystem that does not answer.

    Returns:
        The result of ``os.stat``, or a sentence that says why there is none.
    """
    found: list[os.stat_result | str] = []

    def ask() -> None:
        try:
            found.append(os.stat(path))
        except OSError as error:
            found.append(why_not(path, error))

    # A daemon thread: when the kernel never answers, it is left behind at exit.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(ANSWER_SECONDS)
    if found:
        return found[0]
    return f"{path}: no answer from its filesystem for {ANSWER_SECONDS:.0f} s; is the mount alive?"


def why_not(path: str, error: OSError) -> str:
    """One sentence for a path that cannot be reached: path, what, what to do."""
    if isinstance(error, FileNotFoundError):
        return f"{path}: no such file or directory; check the path"
    if isinstance(error, PermissionError):
        return f"{path}: permission denied; ask its owner for read access"
    if isinstance(error, NotADirectoryError):
        return f"{path}: a part of this path is a file, not a directory; check the path"
    return f"{path}: {(error.strerror or str(error)).lower()}"


def run_directory(path: str) -> str:
    """The absolute run directory that the user gave.

    Raises:
        CkptuiError: It is missing, no directory, not readable, or does not answer.
    """
    found = look(path)
    if isinstance(found, str):
        raise CkptuiError(found)
    if not stat.S_ISDIR(found.st_mode):
        raise CkptuiError(
            f"{path}: a file, where a run directory is meant; "
            "try ckptui inspect or ckptui validate on it"
        )
    if not os.access(path, os.R_OK | os.X_OK):
        raise CkptuiError(f"{path}: permission denied; ask its owner for read access")
    return os.path.abspath(path)


def home_of(path: str) -> str:
    """The run directory that a file belongs to.

    It is the nearest directory above the file that holds ``.ckptui`` or ``ckptui.toml``, else the
    file's own directory.
    """
    here = os.path.dirname(os.path.abspath(path))
    above = here
    while True:
        if any(os.path.lexists(os.path.join(above, mark)) for mark in (".ckptui", "ckptui.toml")):
            return above
        parent = os.path.dirname(above)
        if parent == above:
            return here
        above = parent
