"""Deep reads are a good guest: what was not in the page cache before is not in it afterwards."""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
from pathlib import Path

import pytest

from ckptui.terms import Category
from ckptui.validation.check import check_file
from ckptui.validation.checksums import CrcSink, zeros_crc
from ckptui.validation.fold import fold
from ckptui.validation.pool import Done, Pool, Progress, Request
from ckptui.validation.scan import Progress as Counter
from ckptui.validation.scan import scan
from ckptui.validation.settling import filesystem_type, is_network
from ckptui.validation.source import Source
from ckptui.validation.tiling import make_jobs, tile
from ckptui.validation.trouble import unreadable
from tests.validation.conftest import make_old, run_python


def _cached(path: Path) -> float:
    """Share of the file that is in the page cache, by mincore(2), which reads nothing."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as view:
        pages = (len(view) + mmap.PAGESIZE - 1) // mmap.PAGESIZE
        seen = (ctypes.c_ubyte * pages)()
        start = ctypes.c_char.from_buffer(view)
        done = ctypes.CDLL(None, use_errno=True).mincore(
            ctypes.c_void_p(ctypes.addressof(start)), ctypes.c_size_t(len(view)), seen
        )
        del start
    assert done == 0
    return sum(page & 1 for page in seen) / pages


def _drop(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def test_the_page_cache_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "large.pt"
    run_python("import sys, torch; torch.save(torch.ones(40 << 20), sys.argv[1])", str(path))
    make_old(path)
    _drop(path)
    assert _cached(path) < 0.05
    assert check_file(path, level=5).category is Category.VALID
    assert _cached(path) < 0.3
    path.read_bytes()
    assert _cached(path) > 0.9
    assert check_file(path, level=5).category is Category.VALID
    assert _cached(path) > 0.9


def test_a_header_check_reads_little_of_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "large.pt"
    run_python("import sys, torch; torch.save(torch.ones(10 << 20), sys.argv[1])", str(path))
    with Source(str(path)) as source:
        from ckptui.validation.reading import read_content

        read_content(source, whole=False)
        assert 0 < source.bytes_read < 100_000


def _safetensors(path: Path, size: int) -> Path:
    """A tensor of so many bytes, of which none is written: to a reader they are bytes like any."""
    header = {"w": {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}}
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    os.truncate(path, 8 + len(text) + size)
    return make_old(path)


@pytest.mark.parametrize("size", [16 << 20, 256 << 20])
def test_a_file_that_shrinks_during_the_check_is_changing(tmp_path: Path, size: int) -> None:
    """By one thread and by two; what is read no more was there when the check began."""
    path = _safetensors(tmp_path / "w.safetensors", size)
    verdict = check_file(path, level=6, on_progress=lambda *_: os.truncate(path, 4096))
    assert verdict.category is Category.CHANGING, verdict
    assert "its size went from" in verdict.reason
    assert verdict.facts.content == ""


def test_a_cancel_is_heeded_at_the_next_read(tmp_path: Path) -> None:
    path = _safetensors(tmp_path / "w.safetensors", 40 << 30)
    seen: list[int] = []
    verdict = check_file(
        path, level=6, on_progress=lambda done, _: seen.append(done),
        cancelled=lambda: len(seen) >= 3,
    )  # fmt: skip
    assert verdict.reason == "not checked: cancelled"
    assert len(seen) <= 3 + 2  # what each thread was at


def test_a_check_of_forty_gigabytes_is_taken_back(tmp_path: Path) -> None:
    """Through the pool, with bytes in its progress, and the worker is there for the next."""
    path = _safetensors(tmp_path / "w.safetensors", 40 << 30)
    with Pool(1) as pool:
        first = pool.submit(Request(str(path), level=6, load=False))
        told: list[Progress] = []
        while not told:
            told = [event for event in pool.events(10.0) if isinstance(event, Progress)]
        pool.cancel(first)
        done: list[Done] = []
        while not done:
            done = [event for event in pool.events(10.0) if isinstance(event, Done)]
    assert told[0].total_bytes == path.stat().st_size
    assert 0 < told[0].done_bytes < told[0].total_bytes
    assert done[0].verdict.reason == "not checked: cancelled"


def test_what_the_disk_does_not_give_is_unreadable_and_says_it(tmp_path: Path) -> None:
    """An error in one of two threads ends both, and it is the error that is told."""
    path = _safetensors(tmp_path / "w.safetensors", 256 << 20)
    jobs = make_jobs(tile([], 256 << 20), CrcSink)
    fd = os.open(path, os.O_WRONLY)
    try:
        with pytest.raises(OSError, match="Bad file descriptor") as caught:
            scan(fd, 256 << 20, jobs, Counter(0), lambda _: None)
    finally:
        os.close(fd)
    assert unreadable(str(path), caught.value).category is Category.UNREADABLE
    verdict = unreadable(str(path), OSError(errno.EIO, "Input/output error"))
    assert (verdict.category, verdict.remedy) == (Category.UNREADABLE, None)
    assert "input/output error" in verdict.reason


def test_crc_of_zeros_needs_no_zeros() -> None:
    import zlib

    for length in (0, 1, 2, 3, 64, 4095, 4096, 1_000_003):
        assert zeros_crc(length) == zlib.crc32(bytes(length))


def test_fold_is_torchs_hash_combine() -> None:
    """By hand for one and two values: seed ^= value + 0x9e3779b9 + (seed << 6) + (seed >> 2)."""
    assert fold([]) == 0
    assert fold([5]) == 5 + 0x9E3779B9
    one = 5 + 0x9E3779B9
    assert fold([5, 7]) == (one ^ (7 + 0x9E3779B9 + (one << 6) + (one >> 2))) & (2**64 - 1)


def test_the_filesystem_of_proc_is_known_and_local() -> None:
    device = os.stat("/proc").st_dev
    assert filesystem_type(device) == "proc"
    assert not is_network(device)
