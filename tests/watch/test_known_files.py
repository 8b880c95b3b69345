"""Files that are known already are not checked again when their directory is opened again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ckptui.terms import Category
from ckptui.validation.cache import Cache
from ckptui.validation.pool import Pool
from ckptui.watch.model import Snapshot
from ckptui.watch.monitor import Monitor
from tests.watch.conftest import PATIENCE, Write, until

MANY = 10_000


def look(root: Path, cache: Path) -> tuple[Snapshot, int]:
    """What a monitor shows, and how many check workers it has started for it."""
    with Monitor(root, pool=Pool(jobs=2, cache=Cache(str(cache), rest=0))) as monitor:
        return monitor.wait_settled(PATIENCE * 4), workers()


def workers() -> int:
    """Check workers of this process. They are kept until their pool is closed."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    children += [
        child
        for task in Path("/proc/self/task").iterdir()
        if task.name != str(os.getpid())
        for child in (task / "children").read_text().split()
    ]
    lines = [Path(f"/proc/{child}/cmdline").read_bytes() for child in children]
    return sum(b"validation.worker" in line for line in lines)


def test_ten_thousand_known_files_need_no_worker(tmp_path: Path, checkpoint_bytes: bytes) -> None:
    root, cache = tmp_path / "run", tmp_path / "cache"
    root.mkdir()
    cache.mkdir()
    for number in range(MANY):
        (root / f"ckpt_{number:05}.pt").write_bytes(checkpoint_bytes)
    os.truncate(root / "ckpt_00007.pt", 700)
    past = root.stat().st_mtime - 3600
    os.utime(root / "ckpt_00007.pt", (past, past))
    first, started = look(root, cache)
    assert first.settled
    assert started > 0
    again, started = look(root, cache)
    assert again.settled
    assert started == 0
    assert len(again.checkpoints) == MANY
    assert again.checkpoints == first.checkpoints
    assert again.checkpoints["ckpt_00007.pt"].category is Category.CORRUPTED


def test_a_deep_check_is_shown_again(tmp_path: Path, save: Write) -> None:
    root, cache = tmp_path / "run", tmp_path / "cache"
    cache.mkdir()
    for step in (100, 200):
        save(root / f"ckpt_{step}.pt")
    with Monitor(root, pool=Pool(jobs=1, cache=Cache(str(cache), rest=0))) as monitor:
        monitor.wait_settled(PATIENCE)
        monitor.check(["ckpt_200.pt"], level=5, load=False)
        deep = until(monitor, lambda shown: shown.checkpoints["ckpt_200.pt"].level == 5)
    again, started = look(root, cache)
    assert started == 0
    row = again.checkpoints["ckpt_200.pt"]
    assert (row.category, row.level) == (Category.VALID, 5)
    assert row.checked_at == deep.checkpoints["ckpt_200.pt"].checked_at
    assert again.last_good is not None
    assert (again.last_good.path, again.last_good.level) == ("ckpt_200.pt", 5)
    assert again.checkpoints["ckpt_100.pt"].category is Category.UNCHECKED


@pytest.mark.parametrize("change", ["its bytes", "what is asked of it"])
def test_what_has_changed_is_checked_again(tmp_path: Path, save: Write, change: str) -> None:
    root, cache = tmp_path / "run", tmp_path / "cache"
    cache.mkdir()
    path = save(root / "ckpt_100.pt")
    look(root, cache)
    if change == "its bytes":
        os.truncate(path, 700)
        os.utime(path, (1e9, 1e9))
    else:
        (root / "ckptui.toml").write_text('[[require]]\nglob = "*"\nkeys = ["optimizer"]\n')
    shown, _ = look(root, cache)
    wanted = Category.CORRUPTED if change == "its bytes" else Category.INCOMPATIBLE
    assert shown.checkpoints["ckpt_100.pt"].category is wanted
