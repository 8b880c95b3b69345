"""The file of the verdict cache: opened, told apart from damage, and replaced where it is damaged.

Several processes use one file: it is in WAL mode (sqlite.org/wal.html), so that readers and the
writer do not wait for each other, and nobody waits longer than :data:`BUSY`.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
import time
from contextlib import suppress
from typing import Final

from ckptui.validation import cache_history as history

NAME: Final = "verdicts-1.sqlite"
"""The number is the schema's: another schema is another file, so that old and new live together."""
BUSY: Final = 0.3
"""Seconds to wait for another process."""
_PAGES: Final = 65_536
"""Pages of 4 KB, so that the file never grows beyond 256 MB."""
_HAS_HISTORY: Final = "SELECT count(*) FROM sqlite_schema WHERE name = 'history'"
_APPLICATION: Final = 0x636B7074  # "ckpt"

_SCHEMA: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS verdicts (
    path BLOB NOT NULL, demand TEXT NOT NULL, key TEXT NOT NULL, depth INTEGER NOT NULL,
    rules TEXT NOT NULL, torch TEXT NOT NULL, verdict TEXT NOT NULL, proof INTEGER NOT NULL,
    used INTEGER NOT NULL, PRIMARY KEY (path, demand));
CREATE INDEX IF NOT EXISTS verdicts_used ON verdicts (used);
CREATE TABLE IF NOT EXISTS contents (
    path BLOB NOT NULL PRIMARY KEY, key TEXT NOT NULL, content TEXT NOT NULL,
    whole INTEGER NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL, peaks BLOB NOT NULL,
    proof INTEGER NOT NULL, used INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS contents_used ON contents (used);
{history.SCHEMA}
PRAGMA application_id = {_APPLICATION};
COMMIT;
"""
_COLUMNS: Final = (
    "SELECT path, demand, key, depth, rules, torch, verdict, proof, used FROM verdicts LIMIT 1",
    "SELECT path, key, content, whole, first, last, peaks, proof, used FROM contents LIMIT 1",
    "SELECT path, at, key, asked, level, category, reason, size, proof FROM history LIMIT 1",
)
_DAMAGE: Final = frozenset(
    {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_FORMAT,
        sqlite3.SQLITE_ERROR,  # no such table, no such column
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_CONSTRAINT,
    }
)


class NotAFileError(OSError):
    """Something stands where the file should be."""


def open_file(directory: str) -> sqlite3.Connection:
    """Open the cache's file, making it where it is missing.

    Raises:
        sqlite3.Error, OSError: It cannot be used; :func:`is_damage` says whether it is to blame.
    """
    path = os.path.join(directory, NAME)
    _make_private(path)
    base = sqlite3.connect(path, timeout=BUSY, isolation_level=None)
    try:
        _prepare(base)
    except BaseException:
        base.close()
        raise
    return base


def _prepare(base: sqlite3.Connection) -> None:
    base.execute("PRAGMA trusted_schema = OFF")
    (tables,) = base.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    (application,) = base.execute("PRAGMA application_id").fetchone()
    if tables and application != _APPLICATION:
        raise sqlite3.DatabaseError("another program's file")
    if base.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
        raise sqlite3.OperationalError("this disk cannot be shared by processes")
    # A crash of the machine may lose the last verdicts, and never the rest.
    base.execute("PRAGMA synchronous = NORMAL")
    base.execute(f"PRAGMA max_page_count = {_PAGES}")
    base.execute("PRAGMA journal_size_limit = 4194304")
    if not tables:
        base.executescript(_SCHEMA)
    elif not base.execute(_HAS_HISTORY).fetchone()[0]:  # from before there was one
        base.executescript(history.SCHEMA)


def _make_private(path: str) -> None:
    """See that the file is there, ours and closed to others.

    It is not opened where it is there already: SQLite's locks are POSIX locks, which end when any
    descriptor of the file is closed in this process (sqlite.org/howtocorrupt.html).

    Raises:
        OSError: It is another user's, or no file.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        pass
    info = os.lstat(path)
    if not stat.S_ISREG(info.st_mode):
        raise NotAFileError(21, "not a file", path)
    if info.st_uid != os.geteuid():
        raise PermissionError(1, "belongs to another user", path)
    if info.st_mode & 0o077:
        os.chmod(path, 0o600)


def is_damage(error: BaseException) -> bool:
    """True where the file itself is at fault, not the disk, a lock or a permission."""
    if not isinstance(error, sqlite3.Error):
        return isinstance(error, NotAFileError)
    code = getattr(error, "sqlite_errorcode", None)
    if not isinstance(code, int):
        return type(error) is sqlite3.DatabaseError  # ours: another program's file
    return code & 0xFF in _DAMAGE or code == sqlite3.SQLITE_IOERR_SHORT_READ


def is_full(error: BaseException) -> bool:
    """True where the file, or its disk, has no more room."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def replace_damaged(directory: str) -> None:
    """Move a damaged file aside, so that a new one can take its place; one process at a time.

    Raises:
        OSError: It cannot be moved, or another process is at it.
    """
    path = os.path.join(directory, NAME)
    lock = os.open(os.path.join(directory, "lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_sound(directory):  # another process has been here
            return
        for ending in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                os.replace(path + ending, f"{path}.damaged{ending}")
        with suppress(FileNotFoundError):
            os.replace(path, f"{path}.damaged.{time.time_ns()}")
        _drop_older(directory)
    finally:
        os.close(lock)


def _is_sound(directory: str) -> bool:
    try:
        base = open_file(directory)
        try:
            for statement in _COLUMNS:
                base.execute(statement).fetchone()
            return bool(base.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
        finally:
            base.close()
    except (sqlite3.Error, OSError):
        return False


def _drop_older(directory: str) -> None:
    """Keep the newest damaged file only."""
    names = sorted(n for n in os.listdir(directory) if n.startswith(f"{NAME}.damaged."))
    for name in names[:-1]:
        with suppress(OSError):
            os.unlink(os.path.join(directory, name))
