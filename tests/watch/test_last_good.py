"""Last good, case by case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ckptui.terms import Category, InputState, MarkerState
from ckptui.watch.last_good import find_last_good
from ckptui.watch.model import Checkpoint, InputHash

GOOD, BAD = Category.UNCHECKED, Category.CORRUPTED


def row(
    path: str, step: int | None = None, mtime: float | None = 0.0, **values: object
) -> Checkpoint:
    base = Checkpoint(
        path=path,
        step=step,
        mtime=mtime,
        category=GOOD,
        level=4,
        checked_at="2026-01-01T00:00:00Z",
        signature=(1, abs(hash(path)), 1, 1, 1),
    )
    return replace(base, **values)  # type: ignore[arg-type]  # fields of Checkpoint


def table(*rows: Checkpoint) -> dict[str, Checkpoint]:
    return {each.path: each for each in rows}


def answer(
    *rows: Checkpoint, series: str | None = None, level: int = 4
) -> tuple[str | None, list[str]]:
    best, over = find_last_good(table(*rows), series=series, level=level)
    return (best.path if best else None), [each.path for each in over]


def test_by_step_never_by_name_or_time() -> None:
    rows = row("c_9.pt", 9, 300), row("c_10.pt", 10, 100), row("c_8.pt", 800, 50)
    assert answer(*rows) == ("c_8.pt", [])


def test_then_epoch_then_time() -> None:
    rows = [row("c_1.pt", 5, 9, epoch=1), row("c_2.pt", 5, 1, epoch=2)]
    assert answer(*rows) == ("c_2.pt", [])
    rows = [row("c_1.pt", 5, 9), row("c_2.pt", 5, 1)]
    assert answer(*rows) == ("c_1.pt", [])


def test_epochs_alone_make_a_series() -> None:
    rows = row("e_2.pt", None, 1, epoch=2), row("e_3.pt", None, 0, epoch=3), row("x.pt", None, 99)
    assert answer(*rows) == ("e_3.pt", [])


def test_newer_ones_are_passed_over_with_their_reasons() -> None:
    rows = table(
        row("c_4.pt", 4, category=BAD, reason="cut short"),
        row("c_3.pt", 3, category=Category.INCOMPLETE, status="in_progress"),
        row("c_2.pt", 2),
        row("c_1.pt", 1, category=BAD),
    )
    best, over = find_last_good(rows)
    assert best is not None
    assert best.path == "c_2.pt"
    assert [(each.path, each.reason) for each in over] == [
        ("c_4.pt", "corrupted: cut short"),
        ("c_3.pt", "its status says in_progress"),
    ]
    assert best.passed_over == over


def test_a_bad_one_without_a_step_is_passed_over_by_time() -> None:
    rows = row("c_1.pt", 1, 10), row("c_2.pt", None, 20, epoch=7, category=BAD)
    assert answer(*rows) == ("c_1.pt", ["c_2.pt"])


def test_the_series_whose_steps_changed_last() -> None:
    rows = row("pre/c_900.pt", 900, 10), row("fine/c_2.pt", 2, 20), row("fine/c_1.pt", 1, 15)
    assert answer(*rows) == ("fine/c_2.pt", [])
    assert answer(*rows, series="pre/*.pt") == ("pre/c_900.pt", [])
    assert answer(*rows, series="c_1.pt") == ("fine/c_1.pt", [])
    assert answer(*rows, series="none*") == (None, [])


def test_of_series_that_changed_at_one_moment_the_furthest() -> None:
    # A copy without times: everything is as old as the copying.
    rows = row("last/c.ckpt", 32, 10.1), row("every/c_30.ckpt", 30, 10.9), row("x/c_9.pt", 9, 10.5)
    assert answer(*rows) == ("last/c.ckpt", [])


def test_no_other_series_is_taken_instead() -> None:
    rows = row("pre/c_900.pt", 900, 10), row("fine/c_2.pt", 2, 20, category=BAD)
    assert answer(*rows) == (None, ["fine/c_2.pt"])


def test_without_steps_the_newest_that_is_no_unit() -> None:
    rows = row("a.pt", None, 1), row("b.pt", None, 3, unit=True), row("z.pt", None, 2)
    assert answer(*rows) == ("z.pt", [])
    rows = row("a.pt", None, 1), row("b.pt", None, 3, category=BAD), row("u.pt", 5, 2, unit=True)
    assert answer(*rows) == ("a.pt", ["b.pt"])


@pytest.mark.parametrize(
    "category", [c for c in Category if c not in (Category.VALID, Category.UNCHECKED)]
)
def test_nothing_in_trouble(category: Category) -> None:
    assert answer(row("c_1.pt", 1, category=category)) == (None, ["c_1.pt"])


def test_directories_are_taken_like_files() -> None:
    rows = table(
        row("checkpoint-7", 7, layout="hf-trainer"),
        row("checkpoint-8", 8, layout="hf-trainer", category=Category.INCOMPLETE, reason="lost"),
    )
    best, over = find_last_good(rows)
    assert best is not None
    assert (best.path, [(each.path, each.reason) for each in over]) == (
        "checkpoint-7",
        [("checkpoint-8", "incomplete: lost")],
    )


@pytest.mark.parametrize("layout", [None, "hf-trainer"])
def test_what_nobody_has_looked_at(layout: str | None) -> None:
    best, over = find_last_good(table(row("c_1", 1, level=0, checked_at=None, layout=layout)))
    assert best is None
    assert over[0].reason == "not looked at yet"


def test_an_orphan_has_no_time() -> None:
    orphan = row("c_9.pt", 9, None, category=Category.INCOMPLETE, signature=None)
    assert answer(row("c_8.pt", 8, 5), orphan) == ("c_8.pt", ["c_9.pt"])
    assert answer(orphan) == (None, ["c_9.pt"])


def test_a_pointer_to_a_row_is_not_taken_but_one_that_leads_outside_is() -> None:
    target = row("c_1.pt", 1, 1)
    pointer = row("latest_2.pt", 2, 9, pointer="c_1.pt", signature=target.signature)
    assert answer(target, pointer) == ("c_1.pt", [])
    assert answer(pointer) == ("latest_2.pt", [])


def test_levels_above_four_need_the_bytes() -> None:
    whole = row("c_3.pt", 3)
    checked = row("c_2.pt", 2, category=Category.VALID, level=5)
    nothing_recorded = row(
        "c_1.pt", 1, category=Category.VALID, level=4, checks={"checksums": "none-recorded"}
    )
    assert answer(whole, checked, nothing_recorded, level=5) == ("c_2.pt", ["c_3.pt"])
    assert answer(whole, nothing_recorded, level=5) == ("c_1.pt", ["c_3.pt"])
    assert answer(whole, checked, level=6) == (None, ["c_3.pt", "c_2.pt"])


def test_level_six_prefers_a_clean_one() -> None:
    warned = row(
        "c_2.pt", 2, category=Category.VALID, level=6, checks={"values": "warn: 3 NaN in w"}
    )
    clean = row("c_1.pt", 1, category=Category.VALID, level=6, checks={"values": "pass"})
    best, over = find_last_good(table(warned, clean), level=6)
    assert best is not None
    assert best.path == "c_1.pt"
    assert over[0].reason == "values: 3 NaN in w"
    best, _ = find_last_good(table(warned), level=6)
    assert best is not None
    assert "3 NaN in w" in best.notes[0]
    assert answer(warned, clean, level=5)[0] == "c_2.pt"


def test_stale_and_unmarked_do_not_exclude_but_are_said() -> None:
    stale = InputHash("sha256:a", "sha256:b", InputState.STALE, "1 added (x.fa)")
    best, _ = find_last_good(table(row("c_1.pt", 1, input_hash=stale, marker=MarkerState.MISSING)))
    assert best is not None
    assert best.notes[0] == "stale: its inputs have changed: 1 added (x.fa)"
    assert "without a marker" in best.notes[1]
    assert "were not read" in best.notes[2]
