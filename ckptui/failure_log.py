"""``failed_checkpoints.txt``: one line ``path|reason|timestamp`` for each failed checkpoint.

The format is the one that other pipelines already write, with one addition: ``%``, ``|`` and line
ends inside a field are percent-encoded, so that any path survives. Only these four codes are
decoded, so a line by another writer that holds some other ``%`` reads as it stands.
"""

from __future__ import annotations

import logging
import os
import re
from datetime import UTC, datetime
from typing import Final, TypeAlias

from ckptui.durable import StrPath, taking_turns

FAILURE_LOG: Final = "failed_checkpoints.txt"

Failure: TypeAlias = tuple[str, str, str]
"""(path as written, reason, timestamp as written)."""

_log = logging.getLogger("ckptui")
_CODES: Final = {"%": "%25", "|": "%7C", "\n": "%0A", "\r": "%0D"}
_ENCODE: Final = str.maketrans(_CODES)
_DECODE: Final = {code: char for char, code in _CODES.items()}
_CODE: Final = re.compile("|".join(_DECODE), re.IGNORECASE)
_NAMES_A_FILE: Final = re.compile(r"[^/]\.[A-Za-z0-9_]{1,12}$")


def log_failed_checkpoint(
    path: StrPath, reason: str, timestamp: str | datetime | None = None
) -> None:
    """Append one failure to ``failed_checkpoints.txt`` in the checkpoint's directory.

    Concurrent writers lose no line, and a line that another one left unfinished is ended first.

    Args:
        path: The checkpoint that failed, written down as given.
        reason: Why, in words.
        timestamp: ISO 8601 text or a datetime; now, in UTC, where it is None.

    Raises:
        OSError: The log cannot be written.

    Example:
        >>> import tempfile; d = tempfile.mkdtemp()
        >>> log_failed_checkpoint(f"{d}/x.pt", "corrupted: cut short")
        >>> load_failed_checkpoints(d)[0][1]
        'corrupted: cut short'
    """
    when = datetime.now(UTC) if timestamp is None else timestamp
    text = when.isoformat() if isinstance(when, datetime) else when
    fields = (os.fspath(path), reason, text)
    line = "|".join(field.translate(_ENCODE) for field in fields) + "\n"
    _append(os.path.join(os.path.dirname(os.fspath(path)), FAILURE_LOG), _to_bytes(line))


def _to_bytes(line: str) -> bytes:
    try:
        return line.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that never was a byte of a path
        return line.encode("utf-8", "backslashreplace")


def _append(log: str, line: bytes) -> None:
    fd = os.open(log, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        with taking_turns(fd):
            size = os.fstat(fd).st_size
            if size and os.pread(fd, 1, size - 1) != b"\n":
                line = b"\n" + line
            while line:
                line = line[os.write(fd, line) :]
    finally:
        os.close(fd)


def load_failed_checkpoints(directory: StrPath) -> list[Failure]:
    """Read the failure log of a directory.

    Args:
        directory: The directory that holds the checkpoints.

    Returns:
        (path, reason, timestamp) of each line, oldest first; empty where there is no log.
        Malformed lines are reported to the logger ``ckptui`` and left out.

    Raises:
        OSError: The log is there and cannot be read.

    Example:
        >>> load_failed_checkpoints("/nowhere")
        []
    """
    log = os.path.join(os.fspath(directory), FAILURE_LOG)
    try:
        with open(log, "rb") as file:
            data = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return []
    rows, malformed = parse_failure_log(data.decode("utf-8", "surrogateescape"))
    for line in malformed:
        _log.warning("%s: left out a line that is not path|reason|timestamp: %.200r", log, line)
    return rows


def parse_failure_log(text: str) -> tuple[list[Failure], list[str]]:
    """Read the text of a failure log.

    Args:
        text: Decoded as UTF-8 with surrogate escapes.

    Returns:
        The failures, oldest first, and the lines that are none.

    Example:
        >>> parse_failure_log("a.pt|corrupted|2026-01-01T00:00:00+00:00\\nnoise\\n")
        ([('a.pt', 'corrupted', '2026-01-01T00:00:00+00:00')], ['noise'])
    """
    rows: list[Failure] = []
    malformed: list[str] = []
    for line in text.split("\n"):
        stripped = line.removesuffix("\r")
        if not stripped.strip():
            continue
        row = _parse_line(stripped)
        if row is None:
            malformed.append(stripped)
        else:
            rows.append(row)
    return rows, malformed


def _parse_line(line: str) -> Failure | None:
    fields = line.split("|")
    if len(fields) < 3 or not fields[0]:
        return None
    cut = _end_of_path(fields)
    path, reason = "|".join(fields[:cut]), "|".join(fields[cut:-1])
    return _decode(path), _decode(reason), _decode(fields[-1])


def _end_of_path(fields: list[str]) -> int:
    """How many fields the path takes: more than one where another writer left its ``|`` bare."""
    if len(fields) == 3:
        return 1
    for count in range(1, len(fields) - 1):
        if _NAMES_A_FILE.search(fields[count - 1]):
            return count
    return 1


def _decode(field: str) -> str:
    return _CODE.sub(lambda match: _DECODE[match[0].upper()], field)
