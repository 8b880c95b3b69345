"""What the tests of watching share: real checkpoints, and waiting for what must come."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
import torch

from ckptui.watch.model import Snapshot
from ckptui.watch.monitor import Monitor

Write: TypeAlias = "Callable[[Path], Path]"
Open: TypeAlias = "Callable[[Path], Monitor]"
PATIENCE = 30.0


@pytest.fixture(scope="session")
def checkpoint_bytes() -> bytes:
    """A checkpoint as torch writes it."""
    buffer = io.BytesIO()
    torch.save({"version": "1.0", "status": "complete", "w": torch.ones(500)}, buffer)
    return buffer.getvalue()


@pytest.fixture
def save(checkpoint_bytes: bytes) -> Write:
    """Write a whole checkpoint, a minute old so that it has settled."""

    def write(path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(checkpoint_bytes)
        past = time.time() - 60
        os.utime(path, (past, past))
        return path

    return write


@pytest.fixture
def watch() -> Iterator[Open]:
    """Open monitors, and close them at the end."""
    opened: list[Monitor] = []

    def open_(root: Path) -> Monitor:
        monitor = Monitor(root)
        opened.append(monitor)
        monitor.start()
        assert monitor.wait_settled(PATIENCE).settled
        return monitor

    yield open_
    for monitor in opened:
        monitor.close()


def until(
    monitor: Monitor, holds: Callable[[Snapshot], bool], patience: float = PATIENCE
) -> Snapshot:
    """Wait until the model says what it must; fail with what it says instead."""
    deadline = time.monotonic() + patience
    while not holds(monitor.snapshot):
        if time.monotonic() > deadline:
            rows = {
                p: (r.category, r.reason)
                for p, r in list(monitor.snapshot.checkpoints.items())[:20]
            }
            raise AssertionError(f"{rows} {monitor.snapshot.problem} {monitor.snapshot.watching}")
        time.sleep(0.02)
    return monitor.snapshot
