"""Bytes that change while inode, size and times stay: found in every format, and no false alarm.

Nobody can set a ctime back, so no test can write a byte and hide it that way. But the kernel moves
the times of a page that is written through a memory map at the first write only, until the page has
gone to disk: a second write changes the bytes and nothing else. That is what these tests do, and
what the disk's own decay looks like; :func:`flipped` asserts that nothing else has moved.
"""

from __future__ import annotations

import mmap
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ckptui.terms import Action, Category, Level, Result
from ckptui.validation.cache import Cache
from ckptui.validation.pool import Request
from ckptui.validation.settling import filesystem_type
from ckptui.validation.silent_change import LOOSE_TIMES
from ckptui.validation.source import signature_of
from ckptui.validation.verdict import Verdict
from tests.validation.test_cache import answered_without_a_worker, ask, header

WRITE = """
import sys, torch
from safetensors.torch import save_file
w = torch.arange(20_000, dtype=torch.float32)
save_file({"w": w}, sys.argv[1] + "/ckpt_1.safetensors")
torch.save({"w": w, "step": 1}, sys.argv[1] + "/ckpt_1.pt")
for n in (1, 2):
    torch.save({"w": torch.full((9,), float(n))}, sys.argv[1] + f"/small_{n}.pt")
"""
AT = 40_000  # in the tensor's bytes, in every one of the files


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    subprocess.run([sys.executable, "-c", WRITE, str(folder)], check=True)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if filesystem_type(tmp_path.stat().st_dev) in LOOSE_TIMES:
        pytest.skip("the temporary directory is on a filesystem whose times prove nothing")
    return tmp_path


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap]:
    """A file mapped for writing, each page written once, so that the times will not move again."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())
        with mmap.mmap(file.fileno(), 0) as pages:
            for start in range(0, len(pages), mmap.PAGESIZE):
                pages[start] = pages[start]
            yield pages


def deep(path: Path, level: int = 5) -> Request:
    return Request(str(path), level=level, load=False, settle=False)


def look(folder: Path, path: Path, level: int = 5) -> Verdict:
    return ask(Cache(str(folder), rest=0), deep(path, level))[0]


def flipped(folder: Path, path: Path, first: Verdict | None = None) -> tuple[Verdict, Verdict]:
    """The verdicts before and after a bit has turned over in a file."""
    with mapped(path) as pages:
        before = signature_of(path.stat())
        first = look(folder, path)
        pages[AT] ^= 1
    assert signature_of(path.stat()) == before, "this kernel has moved the times"
    return first, look(folder, path)


def test_a_format_without_checksums(folder: Path, written: Path) -> None:
    path = Path(shutil.copy(written / "ckpt_1.safetensors", folder))
    first, verdict = flipped(folder, path)
    assert first.category is Category.VALID
    when = first.checked_at[:16].replace("T", " ")
    assert (verdict.category, verdict.remedy) == (Category.CORRUPTED, Action.QUARANTINE)
    assert verdict.reason == (
        "its bytes changed although its size and times did not: "
        f"silent corruption since {when} UTC, when it was last read"
    )
    assert verdict.checks[Level.CHECKSUMS].result is Result.FAIL
    assert first.facts.content in verdict.detail
    assert verdict.facts.content in verdict.detail
    assert first.facts.content != verdict.facts.content


def test_it_is_said_again_and_kept(folder: Path, written: Path) -> None:
    path = Path(shutil.copy(written / "ckpt_1.safetensors", folder))
    _, verdict = flipped(folder, path)
    again = look(folder, path, level=6)
    assert (again.category, again.reason) == (verdict.category, verdict.reason)
    [shown] = answered_without_a_worker(Cache(str(folder), rest=0), header(path))
    assert (shown.category, shown.reason) == (verdict.category, verdict.reason)


def test_a_format_with_checksums_also_says_since_when(folder: Path, written: Path) -> None:
    path = Path(shutil.copy(written / "ckpt_1.pt", folder))
    first, verdict = flipped(folder, path)
    assert verdict.category is Category.CORRUPTED
    when = first.checked_at[:16].replace("T", " ")
    assert "in tensor `w`" in verdict.reason
    assert verdict.reason.endswith(f"; silent corruption since {when} UTC, when it was last whole")
    assert first.facts.content in verdict.detail


def test_a_file_that_is_whole_by_its_own_checksums_is_never_called_bad(
    folder: Path, written: Path
) -> None:
    path = Path(shutil.copy(written / "small_1.pt", folder))
    other = (written / "small_2.pt").read_bytes()
    with mapped(path) as pages:
        first = look(folder, path)
        pages[:] = other
    verdict = look(folder, path)
    assert (first.category, verdict.category) == (Category.VALID, Category.VALID)
    assert verdict.checks[Level.CHECKSUMS].result is Result.WARN
    assert verdict.reason.startswith("whole by its own checksums, but not the bytes that were read")


def test_a_program_that_has_it_mapped(folder: Path, written: Path) -> None:
    path = Path(shutil.copy(written / "ckpt_1.safetensors", folder))
    with mapped(path) as pages:
        assert look(folder, path).category is Category.VALID
        pages[AT] ^= 1
        verdict = look(folder, path)
    assert verdict.category is Category.CHANGING
    assert f"process {os.getpid()} has it mapped" in verdict.reason


def test_an_ordinary_write_is_no_alarm(folder: Path, written: Path) -> None:
    path = Path(shutil.copy(written / "ckpt_1.safetensors", folder))
    info = path.stat()
    look(folder, path)
    with path.open("r+b") as file:
        file.seek(AT)
        file.write(b"\x01")
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
    verdict = look(folder, path)
    assert (verdict.category, verdict.reason) == (Category.VALID, "")


@pytest.mark.parametrize("how", ["a copy", "a link", "moved"])
def test_another_path_is_another_file(folder: Path, written: Path, how: str) -> None:
    path = Path(shutil.copy(written / "ckpt_1.safetensors", folder))
    look(folder, path)
    other = folder / "ckpt_2.safetensors"
    if how == "a copy":
        shutil.copy2(path, other)
    elif how == "a link":
        other.hardlink_to(path)
    else:
        path.rename(other)
    for there in (path, other):
        if there.exists():
            verdict = look(folder, there)
            assert (verdict.category, verdict.reason) == (Category.VALID, "")


def test_a_filesystem_whose_times_prove_nothing(written: Path, tmp_path: Path) -> None:
    """In memory a map moves the times once, and an ordinary program may write for days."""
    if not os.access("/dev/shm", os.W_OK) or filesystem_type(os.stat("/dev/shm").st_dev) != "tmpfs":
        pytest.skip("no filesystem in memory here")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        path = Path(shutil.copy(written / "ckpt_1.safetensors", folder))
        _, verdict = flipped(tmp_path, path)
        assert verdict.category is Category.VALID
        assert "its bytes are not those of" in verdict.reason
        assert look(tmp_path, path).reason == "", "what is there now is what counts from now on"


def test_a_reading_that_went_wrong_is_not_the_files_fault(folder: Path, written: Path) -> None:
    """The first sight was of damage that is not there any more, and checksums vouch for it."""
    path = Path(shutil.copy(written / "ckpt_1.pt", folder))
    with mapped(path) as pages:
        pages[AT] ^= 1
        assert look(folder, path).category is Category.CORRUPTED
        pages[AT] ^= 1
    verdict = look(folder, path)
    assert verdict.category is Category.VALID
    assert "that reading went wrong, not the file" in verdict.reason
    assert look(folder, path).reason == ""
