"""What the tests of launch share: a run directory whose processes never outlive the test."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ckptui.launch.processes import members
from ckptui.launch.registry import list_runs, run_document, supervisor_pid


@pytest.fixture(autouse=True)
def _state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in list(os.environ):
        if name.startswith(("CKPTUI_", "SLURM_")):
            monkeypatch.delenv(name)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[str]:
    """An empty run directory; whatever a test leaves working in it is killed."""
    directory = tmp_path / "run"
    directory.mkdir()
    yield str(directory)
    for run in list_runs(str(directory)):
        document = run_document(str(directory), run.id)
        if supervisor := supervisor_pid(str(directory), run.id):
            _kill(supervisor)
        for stat in members(str(document.get("token") or "-")):
            _kill(stat.pid)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
