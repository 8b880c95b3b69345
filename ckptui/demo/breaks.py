"""The breaks: each is what really happens to files, done to the files of a real run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

from ckptui.demo.report import Break, DemoError
from ckptui.failure_log import log_failed_checkpoint
from ckptui.marker import marker_path
from ckptui.terms import Action, Category, Level
from ckptui.validation.check import check_file

CUT: Final = "checkpoints/ckpt_0000600.pt"
NEWER: Final = "checkpoints/ckpt_0000500.pt"
OLDER: Final = "checkpoints/ckpt_0000300.pt"
OUTDATED: Final = "checkpoints/ckpt_0000200.pt"
LACKING: Final = "features/lake.part_0001.pt"
ORPHAN: Final = "features/soil.part_0002.pt"
EDITED: Final = "input/lake.fasta"
STATE: Final = ".checkpoints/pipeline_state.json"

_STALE_STAGES: Final = ("chunking", "translation", "features", "merge", "prediction")


def break_it(root: str) -> Iterator[Break]:
    """Break a finished run, one thing after another.

    Args:
        root: The run directory.

    Yields:
        What was broken, and what ckptui should say about it.

    Raises:
        DemoError: The process that writes damaged torch files failed.
    """
    temporary = _torch_breaks(root)
    yield Break(
        NEWER,
        "written by a newer version (2.0), whole",
        Category.INCOMPATIBLE,
        Action.QUARANTINE,
    )
    yield Break(
        OLDER, "written before versions were recorded (0.x)", Category.UNCHECKED, Action.UPGRADE
    )
    yield Break(LACKING, "lacks the key 'features'", Category.INCOMPATIBLE, Action.QUARANTINE)
    yield Break(temporary, "left by a writer that was killed", Category.INCOMPLETE, Action.CLEAN)
    yield _cut_short(root)
    yield _orphan(root)
    yield _outdated(root)
    yield from _changed_input(root)
    yield Break(
        STATE,
        "failed: its folder of notes was empty; the notes are there now",
        None,
        Action.RESUME,
        "qa",
    )


def _torch_breaks(root: str) -> str:
    """Those that torch must write; in a process of its own, which tells the temporary's path."""
    done = subprocess.run(
        [sys.executable, "-m", "ckptui.demo.torch_breaks", root],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise DemoError(f"{root}: the breaking failed: {said}")
    return os.fsdecode(done.stdout.strip())


def _cut_short(root: str) -> Break:
    path = os.path.join(root, CUT)
    before = os.stat(path)
    os.truncate(path, before.st_size * 7 // 10)
    # A node that loses power leaves the time of the write, and so the marker, in good order.
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    _log_failure(path)
    return Break(CUT, "cut short at 70 % of its bytes", Category.CORRUPTED, Action.QUARANTINE)


def _log_failure(path: str) -> None:
    """What ``ckptui validate --log-failures`` would note of it, for the view of failures."""
    verdict = check_file(path, level=Level.CHECKSUMS, settle=False)
    log_failed_checkpoint(path, f"{verdict.category}: {verdict.reason}")


def _orphan(root: str) -> Break:
    os.unlink(os.path.join(root, ORPHAN))
    return Break(
        ORPHAN, "gone, and its marker still stands", Category.INCOMPLETE, Action.REMOVE_MARKER
    )


def _outdated(root: str) -> Break:
    path = os.path.join(root, OUTDATED)
    written = os.stat(path).st_mtime_ns
    earlier = written - 60 * 1_000_000_000
    os.utime(marker_path(path), ns=(earlier, earlier))
    return Break(
        OUTDATED,
        "whole, but its marker is a minute older than it, as some copies leave it",
        Category.UNCHECKED,
        Action.RENEW_MARKER,
    )


def _changed_input(root: str) -> Iterator[Break]:
    path = os.path.join(root, EDITED)
    with open(path, "a", encoding="ascii", newline="\r\n") as file:
        file.write(">lake10 came later\n" + "ttgacaaattcagat" * 40 + "\n")
    for stage in _STALE_STAGES:
        what = f"stale: {EDITED} has one more sequence than when it was done"
        yield Break(STATE, what, None, Action.RESUME, stage)
