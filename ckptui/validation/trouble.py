"""Operating-system errors → sentences. Permission, I/O and time are never damage."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from typing import Final

from ckptui.marker import marker_path
from ckptui.terms import Action, Category
from ckptui.validation.judge import verdict_without_reading
from ckptui.validation.source import NotRegularError, OfflineError
from ckptui.validation.verdict import Verdict

_SENTENCES: Final = {
    errno.ENOENT: "it does not exist",
    errno.EACCES: "permission denied: this user may not read it",
    errno.EPERM: "permission denied: this user may not read it",
    errno.ELOOP: "a symbolic link that leads back to itself",
    errno.ENOTDIR: "a part of its path is a file, not a directory",
    errno.ENAMETOOLONG: "its name is longer than the filesystem allows",
    errno.EIO: "the disk reports an input/output error while reading it",
    errno.ESTALE: "the file server no longer knows it (stale handle)",
    errno.ETIMEDOUT: "the file server does not answer",
    errno.ENXIO: "there is nothing behind it to read",
    errno.EMFILE: "too many open files in this process",
    errno.ENFILE: "too many open files on this machine",
}


_OFFLINE: Final = "it has no blocks on disk: it is on tape or was never written; not opened"


def unreadable(path: str, error: OSError) -> Verdict:
    """The verdict for a file that the operating system does not let us read."""
    if isinstance(error, NotRegularError):
        return verdict_without_reading(
            path, Category.UNREADABLE, f"not a regular file: it is {error}"
        )
    if isinstance(error, OfflineError):
        return verdict_without_reading(path, Category.UNREADABLE, _OFFLINE)
    known = _SENTENCES.get(error.errno or 0)
    if known is None:
        known = f"it cannot be read: {error.strerror or error}"
    return verdict_without_reading(path, Category.UNREADABLE, known, detail=_system_text(error))


def orphaned(verdict: Verdict) -> Verdict:
    """The verdict of a file that is gone while its marker stands; any other stays as it is."""
    marker = marker_path(verdict.path)
    if os.path.lexists(verdict.path) or not os.path.lexists(marker):
        return verdict
    return replace(
        verdict,
        category=Category.INCOMPLETE,
        reason="its marker says that it is complete, and it is not there",
        remedy=Action.REMOVE_MARKER,
    )


def _system_text(error: OSError) -> str:
    return f"[Errno {error.errno}] {os.strerror(error.errno)}" if error.errno else str(error)


def bad_name(path: str) -> Verdict:
    """The verdict for a path that no filesystem can hold (a NUL byte in it)."""
    return verdict_without_reading(
        path, Category.UNREADABLE, "its path holds a NUL character: no such file can exist"
    )


def removed(path: str) -> Verdict:
    """The verdict for what was there when somebody looked, and has gone since: no damage."""
    return verdict_without_reading(
        path, Category.CHANGING, "it was removed after it had been listed"
    )


def out_of_memory(path: str) -> Verdict:
    """The verdict where the check needed more memory than it may take."""
    return verdict_without_reading(
        path,
        Category.UNCHECKED,
        "not checked: its header needs more memory than a check may take",
    )


def cancelled(path: str) -> Verdict:
    """The verdict of a check that was cancelled."""
    return verdict_without_reading(path, Category.UNCHECKED, "not checked: cancelled")


def died(path: str, how: str) -> Verdict:
    """The verdict where the process that checked it ended or failed; ``how`` says in what way."""
    return verdict_without_reading(path, Category.UNREADABLE, f"not checked: {how}")


def no_answer(path: str, seconds: float) -> Verdict:
    """The verdict where the check made no headway for so long."""
    return verdict_without_reading(
        path,
        Category.UNREADABLE,
        f"no answer in time: reading it made no headway for {seconds:.0f} s",
    )
