"""The resume rule for one output: skip it, adopt it, or do it again."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterable

from ckptui.durable import StrPath
from ckptui.marker import create_done_marker, marker_path, marker_state
from ckptui.terms import Level, MarkerState

_log = logging.getLogger("ckptui")


def should_skip_output(output: StrPath, *, required_keys: Iterable[str] = ()) -> bool:
    """Whether an output of an earlier run stands and need not be made again.

    Output and marker: skip; the output is not opened. Output without a marker: where its own
    ``status`` is ``complete`` and levels 1, 2, 4 and 5 pass it is adopted, that is, marked. A
    marker that is older than its output is no witness: the output is checked and the marker
    renewed. In every other case False: do it again; the old file stays until then.

    Args:
        output: The output of one unit of work.
        required_keys: Top-level keys that it must hold to be adopted.

    Returns:
        True where it may be skipped.

    Example:
        >>> should_skip_output("/nowhere/a.pt")
        False
    """
    path = os.fspath(output)
    state = _marker(path)
    if state is MarkerState.PRESENT:
        return True
    if not os.path.isfile(path):
        return False
    return _adopt(path, tuple(required_keys), marked=state is MarkerState.OUTDATED)


def _marker(path: str) -> MarkerState | None:
    return marker_state(_mtime(path), _mtime(marker_path(path)), folder_uses_markers=False)


def _mtime(path: str) -> float | None:
    try:
        info = os.stat(path)
    except OSError:
        return None
    # A directory is a checkpoint too; a time is all that is asked for here.
    return info.st_mtime if stat.S_ISREG(info.st_mode) or stat.S_ISDIR(info.st_mode) else None


def _adopt(path: str, required_keys: tuple[str, ...], *, marked: bool) -> bool:
    from ckptui.validation.check import check_file

    verdict = check_file(path, level=Level.CHECKSUMS, required_keys=required_keys, settle=False)
    complete = marked or verdict.facts.status == "complete"
    if not complete or not verdict.ok:
        reason = verdict.reason or "it does not say that it is complete"
        _log.warning("%s has no marker and is done again: %s", path, reason)
        return False
    create_done_marker(path)
    what = "its marker was outdated and is renewed" if marked else "adopted: marked as complete"
    _log.info("%s checked whole, %s", path, what)
    return True
