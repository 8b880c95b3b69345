"""Verdicts over time: only what was another is written, bounded, and never believed if damaged."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from ckptui.terms import Category, Level, Result
from ckptui.validation import cache_history
from ckptui.validation.cache import Cache
from ckptui.validation.cache_file import NAME
from ckptui.validation.cache_rows import PastVerdict, Sighting
from ckptui.validation.verdict import Check, Facts, Verdict
from ckptui.validation.wire import Request

PATH = "/run/a\udcff.pt"
GOOD = Verdict(
    PATH, Category.VALID, 5, checks={Level.SIZE: Check(Result.PASS)},
    facts=Facts("torch-zip", signature=(1, 2, 12, 4, 5)), checked_at="2026-11-20T02:14:55+00:00",
)  # fmt: skip
BAD = replace(GOOD, category=Category.CORRUPTED, level=1, reason="cut short")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    (tmp_path / "cache").mkdir()
    return Cache(str(tmp_path / "cache"), rest=0)


def tell(cache: Cache, verdict: Verdict, asked: int = 5, path: str = PATH) -> None:
    """Let the cache hear of a verdict that is news, and no more."""
    cache.keep(Sighting(Request(path, asked, header_only=not asked), verdict, lasting=False))


def heard(cache: Cache, path: str = PATH) -> list[PastVerdict]:
    """What is remembered."""
    found = cache.history(path)
    assert found is not None
    return found


def test_the_same_once_more_is_no_news(cache: Cache) -> None:
    tell(cache, GOOD)
    tell(cache, replace(GOOD, checked_at="2027-01-01T00:00:00+00:00"))
    tell(cache, replace(GOOD, category=Category.UNCHECKED, level=4), asked=0)
    (past,) = heard(cache)
    assert past == PastVerdict(PATH, GOOD.checked_at, 5, 5, Category.VALID, "", 12)


def test_other_bytes_another_verdict_and_a_deeper_level_are_news(cache: Cache) -> None:
    tell(cache, replace(GOOD, category=Category.UNCHECKED, level=4), asked=0)
    tell(cache, GOOD)
    tell(cache, replace(GOOD, facts=replace(GOOD.facts, signature=(1, 2, 13, 4, 6))))
    tell(cache, BAD)
    tell(cache, BAD, asked=6)
    found = [(past.category, past.level, past.size) for past in heard(cache)]
    assert sorted(found) == sorted(
        [
            (Category.UNCHECKED, 4, 12),
            (Category.VALID, 5, 12),
            (Category.VALID, 5, 13),
            (Category.CORRUPTED, 1, 12),
        ]
    )


def test_a_directory_tells_of_all_below_it_and_of_no_neighbour(cache: Cache) -> None:
    for path in ("/run/x/a.pt", "/run/x/b/c.pt", "/run/x.pt", "/run/x0/a.pt", "/run/x"):
        tell(cache, GOOD, path=path)
    assert {past.path for past in heard(cache, "/run/x")} == {
        "/run/x", "/run/x/a.pt", "/run/x/b/c.pt",
    }  # fmt: skip
    assert [past.path for past in heard(cache, "/run/x.pt")] == ["/run/x.pt"]


def test_only_the_newest_are_kept(cache: Cache) -> None:
    for number in range(cache_history.MOST_OF_A_PATH + 9):
        tell(cache, replace(BAD, reason=f"{number}", checked_at=f"2026-11-20T02:{number:02}:00"))
    found = heard(cache)
    assert len(found) == cache_history.MOST_OF_A_PATH
    assert (found[0].reason, found[-1].reason) == ("58", "9")


def test_a_row_whose_bits_turned_over_is_not_told(cache: Cache, tmp_path: Path) -> None:
    tell(cache, GOOD)
    heard(cache)
    cache.close()
    with sqlite3.connect(tmp_path / "cache" / NAME) as base:
        base.execute("UPDATE history SET category = 'corrupted'")
    assert heard(Cache(str(tmp_path / "cache"), rest=0)) == []


def test_a_cache_from_before_there_was_a_history_gets_one(cache: Cache, tmp_path: Path) -> None:
    tell(cache, GOOD)
    heard(cache)
    cache.close()
    with sqlite3.connect(tmp_path / "cache" / NAME) as base:
        base.execute("DROP TABLE history")
    later = Cache(str(tmp_path / "cache"), rest=0)
    assert heard(later) == []
    tell(later, GOOD)
    assert len(heard(later)) == 1
    assert not [name for name in os.listdir(tmp_path / "cache") if "damaged" in name]


def test_a_cache_that_is_off_says_that_it_knows_nothing() -> None:
    assert Cache(off=True).history(PATH) is None
