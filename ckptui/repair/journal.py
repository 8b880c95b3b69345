"""The journal: one JSON object a line, only ever appended to, on disk before anything happens.

Lines of a repair, in order: ``begin`` (all its operations), ``step`` before each operation,
``end`` (``done``, ``rolled back`` or ``stuck``). A repair without ``end`` was cut off by a crash.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from ckptui.durable import fsync_dir
from ckptui.repair.model import JournalEntry, Step
from ckptui.repair.operations import Operation
from ckptui.repair.site import HOME, Site

JOURNAL: Final = f"{HOME}/journal.jsonl"


@dataclass(slots=True)
class Record:
    """One repair as its lines in the journal tell it.

    Attributes:
        operations: As begun.
        started: How many of them were journalled as about to happen.
        ended: ``done``, ``rolled back``, ``stuck``, or ``""``.
        dirs: Folder → mtime_ns before the repair.
        dirs_after: Folder → mtime_ns right after it.
        undone_by: Id of the undo that took it back, or "".
    """

    id: str
    at: str
    action: str
    by: str
    operations: tuple[Operation, ...]
    undoes: str | None = None
    started: int = 0
    ended: str = ""
    dirs: dict[str, int] = field(default_factory=dict)
    dirs_after: dict[str, int] = field(default_factory=dict)
    undone_by: str = ""


def now() -> str:
    """The time, ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def author() -> str:
    """``user@host`` of this process."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def append(site: Site, line: Mapping[str, object]) -> None:
    """Add one line and have it on disk before returning.

    Raises:
        OSError: It could not be written; what was there before is whole.
    """
    path = site.full(JOURNAL)
    new = not os.path.exists(path)
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        data = json.dumps(line, ensure_ascii=True).encode() + b"\n"
        size = os.fstat(fd).st_size
        if size and os.pread(fd, 1, size - 1) != b"\n":
            data = b"\n" + data  # a crash tore the last line; it must not swallow this one
        while data:
            data = data[os.write(fd, data) :]
        os.fsync(fd)
    finally:
        os.close(fd)
    if new:
        fsync_dir(os.path.dirname(path))


def records(site: Site) -> list[Record]:
    """Every repair in the journal, the oldest first; lines that are torn are passed over.

    Raises:
        OSError: The journal is there and cannot be read.
    """
    try:
        with open(site.full(JOURNAL), encoding="ascii", errors="replace") as file:
            return parse_records(file)
    except (FileNotFoundError, NotADirectoryError):
        return []


def parse_records(lines: Iterable[str]) -> list[Record]:
    """Repairs from the lines of a journal, or from its tail."""
    found: dict[str, Record] = {}
    for text in lines:
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict):
            _read(line, found)
    for record in reversed(list(found.values())):
        # The last word counts: an undo that was itself taken back has undone nothing.
        if record.undoes in found and record.ended == "done" and not record.undone_by:
            found[record.undoes].undone_by = record.id
    return list(found.values())


def _read(line: dict[str, object], found: dict[str, Record]) -> None:
    undo_id, event = str(line.get("id", "")), line.get("event")
    if event == "begin":
        undoes = line.get("undoes")
        found[undo_id] = Record(
            undo_id,
            str(line.get("at", "")),
            str(line.get("action", "")),
            str(line.get("by", "")),
            _operations(line.get("operations")),
            str(undoes) if undoes else None,
            dirs=_times(line.get("dirs")),
        )
        return
    record = found.get(undo_id)
    if record is None:
        return
    if event == "step":
        record.started += 1
    elif event == "end":
        record.ended = str(line.get("state", "done"))
        record.dirs_after = _times(line.get("dirs"))


def _operations(value: object) -> tuple[Operation, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(Operation.from_json(item) for item in value if isinstance(item, dict))


def _times(value: object) -> dict[str, int]:
    if not isinstance(value, dict):
        return {}
    return {str(name): when for name, when in value.items() if isinstance(when, int)}


def entry_of(record: Record) -> JournalEntry:
    """A record for people and for JSON."""
    state = "undone" if record.undone_by else record.ended or "unfinished"
    steps = tuple(Step(o.do, o.path, o.to, o.bytes, o.note) for o in record.operations)
    return JournalEntry(record.id, record.at, record.action, state, steps, record.by, record.undoes)


def entries(root: str) -> list[JournalEntry]:
    """What was repaired in a run directory, the oldest first.

    Args:
        root: Absolute run directory.

    Raises:
        OSError: The journal cannot be read.
    """
    return [entry_of(record) for record in records(Site(root))]


def parse_entries(text: str) -> list[JournalEntry]:
    """The same from the journal's text (or its tail) as the scanner hands it over."""
    return [entry_of(record) for record in parse_records(text.splitlines())]
