"""A JSON state that several processes update: rewritten under a lock, so that no word is lost."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from ckptui.checkpoint.jsonfile import read_json_object
from ckptui.durable import atomic_write_json, taking_turns
from ckptui.errors import CheckpointError
from ckptui.version import CHECKPOINT_VERSION, version_problem

_log = logging.getLogger("ckptui")
_LOCK_NAME: Final = ".lock"


class StateFile:
    """One state of a manager.

    What this object wrote last is kept, so that a save rereads the file only where another
    process has replaced it since.

    Args:
        path: The file; its directory must exist.
        durable: False leaves out the fsyncs, and writes one line.
        config_hash: A state recorded under another one counts as none.
        no_resume: True counts what is there as none, until the first update replaces it.
    """

    def __init__(
        self, path: str, *, durable: bool, config_hash: str | None = None, no_resume: bool = False
    ) -> None:
        self.path = path
        self._durable = durable
        self._config_hash = config_hash
        self._afresh = no_resume
        self._seen: tuple[int, int, int] | None = None
        self._document: dict[str, object] = {}

    def read(self) -> dict[str, object]:
        """The state as it is on disk; empty where there is none that counts.

        Raises:
            CheckpointError: ``corrupted``, ``unreadable``, or ``incompatible`` (newer version).
        """
        document = None if self._afresh else read_json_object(self.path)
        if document is None:
            return {}
        problem = version_problem(document.get("version", "0.x"))
        if problem:
            raise CheckpointError(self.path, "incompatible", problem)
        recorded = document.get("config_hash")
        if recorded is not None and self._config_hash not in (None, recorded):
            _log.warning("%s: the configuration changed; starting afresh", self.path)
            self._afresh = True
            return {}
        return document

    def entries(self, key: str, *, validate: bool) -> dict[str, object]:
        """The object under ``key``; empty where there is none.

        Raises:
            CheckpointError: As :meth:`read`, and ``corrupted`` where ``key`` holds something
                else; only with ``validate``, else there is a warning.
        """
        try:
            return entries_of(self.read(), key, self.path)
        except CheckpointError as error:
            tolerate(error, validate)
            return {}

    def update(self, change: Callable[[dict[str, object]], None]) -> None:
        """Apply ``change`` to the state and write it back, taking turns with other processes."""
        with _turn(os.path.dirname(self.path)):
            if self._seen is None or self._seen != _signature(self.path):
                self._document = self.read()
            self._seen = None  # until this write has landed, the copy here is ahead of the disk
            self._document["version"] = CHECKPOINT_VERSION
            self._document["config_hash"] = self._config_hash or self._document.get("config_hash")
            self._document["updated_at"] = now()
            change(self._document)
            # Without an indent the encoder is ten times as fast; that one is rewritten often.
            indent = 2 if self._durable else None
            atomic_write_json(self.path, self._document, indent=indent, durable=self._durable)
            self._afresh = False
            self._seen = _signature(self.path)


def now() -> str:
    """This moment: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat()


def entries_of(document: dict[str, object], key: str, path: str) -> dict[str, object]:
    """The object under ``key``, made where it is missing.

    Raises:
        CheckpointError: ``corrupted`` where something else stands there.
    """
    entries = document.setdefault(key, {})
    if not isinstance(entries, dict):
        raise CheckpointError(path, "corrupted", f"{key} must be an object")
    return entries


def tolerate(error: CheckpointError, validate: bool) -> None:
    """Raise ``error`` with ``validate``; else say that the damaged record counts as none."""
    if validate:
        raise error
    _log.warning("%s; taken for not recorded", error)


def _signature(path: str) -> tuple[int, int, int] | None:
    try:
        info = os.stat(path)
    except OSError:
        return None
    return info.st_ino, info.st_size, info.st_mtime_ns


@contextmanager
def _turn(directory: str) -> Iterator[None]:
    lock = os.path.join(directory, _LOCK_NAME)
    fd = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        with taking_turns(fd):
            yield
    finally:
        os.close(fd)
