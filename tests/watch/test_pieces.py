"""A catalog worked out piece by piece says what one says that is told everything at once."""

from __future__ import annotations

import random

import pytest

from ckptui.formats.role import Role
from ckptui.terms import Category
from ckptui.watch.catalog import Catalog, Demand
from ckptui.watch.entries import DIRECTORY, FILE, MARKER, TEMPORARY, Entry
from ckptui.watch.last_good import find_last_good
from ckptui.watch.later import Later
from ckptui.watch.model import Checkpoint
from ckptui.watch.standing import Standing
from ckptui.watch.tally import tally_of
from tests.watch.test_catalog import entry, verdict

PATHS = [f"{folder}{name}" for folder in ("", "a/", "a/b/") for name in (
    *(f"step_{n}.pt" for n in range(8)), *(f"unit_{chr(97 + n)}.pt" for n in range(26)),
    "checkpoint-5", "x.pt.tmp",
)]  # fmt: skip


def any_entry(chance: random.Random, path: str) -> Entry:
    if path.endswith(".tmp"):
        return entry(path, TEMPORARY)
    if "checkpoint-" in path:
        return entry(path, DIRECTORY, layout="hf-trainer")
    return entry(path, FILE, mtime=1000.0 + chance.randrange(9))


def change(chance: random.Random, catalog: Catalog) -> None:
    path = chance.choice(PATHS)
    what = chance.random()
    if what < 0.45:
        catalog.put(any_entry(chance, path))
    elif what < 0.6:
        catalog.put(entry(f"{path}.done", MARKER, mtime=1000.0 + chance.randrange(9)))
    elif what < 0.7:
        catalog.remove(chance.choice([path, f"{path}.done"]))
    elif path in catalog.entries:
        of = catalog.entries[path]
        facts = {"step": chance.choice([None, 5]), "role": chance.choice(["", *Role])}
        category = chance.choice([Category.UNCHECKED, Category.CORRUPTED])
        assert catalog.judge(path, verdict(of, category, **facts), Demand())


def told_at_once(catalog: Catalog) -> dict[str, Checkpoint]:
    anew = Catalog()
    for each in catalog.entries.values():
        anew.put(each)
    for each in catalog._markers.values():
        anew.put(each)
    # Those about other bytes than today's too: what was known of a file is better than its name.
    anew._verdicts |= catalog._verdicts
    anew._demands |= catalog._demands
    anew.refresh()
    return anew.rows


@pytest.mark.parametrize("seed", range(6))
def test_after_any_changes_in_any_pieces(seed: int) -> None:
    chance = random.Random(seed)
    catalog, shown = Catalog(standing=Standing()), dict[str, Checkpoint]()
    for _ in range(40):
        for _ in range(chance.choice([1, 5, 60])):
            change(chance, catalog)
            if chance.random() < 0.3:
                catalog.work(chance.choice([1, 7]))
        told = catalog.refresh()
        assert not told.changed & told.removed
        assert told.removed <= shown.keys(), "nobody was told of what came and went"
        for path in told.removed:
            del shown[path]
        shown |= {path: catalog.rows[path] for path in told.changed}
        assert shown == catalog.rows == told_at_once(catalog)
        assert catalog.counts.tally() == tally_of(shown.values())
        assert catalog.standing is not None
        assert catalog.standing.answer() == find_last_good(shown)


def test_what_comes_and_goes_in_between_is_not_told() -> None:
    catalog = Catalog()
    catalog.put(entry("a.pt"))
    catalog.work(1)
    assert "a.pt" in catalog.rows
    catalog.remove("a.pt")
    catalog.put(entry("b.pt"))
    told = catalog.refresh()
    assert (set(told.changed), set(told.removed)) == ({"b.pt"}, set())
    catalog.remove("b.pt")
    catalog.work(1)
    assert "b.pt" not in catalog.rows
    catalog.put(replace_time(entry("b.pt")))
    told = catalog.refresh()
    assert (set(told.changed), set(told.removed)) == ({"b.pt"}, set())


def replace_time(of: Entry) -> Entry:
    return of._replace(mtime_ns=of.mtime_ns + 1)


def test_each_is_due_at_the_last_time_that_was_said() -> None:
    later = Later()
    later.put("a", 5.0, 1)
    later.put("b", 7.0, 0)
    later.put("a", 9.0, 2)
    assert (later.next(), list(later.take(6.0))) == (7.0, [])
    assert list(later.take(8.0)) == ["b"]
    later.drop("b")
    assert (list(later.take(10.0)), later.tries("a"), later.next()) == (["a"], 2, None)
