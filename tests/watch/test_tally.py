"""The tally that goes along with the rows says what counting all of them says."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from ckptui.terms import Category, InputState, MarkerState
from ckptui.watch.model import Checkpoint, InputHash
from ckptui.watch.tally import Counts, tally_of
from tests.watch.conftest import Open, Write, until


def any_row(chance: random.Random, path: str) -> Checkpoint:
    return Checkpoint(
        path,
        size=chance.choice([None, 0, 7, 1000]),
        marker=chance.choice([None, *MarkerState]),
        category=chance.choice(list(Category)),
        input_hash=InputHash(state=chance.choice(list(InputState))),
        pointer=chance.choice([None, "elsewhere.pt"]),
    )


def test_after_any_changes_it_is_that_of_the_rows() -> None:
    chance, rows, counts = random.Random(4), dict[str, Checkpoint](), Counts()
    for _ in range(2000):
        path = f"c_{chance.randrange(40)}.pt"
        after = any_row(chance, path) if chance.random() < 0.7 else None
        counts.replace(rows.pop(path, None), after)
        if after is not None:
            rows[path] = after
        told = counts.tally()
        assert told == tally_of(rows.values())
    assert told.categories == Counter(row.category for row in rows.values())
    assert told.markers == Counter(row.marker for row in rows.values() if row.marker)
    assert told.stale == sum(row.input_hash.state == "stale" for row in rows.values())
    assert told.size == sum(row.size or 0 for row in rows.values() if not row.pointer)


def test_a_live_snapshot_has_it(tmp_path: Path, save: Write, watch: Open) -> None:
    for step in (1, 2, 3):
        save(tmp_path / f"step_{step}.pt")
    monitor = watch(tmp_path)
    assert monitor.snapshot.tally.categories == {Category.UNCHECKED: 3}
    (tmp_path / "step_2.pt").unlink()
    (tmp_path / "step_1.pt").write_bytes(b"")
    shown = until(
        monitor,
        lambda now: Category.UNCHECKED in now.tally.categories and len(now.checkpoints) == 2,
    )
    assert shown.tally == tally_of(shown.checkpoints.values())
