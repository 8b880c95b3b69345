"""The checks of ``ckptui validate``: of a directory's rows, and of files that were named."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ckptui.cli.checking import DeepLook, Gone, Progressed
from ckptui.cli.looking import say_left_out, say_notes
from ckptui.cli.places import run_directory
from ckptui.cli.reporting import Reporter
from ckptui.cli.targets import File, Targets
from ckptui.errors import CkptuiError
from ckptui.marker import marker_state
from ckptui.present.document_types import CheckpointDocument
from ckptui.present.documents import checkpoint_document, verdict_document
from ckptui.present.filter import Filter
from ckptui.terms import Action, Category, MarkerState
from ckptui.validation.guest import workers_for
from ckptui.validation.pool import Done, Pool, Progress, Request
from ckptui.validation.verdict import Verdict
from ckptui.watch.model import Checkpoint, Snapshot

_WAIT: Final = 0.25
_AHEAD: Final = 256
"""Files that are with the pool at one time, beside those that it reads."""

Judged = tuple[str, CheckpointDocument, int]
"""Where it lies, its document, and the bytes that were expected of it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asked for; ``since`` in seconds since the epoch.

    A ``filter`` speaks of what a directory holds, as its headers tell it.
    """

    level: int = 5
    load: bool = True
    required_keys: tuple[str, ...] = ()
    jobs: int | None = None
    python: str | None = None
    since: float | None = None
    here: bool = False
    filter: Filter | None = None


def check_all(targets: Targets, asked: Asked, reporter: Reporter) -> Iterator[Judged]:
    """Check everything; yields each verdict as it comes and keeps the reporter informed.

    Raises:
        CkptuiError: A directory cannot be looked at.
    """
    jobs = workers_for(asked.jobs, network=targets.network)
    if targets.files and asked.filter is not None:
        raise CkptuiError(f"{targets.files[0].path}: --filter chooses from a directory")
    reporter.expect(len(targets.files), sum(_size(file) for file in targets.files))
    for number, directory in enumerate(targets.directories, 1):
        reporter.open_end = number < len(targets.directories)
        yield from _directory(run_directory(directory), asked, jobs, reporter)
    if targets.files:
        yield from _files(targets.files, asked, jobs, reporter)


def _size(file: File) -> int:
    return file.seen.size if file.seen is not None else 0


# A directory -------------------------------------------------------------------------------


def _directory(root: str, asked: Asked, jobs: int, reporter: Reporter) -> Iterator[Judged]:
    with DeepLook(
        root,
        jobs=jobs,
        python=asked.python,
        required_keys=asked.required_keys,
        header_checks=asked.filter is not None,
    ) as deep:
        shown = deep.settled(lambda shown: reporter.looking(len(shown.checkpoints)))
        if shown.problem:
            raise CkptuiError(shown.problem)
        reporter.close()  # what follows is talk
        say_notes(shown)
        say_left_out(shown)
        rows = _newest_first(shown, asked)
        reporter.expect(len(rows), sum(row.size or 0 for row in rows))
        sizes = {row.path: row.size or 0 for row in rows}
        news = deep.check(list(sizes), level=asked.level, load=asked.load, here=asked.here)
        for each in news:
            if isinstance(each, Progressed):
                reporter.progress(each.running)
            elif isinstance(each, Gone):
                reporter.expect(-1, -sizes[each.path])
            else:
                place = os.path.join(root, each.path)
                yield place, checkpoint_document(each), sizes[each.path]


def _newest_first(shown: Snapshot, asked: Asked) -> list[Checkpoint]:
    """The rows to check. What has no time of its own (a marker without its file) is never old."""
    now = time.time()
    rows = [
        row
        for row in shown.checkpoints.values()
        if (asked.since is None or row.mtime is None or row.mtime >= asked.since)
        and (asked.filter is None or asked.filter.matches(row, now))
    ]
    return sorted(rows, key=lambda row: (-(row.mtime or 0.0), row.path))


# Files that were named ---------------------------------------------------------------------


def _files(files: Sequence[File], asked: Asked, jobs: int, reporter: Reporter) -> Iterator[Judged]:
    waiting = iter(files)
    flying: dict[int, File] = {}
    running: dict[int, tuple[str, int, float]] = {}
    with Pool(jobs, asked.python, spare=False) as pool:
        while True:
            while len(flying) < _AHEAD + jobs and (file := next(waiting, None)) is not None:
                flying[pool.submit(_request(file, asked))] = file
            if not flying:
                return
            for event in pool.events(_WAIT):
                if isinstance(event, Progress) and event.id in flying:
                    file = flying[event.id]
                    part = event.done_bytes / max(event.total_bytes, 1)
                    running[event.id] = (file.path, _size(file), min(part, 1.0))
                elif isinstance(event, Done):
                    file = flying.pop(event.id)
                    running.pop(event.id, None)
                    yield file.path, _document(event.verdict, file), _size(file)
            reporter.progress(tuple(running.values()))


def _request(file: File, asked: Asked) -> Request:
    keys = dict.fromkeys((*file.demand.required_keys, *asked.required_keys))
    return Request(
        file.path,
        asked.level,
        asked.load,
        required_keys=tuple(keys),
        allow_globals=file.demand.allow_globals,
        recall=True,
        here=asked.here,
        look_back=True,
    )


def _document(verdict: Verdict, file: File) -> CheckpointDocument:
    signature = verdict.facts.signature
    mtime = signature[3] / 1e9 if signature else file.seen.mtime if file.seen else None
    marker = marker_state(mtime, file.marked, folder_uses_markers=False)
    if marker is MarkerState.ORPHAN:
        verdict = replace(
            verdict,
            category=Category.INCOMPLETE,
            reason="its marker says that it is complete, and it is not there",
            remedy=Action.REMOVE_MARKER,
        )
    return verdict_document(verdict, marker=marker)
