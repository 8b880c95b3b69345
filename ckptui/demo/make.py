"""Making the demo: input, the real pipeline on it, then one honest break after another."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Final

from ckptui.config import CONFIG_NAME, Require, RunConfig, render_run_config
from ckptui.demo.breaks import break_it
from ckptui.demo.inputs import write_notes, write_sequences
from ckptui.demo.report import REPORT_NAME, DemoError, DemoReport, load_report
from ckptui.durable import atomic_write_bytes
from ckptui.launch.command import find_command, record_command
from ckptui.terms import EXIT_PARTIAL

Log = Callable[[str], None]

PACE: Final = 0.1
"""Seconds a unit of the resumed run takes at least, so that there is something to watch."""

_SETTLED_SECONDS: Final = 180
"""How much older everything is made: a run of three minutes ago, long settled."""


def is_demo(directory: str) -> bool:
    """True where an earlier demo lies in the directory."""
    return os.path.isfile(os.path.join(directory, REPORT_NAME))


def read_report(directory: str) -> DemoReport:
    """The report of an earlier demo.

    Raises:
        DemoError: There is none.
    """
    return load_report(os.path.abspath(directory))


def make_demo(directory: str, *, log: Log = lambda line: None, pace: float = PACE) -> DemoReport:
    """Make a damaged run.

    The pipeline works in a process of its own, and so does the damage that needs torch.

    Args:
        directory: Where; must not exist, or be empty.
        log: Is told what is being done, a line at a time.
        pace: Seconds a unit of the resumed run takes at least.

    Returns:
        What is broken.

    Raises:
        DemoError: The directory is taken, or the pipeline did not end as it should.
        OSError: It cannot be written.
    """
    root = os.path.abspath(directory)
    _refuse_if_taken(root)
    if importlib.util.find_spec("torch") is None:
        raise DemoError("the demo trains a model and needs torch: pip install 'ckptui[torch]'")
    was_there = os.path.isdir(root)
    try:
        return _make(root, log, pace)
    except BaseException:
        # Nothing but ours is in it: it was empty, or was not there. Half a demo is of no use.
        shutil.rmtree(root, ignore_errors=True)
        if was_there:
            os.makedirs(root, exist_ok=True)
        raise


def _make(root: str, log: Log, pace: float) -> DemoReport:
    log(f"making a run in {root}")
    samples, labelled = _write_input(root)
    notes = os.path.join(root, "input", "notes")
    code = _run_pipeline(root, samples, labelled, notes, log)
    write_notes(notes)
    _slow_down(root, pace)
    log("breaking it")
    report = DemoReport(root, "checkpoints/ckpt_0000400.pt", code, tuple(break_it(root)))
    report.save()
    _let_settle(root)
    return report


def _refuse_if_taken(root: str) -> None:
    if is_demo(root):
        raise DemoError(
            f"{root}: an earlier demo lies there; open it with `ckptui {root}`, or give another "
            "directory for a new one."
        )
    if os.path.lexists(root) and not (os.path.isdir(root) and not os.listdir(root)):
        raise DemoError(f"{root}: exists, and is left alone; give a directory that does not.")


def _write_input(root: str) -> tuple[list[str], str]:
    notes = os.path.join(root, "input", "notes")
    os.makedirs(notes)
    samples, labelled = write_sequences(os.path.join(root, "input"))
    config = RunConfig(
        require=(
            Require("features/*.pt", ("ids", "features")),
            Require("checkpoints/*.pt", ("model", "optimizer", "step")),
        ),
        units=("features/*.pt",),
    )
    text = render_run_config(config).encode()
    atomic_write_bytes(os.path.join(root, CONFIG_NAME), text)
    return samples, labelled


def _run_pipeline(root: str, samples: Sequence[str], labelled: str, notes: str, log: Log) -> int:
    """The real thing. Its notes are not there yet, so its optional stage fails for good reason."""
    arguments = ["--input", *samples, "--train", labelled, "--run-dir", root]
    arguments += ["--generate-qa", "--qa-input", notes]
    code, said = _python("ckptui.pipeline", ["sequences", *arguments], log)
    if code != EXIT_PARTIAL:
        raise DemoError(f"{root}: the pipeline ended with exit code {code}: {said}")
    return code


def _python(module: str, arguments: Sequence[str], log: Log) -> tuple[int, str]:
    """Run a module of ckptui in a process of its own; its talk goes to the log."""
    last = ""
    with subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stderr or ():
            last = line.rstrip()
            log(f"  {last}")
    return process.returncode, last


def _slow_down(root: str, pace: float) -> None:
    """Record the command once more, slow enough to watch."""
    command = find_command(root)
    if command is None or pace <= 0:
        return
    argv = [*command.argv, "--pace", f"{pace:g}"]
    record_command(root, argv, command.cwd or root, pipeline="sequences")


def _let_settle(root: str) -> None:
    """Make everything older by the same time: what is younger than the settling time is not judged.

    The order of all times, which markers and staleness go by, stays.
    """
    shift = _SETTLED_SECONDS * 1_000_000_000
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            info = os.stat(path)
            os.utime(path, ns=(info.st_atime_ns - shift, info.st_mtime_ns - shift))
