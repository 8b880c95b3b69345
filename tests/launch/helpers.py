"""Waiting, and commands that behave in known ways."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from ckptui.launch.command import Command
from ckptui.launch.model import RunRecord
from ckptui.launch.registry import read_run

PATIENCE = 30.0
"""Seconds: a limit against hanging, never a measure."""


def wait_for(met: Callable[[], object]) -> None:
    """Wait until ``met`` gives something true."""
    deadline = time.monotonic() + PATIENCE
    while not met():
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain")
        time.sleep(0.02)


def run_of(root: str, run_id: str) -> RunRecord:
    """The run as it stands on disk now."""
    run = read_run(root, run_id)
    assert run is not None
    return run


def wait_for_state(root: str, run_id: str, *states: str) -> RunRecord:
    """Wait until a run is in one of these states."""
    wait_for(lambda: run_of(root, run_id).state in states)
    return run_of(root, run_id)


def python(code: str, *arguments: str) -> Command:
    """A command that runs Python code."""
    return Command((sys.executable, "-c", code, *arguments))


SLEEPS = "import time; print('works', flush=True); time.sleep(600)"
LINES = """
import sys, time
for n in range(30):
    print("line", n, flush=True)
    time.sleep(0.04)
sys.exit(42)
"""
STUBBORN = """
import os, signal, sys, time
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
if os.fork() == 0:
    time.sleep(600)
print("works", flush=True)
time.sleep(600)
"""
