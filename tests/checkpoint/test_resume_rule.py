"""The resume rule: skip what is marked, adopt what is whole, do the rest again."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
import torch

from ckptui.checkpoint.manager import CheckpointManager
from ckptui.checkpoint.save import atomic_save
from ckptui.marker import has_done_marker, remove_done_marker
from tests.checkpoint.damage import cut_short, flip_bit_of_a_tensor, names


@pytest.fixture
def manager(tmp_path: Path) -> CheckpointManager:
    return CheckpointManager(tmp_path / ".checkpoints")


def unmarked(path: Path, **more: object) -> Path:
    atomic_save({"w": torch.arange(1000), **more}, path)
    remove_done_marker(path)
    return path


def test_output_and_marker_skip_without_opening(manager: CheckpointManager, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.pt")  # opening it would hang for ever
    (tmp_path / "x.pt.done").touch()
    os.utime(tmp_path / "x.pt", (1000, 1000))
    assert manager.should_skip("x.pt") is False  # what is no file is no output
    (tmp_path / "x.pt").unlink()
    (tmp_path / "x.pt").write_bytes(b"not even a checkpoint")
    (tmp_path / "x.pt.done").touch()
    assert manager.should_skip("x.pt") is True


def test_nothing_there_and_an_orphan_marker(manager: CheckpointManager, tmp_path: Path) -> None:
    assert not manager.should_skip(tmp_path / "x.pt")
    (tmp_path / "x.pt.done").touch()
    assert not manager.should_skip(tmp_path / "x.pt")


def test_a_whole_output_without_marker_is_adopted(
    manager: CheckpointManager, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = unmarked(tmp_path / "x.pt", ids=[1])
    with caplog.at_level(logging.INFO, "ckptui"):
        assert manager.should_skip("x.pt", required_keys=["ids"])
    assert has_done_marker(path)
    assert "adopted" in caplog.text


@pytest.mark.parametrize("damage", [cut_short, flip_bit_of_a_tensor])
def test_a_damaged_output_is_done_again_and_stays_until_then(
    manager: CheckpointManager, tmp_path: Path, damage: object
) -> None:
    path = unmarked(tmp_path / "x.pt")
    assert callable(damage)
    damage(path)
    before = path.read_bytes()
    assert not manager.should_skip(path)
    assert path.read_bytes() == before
    assert not has_done_marker(path)
    atomic_save({"w": torch.zeros(2)}, path)
    assert manager.should_skip(path)


def test_what_does_not_say_complete_is_done_again(
    manager: CheckpointManager, tmp_path: Path
) -> None:
    torch.save({"w": torch.zeros(3)}, tmp_path / "silent.pt")
    torch.save({"version": "1.0", "status": "in_progress"}, tmp_path / "begun.pt")
    (tmp_path / "text.fa").write_text(">a\nACGT\n")
    for name in ("silent.pt", "begun.pt", "text.fa"):
        assert not manager.should_skip(name)
        assert not has_done_marker(tmp_path / name)


def test_a_missing_key_or_a_newer_version_is_not_adopted(
    manager: CheckpointManager, tmp_path: Path
) -> None:
    path = unmarked(tmp_path / "x.pt")
    assert not manager.should_skip(path, required_keys=["ids"])
    torch.save({"version": "2.0", "status": "complete"}, tmp_path / "y.pt")
    assert not manager.should_skip("y.pt")
    assert names(tmp_path) == [".checkpoints", "x.pt", "y.pt"]


def test_a_marker_older_than_its_output_is_no_witness(
    manager: CheckpointManager, tmp_path: Path
) -> None:
    whole = atomic_save({"w": torch.arange(1000)}, tmp_path / "whole.pt")
    cut = atomic_save({"w": torch.arange(1000)}, tmp_path / "cut.pt")
    cut_short(cut)
    for path in (whole, cut):
        os.utime(f"{path}.done", (1000, 1000))
    assert manager.should_skip(whole)
    assert (tmp_path / "whole.pt.done").stat().st_mtime > 1_000_000  # renewed
    assert not manager.should_skip(cut)
    assert (tmp_path / "cut.pt.done").stat().st_mtime == 1000


def test_loading_an_output(manager: CheckpointManager, tmp_path: Path) -> None:
    path = atomic_save({"w": torch.arange(1000)}, tmp_path / "x.pt")
    assert manager.load_checkpoint("x.pt", required_keys=["w"])["status"] == "complete"
    flip_bit_of_a_tensor(path)
    with pytest.raises(Exception, match="corrupted"):
        manager.load_checkpoint("x.pt")
    assert "w" in manager.load_checkpoint("x.pt", validate_on_load=False)
