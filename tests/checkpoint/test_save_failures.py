"""A save that fails: what was there before is there, its marker too, and nothing else."""

from __future__ import annotations

import os
import resource
import subprocess
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from ckptui.checkpoint.publish import publish
from ckptui.checkpoint.save import atomic_save, check_temporary
from ckptui.durable import temporary_path
from ckptui.errors import CheckpointError
from tests.checkpoint.damage import cut_short, flip_bit_of_a_tensor, names

BIG = {"w": torch.arange(100_000)}


class Before:
    """A checkpoint and its marker as they stand before a save that is to fail."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = atomic_save({"step": 1}, directory / "x.pt")
        os.utime(directory / "x.pt.done", (5_000_000_000, 5_000_000_000))
        self._state = self._look()

    def _look(self) -> dict[str, tuple[bytes, int, int]]:
        found = {}
        for name in names(self.directory):
            info = (self.directory / name).stat()
            found[name] = ((self.directory / name).read_bytes(), info.st_mtime_ns, info.st_mode)
        return found

    def check(self) -> None:
        assert self._look() == self._state


@pytest.fixture
def before(tmp_path: Path) -> Before:
    directory = tmp_path / "run"
    directory.mkdir()
    return Before(directory)


@contextmanager
def file_size_limit(limit: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("limit", [1, 700, 4096, 400_000, 800_000, 801_000])
def test_the_disk_is_full_somewhere_in_the_file(before: Before, limit: int) -> None:
    with file_size_limit(limit), pytest.raises(OSError, match="nothing was changed") as caught:
        atomic_save(BIG, before.path)
    assert caught.value.filename == str(before.path)
    before.check()


def test_a_missing_key(before: Before) -> None:
    with pytest.raises(CheckpointError, match="missing required keys: ids, data") as caught:
        atomic_save({"step": 2}, before.path, required_keys=["ids", "data"])
    assert caught.value.category == "incompatible"
    assert caught.value.path == str(before.path)
    before.check()


def test_required_keys_of_what_is_no_dict(before: Before) -> None:
    with pytest.raises(CheckpointError, match="not a dict"):
        atomic_save([1, 2], before.path, required_keys=["ids"])
    before.check()


def test_what_cannot_be_pickled(before: Before) -> None:
    with pytest.raises((AttributeError, TypeError)):
        atomic_save({"f": lambda: 0, "w": torch.zeros(3)}, before.path)
    before.check()


def test_an_interrupt_in_the_middle(before: Before) -> None:
    class Interrupt:
        def __reduce__(self) -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        atomic_save({"w": torch.zeros(3), "i": Interrupt()}, before.path)
    before.check()


def test_bytes_that_went_bad_on_the_way_are_not_published(before: Before) -> None:
    """The check that stands between the temporary file and its publication."""
    for damage in (cut_short, flip_bit_of_a_tensor):
        temporary = Path(temporary_path(before.path))
        torch.save(BIG, temporary)
        check_temporary(str(temporary), str(before.path), ())
        damage(temporary)
        with pytest.raises(CheckpointError, match="nothing was changed") as caught:
            check_temporary(str(temporary), str(before.path), ())
        assert caught.value.category == "corrupted"
        assert caught.value.path == str(before.path)
        temporary.unlink()
    before.check()


class Forgetful(dict[str, object]):
    """Says that it holds every key, and pickles none."""

    def __contains__(self, key: object) -> bool:
        return True

    def __reduce__(self) -> tuple[object, ...]:
        return OrderedDict, ()


def test_the_bytes_are_checked_not_the_object(before: Before) -> None:
    with pytest.raises(CheckpointError, match="ids") as caught:
        atomic_save(Forgetful(), before.path, required_keys=["ids"], embed=False)
    assert caught.value.category == "incompatible"
    before.check()
    skipped = atomic_save(
        Forgetful(), before.path, required_keys=["ids"], embed=False, skip_validation=True
    )
    assert torch.load(skipped, weights_only=True) == OrderedDict()


def test_a_replace_that_fails_puts_the_marker_back(before: Before) -> None:
    missing = temporary_path(before.path)  # its rename must fail
    with pytest.raises(FileNotFoundError):
        publish(missing, str(before.path), durable=True)
    before.check()


def test_a_directory_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "x.pt").mkdir()
    (tmp_path / "y.pt.done").mkdir()
    for name in ("x.pt", "y.pt"):
        with pytest.raises(IsADirectoryError) as caught:
            atomic_save({"a": 1}, tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)
    assert names(tmp_path) == ["x.pt", "y.pt.done"]


def test_a_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        atomic_save({"a": 1}, tmp_path / "nowhere" / "x.pt")
    assert caught.value.filename == str(tmp_path / "nowhere" / "x.pt")


def test_an_orphan_marker_stays_an_orphan_where_the_save_fails(tmp_path: Path) -> None:
    (tmp_path / "x.pt.done").write_bytes(b"")
    with file_size_limit(1000), pytest.raises(OSError):
        atomic_save(BIG, tmp_path / "x.pt")
    assert names(tmp_path) == ["x.pt.done"]
    atomic_save(BIG, tmp_path / "x.pt")
    assert names(tmp_path) == ["x.pt", "x.pt.done"]
    assert (tmp_path / "x.pt.done").stat().st_mtime >= (tmp_path / "x.pt").stat().st_mtime


@pytest.fixture
def tmpfs(tmp_path: Path) -> Iterator[Path]:
    """A filesystem of one megabyte and a dozen inodes, where root may mount one."""
    point = tmp_path / "small"
    point.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=12", "tmpfs", str(point)]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no mount command")
    if done.returncode:
        pytest.skip(f"cannot mount a tmpfs: {done.stderr.strip()}")
    yield point
    subprocess.run(["umount", str(point)], check=True)


def test_a_disk_without_a_free_block(tmpfs: Path) -> None:
    before = Before(tmpfs)
    with pytest.raises(OSError, match="No space left"):
        atomic_save({"w": torch.zeros(1_000_000)}, before.path)
    before.check()
    with open(tmpfs / "filler", "wb", buffering=0) as filler, pytest.raises(OSError):
        while True:
            filler.write(b"x" * 4096)
    (tmpfs / "filler").chmod(0o600)
    with pytest.raises(OSError, match="No space left"):
        atomic_save({"w": torch.zeros(10)}, before.path)
    os.unlink(tmpfs / "filler")
    before.check()


@pytest.mark.parametrize("free", [0, 1, 2])
def test_a_disk_without_a_free_inode(tmpfs: Path, free: int) -> None:
    """One inode is enough for the checkpoint and none is left for its marker: nothing changes."""
    before = Before(tmpfs)
    fillers: list[Path] = []
    with pytest.raises(OSError):
        while True:
            filler = tmpfs / f"filler{len(fillers)}"
            filler.touch()
            fillers.append(filler)
    for _ in range(free):
        fillers.pop().unlink()
    if free < 2:
        with pytest.raises(OSError, match="nothing was changed"):
            atomic_save({"step": 2}, before.path)
    else:
        atomic_save({"step": 2}, before.path)
    for filler in fillers:
        filler.unlink()
    if free < 2:
        before.check()
    assert names(tmpfs) == ["x.pt", "x.pt.done"]
