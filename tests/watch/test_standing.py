"""The last good one that goes along with the rows is the one that looking at all of them finds."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from ckptui.formats.role import Role
from ckptui.terms import Category, InputState
from ckptui.watch.last_good import find_last_good
from ckptui.watch.model import Checkpoint, InputHash
from ckptui.watch.one_series import LATEST
from ckptui.watch.standing import Standing
from tests.watch.test_last_good import row

NAMES = (
    "step_{}.pt", "epoch_{}.pt", "last.pt", "best.pt", "weights_{}.pt", "G_{}.pt", "cache_{}.pt",
)  # fmt: skip
FOLDERS = ("", "a/", "a/best/", "a/other/", "a/other/best/", "b/", "b/best/")
STALE = InputHash("a", "b", InputState.STALE, "1 added")


def any_row(chance: random.Random, path: str, steps: int, moments: int) -> Checkpoint:
    counted = chance.random()
    made = row(
        path,
        chance.randrange(steps) if counted < 0.7 else None,
        chance.choice([None, *(7.5 * chance.randrange(moments) for _ in range(9))]),
        epoch=chance.randrange(4) if chance.random() < 0.4 else None,
        category=chance.choice([Category.UNCHECKED, Category.VALID, *Category]),
        checked_at=chance.choice([None, "then", "then"]),
        role=chance.choice(["", *Role]),
        unit=chance.random() < 0.1,
        input_hash=chance.choice([InputHash(), STALE]),
        signature=(1, chance.randrange(60), 1, 1, 1),
    )
    return replace(made, pointer="x") if chance.random() < 0.1 else made


@pytest.mark.parametrize("seed", range(12))
def test_after_any_changes_it_is_what_the_rows_say(seed: int) -> None:
    chance, rows, standing = random.Random(seed), dict[str, Checkpoint](), Standing()
    steps, moments = chance.choice([(3, 2), (50, 3), (5, 50), (50, 50)])
    paths = [
        chance.choice(FOLDERS) + chance.choice(NAMES).format(chance.randrange(9))
        for _ in range(chance.choice([4, 12, 60]))
    ]
    for turn in range(600):
        path = chance.choice(paths)
        gone = chance.random() < (0.6 if turn % 100 > 80 else 0.2)
        after = None if gone else any_row(chance, path, steps, moments)
        standing.replace(rows.pop(path, None), after)
        if after is not None:
            rows[path] = after
        assert standing.answer() == find_last_good(rows), (seed, turn, path)
        best, over = standing.answer(most=2)
        whole, every = find_last_good(rows)
        assert whole or standing.without() == len(every), (seed, turn, path)
        assert (best and best.path, over) == (whole and whole.path, every[:2])


def test_the_latest_saves_of_its_series_by_time() -> None:
    chance, rows, standing = random.Random(1), dict[str, Checkpoint](), Standing()
    for turn in range(1500):
        path = f"step_{chance.randrange(60)}.pt"
        after = None if chance.random() < 0.3 else row(path, 3, float(turn), size=5)
        standing.replace(rows.pop(path, None), after)
        if after is not None:
            rows[path] = after
        newest = sorted(rows.values(), key=lambda each: each.mtime or 0.0)[-LATEST:]
        assert standing.latest() == newest
