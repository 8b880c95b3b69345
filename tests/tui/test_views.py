"""Lines that are kept as rows change, against the same worked out from nothing each time."""

from __future__ import annotations

import gc
import random
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckptui.present.checkpoints import EVERY, sort_key
from ckptui.present.columns import SortKey, sorted_rows
from ckptui.present.filter import Filter
from ckptui.terms import TROUBLE, Action, Category, MarkerState
from ckptui.tui.folding import PREFIX, group_sort_key
from ckptui.tui.views import CheckpointsView, StagesView
from ckptui.tui.views.entries import Entries, Entry
from ckptui.tui.views.groups import GROUPINGS, UNITS, Grouping, GroupTally
from ckptui.tui.views.lines import Lines
from ckptui.watch.model import Checkpoint, Snapshot, StageRow

COLUMNS = tuple(column.id for column in EVERY)
NOW = 1_800_000_000.0

checkpoints = st.builds(
    Checkpoint,
    path=st.sampled_from([f"{folder}{n}.pt" for folder in ("", "a/", "a/b/", "c/") for n in "123"]),
    step=st.sampled_from([None, 1, 2, 10]),
    size=st.sampled_from([None, 5, 7]),
    mtime=st.sampled_from([None, NOW - 9.0, NOW - 5.0]),
    category=st.sampled_from(Category),
    marker=st.sampled_from([None, *MarkerState]),
    remedy=st.sampled_from([None, Action.QUARANTINE]),
    unit=st.booleans(),
    level=st.sampled_from([0, 2]),
    reason=st.sampled_from(["", "cut short"]),
)
"""Few values, so that many are equal."""
filters = st.sampled_from(["", "cat:corrupted", "1.pt", "step>1", "size>5"])


@st.composite
def tries(draw: st.DrawFn) -> list[object]:
    """A row that comes or changes, a path that goes, another sort, filter or grouping, a group."""
    return draw(
        st.lists(
            st.one_of(
                st.lists(checkpoints, max_size=12),
                st.sampled_from(["1.pt", "a/2.pt", "c/3.pt", "a/b/1.pt"]),
                st.tuples(st.sampled_from([*COLUMNS, ""]), st.booleans()),
                filters.map(Filter.parse),
                st.sampled_from([*GROUPINGS.values()]),
                st.sampled_from(["\0a", "\0", "\0c", "\0\0step 2", "\0\0step 10"]),
            ),
            max_size=14,
        )
    )


def plainly(
    rows: Mapping[str, Checkpoint],
    sort: tuple[str, bool] | None,
    asked: Filter,
    grouping: Grouping,
    opened: set[str],
) -> list[str]:
    """The keys to show, as one would work them out if there were time."""
    shown = {path: row for path, row in rows.items() if asked.matches(row, NOW)}
    column = sort[0] if sort else ""
    keys = {path: sort_key(row, column) if column else None for path, row in shown.items()}
    order = _sorted(shown, keys, sort)
    if asked and not grouping.filtered:
        return order
    groups: dict[str, list[str]] = {}
    for path in order:
        key = grouping.key(rows[path])
        if key is not None:
            groups.setdefault(key, []).append(path)
    groups = {key: paths for key, paths in groups.items() if len(paths) >= grouping.fold_from}
    inside = {path: key for key, paths in groups.items() for path in paths}
    heads = _heads([path for path in order if path not in inside], groups, rows, sort)
    return [
        line
        for head in heads
        for line in (head, *_below(groups.get(head, ()), head, rows, grouping, opened))
    ]


def _sorted(
    rows: Mapping[str, Checkpoint], keys: Mapping[str, SortKey], sort: tuple[str, bool] | None
) -> list[str]:
    """By a column, None last; what is equal the newest first, and then by its name."""
    column, turned = sort or ("", False)
    turned_round = turned and not column
    newest = sorted(sorted(rows), key=lambda path: _age(rows[path]), reverse=not turned_round)
    return sorted_rows({path: keys[path] for path in newest}, reverse=turned) if column else newest


def _age(row: Checkpoint) -> tuple[float, float]:
    return float("-inf") if row.step is None else row.step, row.mtime or 0.0


def _heads(
    alone: Sequence[str],
    groups: Mapping[str, Sequence[str]],
    rows: Mapping[str, Checkpoint],
    sort: tuple[str, bool] | None,
) -> list[str]:
    """Groups among the rows that stand alone: as new as their first row, by what they show."""
    stand_ins = {path: rows[path] for path in alone}
    for key, paths in groups.items():
        first = rows[paths[0]]
        stand_ins[key] = Checkpoint(key, step=first.step, mtime=first.mtime)
    keys: dict[str, SortKey] = {}
    for head, row in stand_ins.items():
        if not sort or not sort[0]:
            keys[head] = None
        elif head in groups:
            tally = GroupTally()
            for path in groups[head]:
                tally.count(rows[path], 1)
            keys[head] = group_sort_key(head, tally, sort[0])
        else:
            keys[head] = sort_key(row, sort[0])
    return _sorted(stand_ins, keys, sort)


def _below(
    paths: Sequence[str],
    head: str,
    rows: Mapping[str, Checkpoint],
    grouping: Grouping,
    opened: set[str],
) -> list[str]:
    if head in opened:
        return list(paths)
    bad = [path for path in paths if rows[path].category in TROUBLE or rows[path].remedy]
    return bad if len(bad) <= grouping.apart else []


@settings(max_examples=300, deadline=None)
@given(tries())
def test_lines_kept_while_all_changes_are_those_worked_out_from_nothing(
    steps: list[object],
) -> None:
    view, rows = CheckpointsView(ascii_only=False), dict[str, Checkpoint]()
    for step in steps:
        before = dict(rows)
        match step:
            case list():
                rows = before | {row.path: row for row in step if isinstance(row, Checkpoint)}
            case str() if step.startswith(PREFIX):
                view.toggle(step)
            case str():
                rows = {path: row for path, row in before.items() if path != step}
            case (str() as column, bool() as down):
                view.sort = (column, down)
            case Filter():
                view.filter = step
            case Grouping():
                view.grouping = step
        changed = {path for path, row in rows.items() if before.get(path) != row}
        view.update(Snapshot("run", rows), changed, before.keys() - rows.keys())
        while view.work(0):
            pass
        expected = plainly(rows, view.sort, view.filter, view.grouping, view.opened)
        assert list(view.lines) == expected
        assert [view.lines.at(line) for line in range(len(view.lines))] == expected
        assert [view.lines.line_of(key) for key in expected] == list(range(len(expected)))
        assert sorted(view.paths(view.lines)) == sorted(
            path for path in rows if view.filter.matches(rows[path], NOW)
        )
        for key, group in view._lines.groups.items():
            if group.tally is None:
                continue
            anew = GroupTally()
            for path in view.members(key):
                anew.count(rows[path], 1)
            assert (group.tally.rows, group.tally.size, group.tally.newest) == (
                anew.rows, anew.size, anew.newest,
            )  # fmt: skip
            assert group.tally.categories == anew.categories


entries = st.integers(0, 40).map(
    lambda number: (0, float(number // 4), "", 0.0, 0.0, "", str(number))
)


@given(st.sets(entries, max_size=40), st.sets(entries, max_size=40), st.booleans())
def test_a_change_of_few_or_of_many_leaves_the_same_order(
    first: set[Entry], then: set[Entry], down: bool
) -> None:
    kept = Entries(down=down)
    kept.change((), first)
    kept.change(first - then, then - first)
    assert list(kept) == sorted(then, reverse=down)
    assert [kept.line_of(entry) for entry in kept] == list(range(len(then)))
    assert all(kept.line_of(entry) is None for entry in first - then)


def test_lists_longer_than_what_lies_together_keep_their_order() -> None:
    chance = random.Random(7)
    kept, there = Entries(down=True), set[Entry]()
    for _ in range(60):
        numbers = chance.sample(range(20_000), 300)
        some = {(0, float(each // 9), "", 0.0, 0.0, "", str(each)) for each in numbers}
        leaving = set(chance.sample(sorted(there), len(there) // 12))
        coming = some - there
        kept.change(leaving, coming)
        there = (there - leaving) | coming
    expected = sorted(there, reverse=True)
    assert len(kept) == len(expected) > 3000
    assert list(kept) == expected
    assert [kept[line] for line in range(len(kept))] == expected
    assert [kept.line_of(entry) for entry in expected] == list(range(len(expected)))


def test_what_is_equal_goes_by_name_whichever_way_a_column_is_turned() -> None:
    rows = {name: Checkpoint(name, size=size) for name, size in (("b", 1), ("a", 1), ("c", 2))}
    view = CheckpointsView(ascii_only=False)
    orders = []
    for down in (False, True):
        view.sort = ("size", down)
        view.update(Snapshot("run", rows), rows.keys(), ())
        while view.work(0):
            pass
        orders.append(list(view.lines))
    assert orders == [["a", "b", "c"], ["c", "a", "b"]]


def test_a_great_many_are_arranged_in_pieces_and_the_old_order_shows_meanwhile() -> None:
    rows = {
        f"{number:05d}.pt": Checkpoint(f"{number:05d}.pt", step=number) for number in range(9000)
    }
    view = CheckpointsView(ascii_only=False)
    view.update(Snapshot("run", rows), rows.keys(), ())
    assert len(view.lines) > 0  # the first screen, at once
    while view.work(0):
        pass
    assert view.lines[0] == "08999.pt"
    view.sort = ("name", False)
    assert view.update(Snapshot("run", rows), (), ())[0] in ("08999.pt", "00000.pt")
    pieces = 0
    while view.work(0):
        pieces += 1
        assert len(view.lines) == 9000
    assert pieces > 1
    assert list(view.lines) == sorted(rows)
    shown = view.update(Snapshot("run", {}), (), rows.keys())
    assert [view.cells(key)["name"].text for key in shown] == list(shown), "still to be taken out"
    while view.work(0):
        pass
    assert not view.lines and view.cells("00000.pt") == {}


def test_what_was_chosen_is_recalled_and_nonsense_is_left_out() -> None:
    view = CheckpointsView(ascii_only=False)
    view.sort, view.grouping = ("size", True), GROUPINGS["directory"]
    view.choose(["verdict", "size", "epoch"])
    view.toggle("\0a/b")
    view.filter = Filter.parse("cat:corrupted")
    again = CheckpointsView(ascii_only=False)
    again.recall(view.remembered())
    assert again.remembered() == view.remembered()
    assert [column.id for column in again.shown] == ["name", "verdict", "size", "epoch"]
    odd = CheckpointsView(ascii_only=False)
    odd.recall(
        {"sort": [["x"], 1], "columns": 7, "grouping": ["a"], "opened": [1, "x"], "filter": 1}
    )
    assert odd.remembered() == CheckpointsView(ascii_only=False).remembered()
    assert odd.grouping is UNITS


def test_columns_in_which_no_row_has_anything_give_way_and_stay_once_they_are_there() -> None:
    view = StagesView(ascii_only=False)

    def titles(*rows: StageRow) -> set[str]:
        view.update(Snapshot("run", {}, stages=rows), (), ())
        return {column.id for column in view.shown}

    bare = StageRow("a.json", "prepare", "completed")
    assert titles() >= {"duration", "outputs", "note"}, "nothing is known yet"
    assert titles(bare) == {"stage", "status", "state"}
    told = replace(bare, stage="train", duration_seconds=3.0, error="no space")
    assert titles(bare, told) == {"stage", "status", "state", "duration", "note"}
    assert titles(bare) == {"stage", "status", "state", "duration", "note"}


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_has_its_cell_and_its_key(column: str) -> None:
    view = CheckpointsView(ascii_only=True)
    rows = {"a.pt": Checkpoint("a.pt", mtime=NOW, size=3), "b.pt": Checkpoint("b.pt")}
    view.choose([column])
    view.sort = (column, False)
    view.update(Snapshot("run", rows), rows.keys(), ())
    assert sorted(view.lines) == ["a.pt", "b.pt"]
    assert view.cells("a.pt")[column].text.isascii()


def test_an_order_that_was_given_up_half_way_leaves_nothing_behind() -> None:
    rows = {f"{n:05d}.pt": Checkpoint(f"{n:05d}.pt", step=n, size=n % 7) for n in range(6000)}
    view = CheckpointsView(ascii_only=False)
    view.update(Snapshot("run", rows), rows.keys(), ())
    while view.work(0):
        pass
    given_up = list[weakref.ref[Lines]]()
    for column in ("name", "step", "size"):
        view.sort = (column, False)
        view.update(Snapshot("run", rows), (), ())
        for _ in range(10):
            assert view.work(0)
        given_up += [weakref.ref(each) for each in gc.get_objects() if type(each) is Lines]
    while view.work(0):
        pass
    assert list(view.lines) == sorted(rows, key=lambda path: (rows[path].size, -int(path[:5])))
    assert len({id(each) for each in given_up}) > 3
    assert {id(each()) for each in given_up if each() is not None} == {id(view.lines)}
