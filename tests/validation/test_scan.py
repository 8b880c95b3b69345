"""Deep reads are a good guest: what was not in the page cache before is not in it afterwards."""

from __future__ import annotations

import ctypes
import mmap
import os
from pathlib import Path

from ckptui.terms import Category
from ckptui.validation.check import check_file
from ckptui.validation.checksums import fold, zeros_crc
from ckptui.validation.settling import filesystem_type, is_network
from ckptui.validation.source import Source
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
