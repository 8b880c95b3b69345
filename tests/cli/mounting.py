"""Mounts the filesystem of :mod:`tests.cli.stalling` for as long as a test takes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def stalling(source: str, place: Path, *never: str, log: Path | None = None) -> Iterator[int]:
    """Mount a real filesystem that stops answering; gives its daemon's process id.

    Where ``log`` is given, the requests are written there.
    """
    place.mkdir()
    daemon = subprocess.Popen(
        [sys.executable, "-m", "tests.cli.stalling", source, str(place), *never],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        env={**os.environ, "STALLING_LOG": str(log or "")},
    )  # fmt: skip
    try:
        assert daemon.stdout is not None
        if (said := daemon.stdout.readline().strip()) != "mounted":
            pytest.skip(said)
        yield daemon.pid
    finally:
        daemon.kill()  # the kernel then fails whatever still waits
        daemon.communicate()
        subprocess.run(["umount", "-l", str(place)], capture_output=True)
