"""What the times and steps of real files tell, and what they must not tell."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest

from ckptui.present.saving import next_save, rhythm_line
from ckptui.present.spans import text_of
from ckptui.watch.brain import Brain
from ckptui.watch.entries import FILE, Entry
from ckptui.watch.look_once import look_once
from ckptui.watch.model import Snapshot, StageRow
from ckptui.watch.rhythm import rhythm_of
from tests.watch.conftest import Write
from tests.watch.test_last_good import row

MINUTE = 60.0
Saved: TypeAlias = "Callable[[Iterable[int]], Snapshot]"


@pytest.fixture
def saved(tmp_path: Path, save: Write) -> Saved:
    """A run whose steps were saved in this order, every 15 minutes, the last one just now."""

    def make(steps: Iterable[int]) -> Snapshot:
        order = list(steps)
        for back, step in enumerate(reversed(order)):
            path = save(tmp_path / "run" / f"ckpt_{step:05}.pt")
            then = time.time() - 15 * MINUTE * back - MINUTE
            os.utime(path, (then, then))
        return look(tmp_path / "run")

    return make


def look(root: Path) -> Snapshot:
    snapshot = look_once(root, timeout=30)
    assert snapshot.settled and snapshot.rhythm is not None
    return snapshot


def said(snapshot: Snapshot, after: float = 0.0) -> str:
    return text_of(rhythm_line(snapshot, now=time.time() + after * MINUTE))


def test_a_late_save_is_said_while_it_may_still_come(saved: Saved) -> None:
    run = saved(range(100, 800, 100))
    assert said(run, 0) == said(run, 29) == ""
    assert said(run, 51.5) == "last save 52m ago, usually every 15m"
    assert said(run, 180) == ""  # over, as far as anybody can see
    assert said(replace(run, writing=True), 180) == "last save 3h ago, usually every 15m"
    ended = replace(run, stages=(StageRow("s.json", "train", "completed"),))
    assert said(ended, 51.5) == ""
    coming = next_save(run, now=time.time())
    assert coming is not None and coming.seconds is not None
    assert 13 * MINUTE < coming.seconds < 15 * MINUTE
    assert coming.size == run.checkpoints["ckpt_00700.pt"].size


def test_uneven_saves_are_never_late(saved: Saved, tmp_path: Path) -> None:
    saved(range(100, 800, 100))
    for gone in ("ckpt_00200.pt", "ckpt_00300.pt", "ckpt_00400.pt", "ckpt_00500.pt"):
        (tmp_path / "run" / gone).unlink()
    assert said(look(tmp_path / "run"), 60) == ""


def test_a_rollback_is_said_until_it_has_gone_past(saved: Saved) -> None:
    back = "steps go back to 550 after 900: two writers or a rollback"
    assert said(saved([*range(100, 1000, 100), 550])) == ""  # one file, written again
    assert said(saved([*range(100, 1000, 100), 550, 650])) == back
    assert said(saved([*range(100, 1000, 100), 550, 650, 750, 850, 950])) == ""


def test_two_writers_are_said(saved: Saved) -> None:
    mixed = [step for n in range(6) for step in (5000 + 10 * n, 100 + 10 * n)]
    assert said(saved(mixed)) == "steps go back to 150 after 5,050: two writers or a rollback"


def test_rotation_is_no_fault(saved: Saved, tmp_path: Path) -> None:
    saved(range(100, 2000, 100))
    for step in range(100, 1500, 100):
        (tmp_path / "run" / f"ckpt_{step:05}.pt").unlink()
    assert said(look(tmp_path / "run")) == ""


def test_a_copy_without_times_is_no_fault(saved: Saved, tmp_path: Path) -> None:
    saved([*range(100, 1000, 100), 550, 650])
    subprocess.run(["cp", "-r", tmp_path / "run", tmp_path / "copy"], check=True)
    assert said(look(tmp_path / "copy")) == ""


@pytest.mark.parametrize("order", ["sorted", "reverse", "shuffled"])
def test_a_slow_copy_in_any_order_is_no_fault(order: str, saved: Saved, tmp_path: Path) -> None:
    saved(range(500, 2000, 100))
    paths = sorted((tmp_path / "run").iterdir(), reverse=order == "reverse")
    if order == "shuffled":
        random.Random(3).shuffle(paths)
    for n, path in enumerate(paths):
        then = time.time() - 600 + 12 * n
        os.utime(path, (then, then))
    assert said(look(tmp_path / "run")) == ""


def test_steps_put_back_from_a_copy_are_no_fault(saved: Saved, tmp_path: Path) -> None:
    saved(range(100, 1600, 100))
    for n, step in enumerate(range(100, 600, 100)):
        then = time.time() - 30 + 4 * n
        os.utime(tmp_path / "run" / f"ckpt_{step:05}.pt", (then, then))
    assert said(look(tmp_path / "run")) == ""


def test_a_clock_that_is_ahead_is_said_and_a_date_that_was_set_is_not(
    saved: Saved, tmp_path: Path
) -> None:
    saved([100, 200])
    later = time.time() + 600
    os.utime(tmp_path / "run" / "ckpt_00200.pt", (later, later))
    assert said(look(tmp_path / "run")) == ""
    brain = Brain("/r", lambda: pytest.fail("no question"), lambda _: None, follow=False,
                  header_checks=False)  # fmt: skip
    future = int((time.time() + 190) * 1e9)
    brain.hear({"is": "files", "put": [list(Entry("a_1.pt", FILE, 9, future, future, 1, 2))]})
    rhythm = rhythm_of([row("a_1.pt", 1, 5.0, size=9)], ahead=brain.ahead)
    assert rhythm is not None
    assert rhythm.notes == ("its files are 3 min ahead of this host's clock",)
