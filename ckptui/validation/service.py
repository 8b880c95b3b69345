"""Validation as a library: one checkpoint, many, and what an error means."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ckptui.errors import CheckpointError
from ckptui.failure_log import log_failed_checkpoint
from ckptui.terms import Category
from ckptui.validation.check import check_file
from ckptui.validation.pool import Done, Pool, Request
from ckptui.validation.verdict import Verdict

_log = logging.getLogger("ckptui")
_INCOMPATIBLE: Final = frozenset({Category.INCOMPATIBLE, Category.UNSAFE})
_WAIT: Final = 1.0

StrPath = str | os.PathLike[str]


def validate_checkpoint(
    path: StrPath,
    *,
    level: int = 4,
    required_keys: Sequence[str] | None = None,
    log_failures: bool = False,
    load: bool = True,
    python: str | None = None,
    allow_globals: Sequence[str] = (),
) -> Verdict:
    """Validate one checkpoint.

    Args:
        path: The file.
        level: Highest level, 1–6 (size, container, load, keys, checksums, values). Level 6
            compares it with the save before it, by the steps in the names of its folder.
        required_keys: Top-level keys that must be there; none by default.
        log_failures: Append a failure to ``failed_checkpoints.txt`` beside the file.
        load: Ask torch (``weights_only=True``) in a process of its own. Without it level 3 is
            decided from the pickle, in this process, and torch is not needed.
        python: Interpreter whose torch is asked; by default the environment's, else ours.
        allow_globals: Globals that may be in the pickle, ``module.name``.

    Returns:
        The verdict. Nothing that the file or the disk does raises an error.

    Example:
        >>> verdict = validate_checkpoint("/nowhere/ckpt_100.pt", load=False)
        >>> verdict.ok, str(verdict.category), verdict.reason
        (False, 'unreadable', 'it does not exist')
    """
    keys, allow = tuple(required_keys or ()), tuple(allow_globals)
    if not load:
        verdict = check_file(
            path, level=level, required_keys=keys, allow_globals=allow, look_back=True
        )
        _report(verdict, log_failures=log_failures)
        return verdict
    verdicts = validate_checkpoint_batch(
        [path],
        level=level,
        required_keys=keys,
        log_failures=log_failures,
        python=python,
        allow_globals=allow,
        jobs=1,
    )
    return next(verdicts)


def validate_checkpoint_batch(
    paths: Iterable[StrPath],
    *,
    level: int = 4,
    required_keys: Sequence[str] | None = None,
    log_failures: bool = False,
    load: bool = True,
    jobs: int | None = None,
    python: str | None = None,
    allow_globals: Sequence[str] = (),
) -> Iterator[Verdict]:
    """Validate many checkpoints in parallel worker processes.

    Args:
        paths: The files.
        level, required_keys, log_failures, load, python, allow_globals: As for
            :func:`validate_checkpoint`.
        jobs: Files at a time; by default the processors that this process may use.

    Yields:
        One verdict a path, as they come; a file that kills or hangs its worker gets one too.

    Example:
        >>> for verdict in validate_checkpoint_batch(["a.pt", "b.pt"]):  # doctest: +SKIP
        ...     print(verdict.path, verdict.category)
    """
    keys, allow = tuple(required_keys or ()), tuple(allow_globals)
    requests = [
        Request(
            os.fspath(path),
            level,
            load,
            required_keys=keys,
            allow_globals=allow,
            here=True,
            look_back=True,
        )
        for path in paths
    ]
    return _stream(requests, jobs, python, log_failures=log_failures)


def _stream(
    requests: Sequence[Request], jobs: int | None, python: str | None, *, log_failures: bool
) -> Iterator[Verdict]:
    with Pool(jobs, python) as pool:
        for request in requests:
            pool.submit(request)
        while pool.pending:
            for event in pool.events(_WAIT):
                if isinstance(event, Done):
                    _report(event.verdict, log_failures=log_failures)
                    yield event.verdict


def _report(verdict: Verdict, *, log_failures: bool) -> None:
    if verdict.ok or verdict.category is Category.CHANGING:
        return
    _log.error("%s: %s: %s", verdict.path, verdict.category, verdict.reason)
    if not log_failures:
        return
    try:
        log_failed_checkpoint(verdict.path, f"{verdict.category}: {verdict.reason}")
    except OSError as error:
        _log.warning("%s: its failure could not be logged: %s", verdict.path, error)


def distinguish_error_type(what: Verdict | CheckpointError | str) -> str:
    """Whether a checkpoint is bad, or good but not for us.

    Args:
        what: A verdict, an error, or a message that begins with a category.

    Returns:
        ``"incompatible"`` (another version, a missing key, refused globals) or ``"corrupted"``:
        everything else, incomplete included.

    Example:
        >>> distinguish_error_type("incompatible: missing required keys"), \
distinguish_error_type("something else")
        ('incompatible', 'corrupted')
    """
    if isinstance(what, str):
        word = what.partition(":")[0].strip().lower()
        return "incompatible" if word in _INCOMPATIBLE else "corrupted"
    return "incompatible" if what.category in _INCOMPATIBLE else "corrupted"
