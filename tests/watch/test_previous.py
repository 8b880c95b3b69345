"""Rows of one series are compared with the save before them."""

from __future__ import annotations

from pathlib import Path

from ckptui.terms import Category
from ckptui.watch.model import Checkpoint
from ckptui.watch.monitor import Monitor
from ckptui.watch.previous import previous_of
from tests.validation.conftest import make_old, run_python

_WRITE = """
import sys, torch
for step, size in ((1, 1.0), (2, 2.0), (10, 3.0), (20, 1e30)):
    torch.save({"step": step, "w": torch.full((100,), size)}, f"{sys.argv[1]}/ckpt_{step}.pt")
"""


def _row(path: str, step: int | None, category: Category = Category.UNCHECKED) -> Checkpoint:
    return Checkpoint(path, size=1, step=step, category=category)


def test_it_is_the_last_good_one_of_a_lower_step() -> None:
    rows = [
        _row("a/s_1.pt", 1), _row("a/s_2.pt", 2), _row("a/s_3.pt", 3, Category.CORRUPTED),
        _row("a/s_4.pt", 4), _row("b/s_3.pt", 3), _row("a/t_3.pt", 3), _row("a/s_9.pt", None),
    ]  # fmt: skip
    by_path = {row.path: row for row in rows}
    assert previous_of("a/s_4.pt", by_path) == "a/s_2.pt"
    assert previous_of("a/s_1.pt", by_path) == ""
    assert previous_of("a/s_9.pt", by_path) == ""
    assert previous_of("gone.pt", by_path) == ""


def test_a_check_of_a_row_compares(tmp_path: Path) -> None:
    run_python(_WRITE, str(tmp_path))
    for path in tmp_path.iterdir():
        make_old(path)
    with Monitor(str(tmp_path), follow=False) as monitor:
        monitor.start()
        while not monitor.wait_settled(1.0).settled:
            pass
        done: list[str] = []
        paths = ["ckpt_2.pt", "ckpt_10.pt", "ckpt_20.pt"]
        monitor.check(paths, 6, load=False, done=lambda path, row: done.append(path))
        while len(done) < 3:
            monitor.wait_settled(0.1)
        rows = monitor.snapshot.checkpoints
    assert rows["ckpt_10.pt"].checks["values"] == "pass: largest magnitude 3, in `w`"
    assert rows["ckpt_20.pt"].checks["values"] == (
        "warn: since ckpt_10.pt: `w` went from a largest magnitude of 3 to 1e+30"
    )
