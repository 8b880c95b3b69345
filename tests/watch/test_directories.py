"""Checkpoint directories while a job writes them and while it removes them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ckptui.terms import GOOD, Category
from ckptui.watch.model import Checkpoint, Snapshot
from ckptui.watch.tree import Tree
from tests import directories as made
from tests.directories import ORDERS, copy, make_older
from tests.watch.conftest import Open, until


@pytest.mark.parametrize("place", [made.HF, made.DCP, made.DEEPSPEED])
def test_a_save_and_its_rotation(layouts: Path, tmp_path: Path, watch: Open, place: str) -> None:
    name = Path(place).name
    path = tmp_path / "run" / name
    path.mkdir(parents=True)
    monitor = watch(path.parent)
    rows: list[Checkpoint] = []
    monitor.subscribe(lambda change: rows.extend(change.snapshot.checkpoints.values()))
    names = [each for each in ORDERS[place] if ".." not in each]
    for part in names[:-1]:
        shutil.copyfile(layouts / place / part, path / part)
    until(monitor, lambda shown: name in shown.checkpoints and _is_left_alone(shown, name))
    shutil.copyfile(layouts / place / names[-1], path / names[-1])
    shown = until(
        monitor,
        lambda shown: shown.checkpoints[name].category in GOOD and not _is_left_alone(shown, name),
    )
    # While it was young and lacked its last part, nobody called it anything.
    assert {row.category for row in list(rows)} <= GOOD
    assert shown.last_good is not None
    assert shown.last_good.path == name
    row = shown.checkpoints[name]
    assert row.size == sum((path / each).stat().st_size for each in names)
    assert {part.name for part in row.parts} == set(names)
    (path / names[-1]).unlink()
    until(monitor, lambda shown: shown.checkpoints[name].category is Category.CHANGING)
    shutil.rmtree(path)
    until(monitor, lambda shown: name not in shown.checkpoints)
    assert {row.category for row in list(rows)} <= GOOD | {Category.CHANGING}


def _is_left_alone(shown: Snapshot, name: str) -> bool:
    """True where a row stands for something too young to be read unasked."""
    row = shown.checkpoints[name]
    return row.checked_at is None and row.category is Category.UNCHECKED


def test_a_verdict_is_about_what_the_scan_saw(layouts: Path, watch: Open) -> None:
    shown = watch(layouts).snapshot
    assert set(shown.checkpoints) == set(ORDERS)
    assert all(row.checked_at and row.category in GOOD for row in shown.checkpoints.values())


def test_a_change_of_latest_is_a_change_of_what_it_names(layouts: Path, tmp_path: Path) -> None:
    path = copy(layouts / made.DEEPSPEED, tmp_path / "global_step40", ORDERS[made.DEEPSPEED])
    tree = Tree(str(tmp_path))
    (before,) = [entry for diff in tree.sweep() for entry in diff.put]
    (path.parent / "latest").write_text("global_step20")
    (after,) = [entry for diff in tree.relist("") for entry in diff.put]
    assert (before.path, before.size, before.mtime_ns) == (after.path, after.size, after.mtime_ns)
    assert before.signature != after.signature


def test_any_part_that_is_written_again_changes_the_row(layouts: Path, tmp_path: Path) -> None:
    copy(layouts / made.MEGATRON_LEGACY, tmp_path / "iter_0000040", ORDERS[made.MEGATRON_LEGACY])
    tree = Tree(str(tmp_path))
    list(tree.sweep())
    part = tmp_path / "iter_0000040/mp_rank_01/model_optim_rng.pt"
    times = part.stat()
    data = part.read_bytes()
    part.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    os.utime(part, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert [entry.path for diff in tree.sweep() for entry in diff.put] == ["iter_0000040"]


def test_shards_that_are_symlinks_count_with_their_size(layouts: Path, tmp_path: Path) -> None:
    # As huggingface_hub keeps them: snapshots/<commit>/x -> ../../blobs/<hash>
    blobs, home = tmp_path / "blobs", tmp_path / "run/snapshot"
    home.mkdir(parents=True)
    copy(layouts / made.SHARDED, blobs, ORDERS[made.SHARDED])
    for name in ORDERS[made.SHARDED]:
        (home / name).symlink_to(f"../../blobs/{name}")
    make_older(tmp_path)
    tree = Tree(str(tmp_path / "run"))
    (entry,) = [entry for diff in tree.sweep() for entry in diff.put]
    assert entry.size == sum((blobs / name).stat().st_size for name in ORDERS[made.SHARDED])
