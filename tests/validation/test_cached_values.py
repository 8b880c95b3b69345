"""Level 6 compares with what the cache knows of the previous checkpoint, and does not read it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from ckptui.terms import Category, Level
from ckptui.validation.cache import Cache
from ckptui.validation.cache_file import NAME
from ckptui.validation.pool import Pool, Request
from ckptui.validation.verdict import Verdict
from tests.validation.conftest import run_python
from tests.validation.test_cache import asked, place

__all__ = ["place"]

_SIZE = 32 << 20
_WRITE = """
import sys, torch
for step, factor, count in ((100, 0.5, 8 << 20), (200, 1e9, 1 << 10)):
    weights = {"w": torch.full((count,), factor), "v": torch.full((64,), factor)}
    torch.save({"model": weights, "step": step}, f"{sys.argv[1]}/step_{step}.pt")
"""


@pytest.fixture
def series(tmp_path: Path) -> tuple[Path, Path]:
    """A save of 32 MiB, and a small one after it whose numbers have gone wild."""
    run_python(_WRITE, str(tmp_path))
    return tmp_path / "step_100.pt", tmp_path / "step_200.pt"


def _bytes_read() -> int:
    """What the workers have read so far, by the operating system's count."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    total = 0
    for child in children:
        if b"validation.worker" in Path(f"/proc/{child}/cmdline").read_bytes():
            counts = Path(f"/proc/{child}/io").read_text().split()
            total += int(counts[counts.index("rchar:") + 1])
    return total


def _deep(place: Path, path: Path, previous: Path | None = None) -> tuple[Verdict, int]:
    """Level 6, and how many bytes that took."""
    request = Request(str(path), level=6, load=False, previous=str(previous or ""), settle=False)
    with Pool(jobs=1, cache=Cache(str(place), rest=0)) as pool:
        [verdict] = asked(pool, request)
        return verdict, _bytes_read()


def _values(verdict: Verdict) -> str:
    return str(verdict.checks[Level.VALUES])


def test_the_previous_file_is_not_read_again(place: Path, series: tuple[Path, Path]) -> None:
    before, after = series
    unknown, read_both = _deep(place, after, before)
    assert "since step_100.pt" in _values(unknown)
    assert "0.5" in _values(unknown)
    _deep(place, before)
    known, read_one = _deep(place, after, before)
    assert _values(known) == _values(unknown)
    assert read_one < read_both - _SIZE * 9 // 10


def test_values_come_to_what_level_5_has_kept(place: Path, series: tuple[Path, Path]) -> None:
    before, after = series
    with Pool(jobs=1, cache=Cache(str(place), rest=0)) as pool:
        asked(pool, Request(str(before), level=5, load=False))
    _, read_both = _deep(place, after, before)
    _deep(place, before)
    _, read_one = _deep(place, after, before)
    assert read_one < read_both - _SIZE * 9 // 10


def test_a_previous_file_that_was_written_since_is_read(
    place: Path, series: tuple[Path, Path]
) -> None:
    before, after = series
    _deep(place, before)
    with before.open("r+b") as file:
        data = file.read()
        at = data.index(b"\0\0\0\x3f" * 1000)  # 0.5 as float32
        file.seek(at)
        file.write(b"\0\0\x80\x7f")  # Inf: its checksum is wrong now
    verdict, read = _deep(place, after, before)
    assert "not compared with step_100.pt: it is not whole" in verdict.detail
    assert read > _SIZE


def test_what_a_damaged_file_holds_is_not_compared_with(
    place: Path, series: tuple[Path, Path]
) -> None:
    before, after = series
    with before.open("r+b") as file:
        file.seek(file.read().index(b"\0\0\0\x3f" * 1000))
        file.write(b"\0\0\x80\x7f")
    bad, _ = _deep(place, before)
    assert bad.category is Category.CORRUPTED
    verdict, read = _deep(place, after, before)
    assert "not compared with step_100.pt: it is not whole" in verdict.detail
    assert read > _SIZE


def test_damaged_values_are_read_anew(place: Path, series: tuple[Path, Path]) -> None:
    before, after = series
    unknown, read_both = _deep(place, after, before)
    _deep(place, before)
    with sqlite3.connect(place / NAME) as base:
        base.execute("UPDATE contents SET peaks = CAST(substr(peaks, 1, 9) || 'x' AS BLOB)")
    base.close()
    verdict, read = _deep(place, after, before)
    assert _values(verdict) == _values(unknown)
    assert read > read_both - _SIZE // 10
