"""What a monitor does with a mistake of its own: whoever waits for it must hear of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ckptui.watch.brain import Brain
from ckptui.watch.model import Change, Snapshot
from ckptui.watch.monitor import Monitor


def test_a_monitor_that_fails_says_so_and_lets_nobody_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Brain, before: Snapshot) -> Change:
        raise KeyError("a mistake")

    monkeypatch.setattr(Brain, "change", broken)
    told: list[str] = []
    with Monitor(tmp_path) as monitor:
        monitor.subscribe(lambda change: told.append(change.snapshot.problem))
        shown = monitor.wait_settled(30)
        assert not monitor.alive
    assert "a mistake" in shown.problem
    assert told == [shown.problem]
