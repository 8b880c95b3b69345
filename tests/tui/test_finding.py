"""Keys that look: validate, filter, sort, jump, views, and a table that stays alive under them."""

from __future__ import annotations

import os
import shutil

from textual.widgets import Input

from ckptui.terms import Category
from ckptui.tui.folding import folder_of
from tests.tui.driver import opened

GOOD = "checkpoints/ckpt_0000400.pt"
BAD = "checkpoints/ckpt_0000600.pt"


async def test_opening_shows_what_is_good_and_what_is_broken(run_dir: str) -> None:
    async with opened(run_dir, size=(80, 24)) as ui:
        await ui.sees("Last good  step 400", "✗ corrupted", "⊘ incompatible", "◐ incomplete")
        await ui.sees("1 corrupted", "2 incompatible", "orphan", "outdated")
        await ui.goes_to(BAD)
        await ui.sees("cut short at byte", "f  quarantine it")


async def test_v_says_what_it_reads_and_the_verdict_arrives(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        await ui.goes_to(GOOD)
        await ui.press("v")
        await ui.sees(f"checking {GOOD} to level 5: 47K to read")
        await ui.until(lambda: ui.rows[GOOD].category is Category.VALID, "a verdict")
        assert ui.rows[GOOD].level == 5
        await ui.sees(f"checked {GOOD} to level 5: valid")
        assert ui.app.main.table.cursor == GOOD


async def test_chosen_level_and_everything_at_once(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        await ui.goes_to(GOOD)
        await ui.press("V")
        await ui.sees("level 6, values", "everything to level 5")
        await ui.press("6")
        await ui.until(lambda: ui.rows[GOOD].level == 6, "level 6")
        await ui.press("V", "a")
        await ui.until(
            lambda: all(row.category is not Category.UNCHECKED for row in ui.rows.values()),
            "a verdict for each",
        )


async def test_marks_and_cursor_stay_with_their_rows_when_others_come(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        await ui.goes_to(GOOD)
        await ui.press("space", "k")
        assert ui.app.main.table.cursor == GOOD
        shutil.copy(os.path.join(run_dir, GOOD), os.path.join(run_dir, "newest_0009000.pt"))
        await ui.until(lambda: "newest_0009000.pt" in ui.rows, "the new row")
        await ui.until(lambda: "newest_0009000.pt" in ui.text(), "the new row on screen")
        table = ui.app.main.table
        assert (table.cursor, [*table.marks]) == (GOOD, [GOOD])
        for name in (GOOD + ".done", GOOD):
            os.rename(os.path.join(run_dir, name), os.path.join(run_dir, os.path.basename(name)))
        await ui.until(lambda: GOOD not in ui.app.main.table.keys, "the row to go")
        assert not table.marks
        assert table.cursor in table.keys


async def test_filter_narrows_while_typing_and_esc_takes_it_back(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        every = list(ui.app.main.table.keys)
        await ui.press("slash", *"cat:corrupted", "enter")
        assert ui.app.main.table.keys == [BAD]
        await ui.sees("filter: cat:corrupted", "1 of 17")
        await ui.press("escape")
        assert ui.app.main.table.keys == every
        await ui.press("slash", *"nosuchthing")
        await ui.sees("nothing matches the filter")
        await ui.press("escape")
        assert ui.app.main.table.keys == every
        assert not ui.app.main.query_one("#filter", Input).has_focus


async def test_sort_by_a_column_and_back_to_the_usual_order(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        usual = list(ui.app.main.table.keys)
        await ui.press("s")
        await ui.sees("Sort by", "Size")
        await ui.press("8")
        await ui.sees("Size▴")
        view, keys = ui.app.main.checkpoints, list(ui.app.main.table.keys)
        heads = [view.paths([key]) for key in keys if view.home_of(key) is None]
        known = [
            sum(ui.rows[path].size or 0 for path in paths)
            for paths in heads
            if any(ui.rows[path].size is not None for path in paths)
        ]
        assert known == sorted(known)
        await ui.press("s", "8")
        await ui.sees("Size▾")
        await ui.press("s", "0")
        assert ui.app.main.table.keys == usual


async def test_a_folder_of_units_is_one_row_until_it_is_opened(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        table = ui.app.main.table
        folder = next(key for key in table.keys if folder_of(key) == "features")
        assert "features/soil.part_0001.pt" not in table.keys
        await ui.goes_to(folder)
        await ui.press("enter")
        assert "features/soil.part_0001.pt" in table.keys
        assert table.cursor == folder
        await ui.press("enter")
        assert "features/soil.part_0001.pt" not in table.keys


async def test_rows_are_put_together_by_directory_and_step_and_the_order_turned(
    run_dir: str,
) -> None:
    async with opened(run_dir) as ui:
        table = ui.app.main.table
        usual = list(table.keys)
        await ui.press("t", "d")
        await ui.sees("★ ▸ checkpoints/  ", "▸ features/  ", "1 corrupted", "the newest")
        assert BAD not in table.keys
        await ui.press("g", "right")
        await ui.sees("▾ checkpoints/  ", "ckpt_0000600.pt")
        assert BAD in table.keys
        await ui.goes_to(BAD)
        await ui.press("left")
        assert folder_of(table.cursor or "") == "checkpoints"
        await ui.press("space")
        inside = [path for path in ui.rows if path.startswith("checkpoints/")]
        await ui.sees(f"{len(inside)} checkpoints marked")
        await ui.press("escape", "left", "left")
        assert BAD not in table.keys
        await ui.press("asterisk")
        assert table.cursor == GOOD
        await ui.press("t", "n")
        assert sorted(table.keys) == sorted(ui.rows)
        newest = list(table.keys)
        await ui.press("S")
        await ui.sees("the oldest first")
        assert list(table.keys) == newest[::-1]
        await ui.press("S", "t", "u")
        assert table.keys == usual


async def test_columns_are_chosen_and_moved_and_what_is_left_is_put_back(run_dir: str) -> None:
    async with opened(run_dir, size=(120, 40)) as ui:
        await ui.sees("Format", "Input", "Age")
        await ui.press("C")
        await ui.sees("training step", "enter keep")
        await ui.press("space", "space")  # step and format
        await ui.until(lambda: "Format" not in _header(ui.text()), "no format")
        await ui.press("escape")
        await ui.until(lambda: "Step  Format" in _header(ui.text()), "both again")
        await ui.press("C", "J", "k", "space", "enter")
        await ui.until(lambda: "Step" in _header(ui.text()), "the table")
        assert "Format" not in _header(ui.text())
        view = ui.app.main.checkpoints
        assert view.remembered()["columns"] == [each.id for each in view.shown]
        await ui.press("C", "u", "enter")
        assert view.remembered()["columns"] is None


def _header(text: str) -> str:
    return next(line for line in text.splitlines() if line.startswith("   Checkpoint"))


async def test_views_jumps_and_help(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        await ui.press("2")
        await ui.sees("chunking", "completed", "failed")
        await ui.press("enter")
        await ui.sees("stale: 1 resized (lake.fasta)", "Outputs", "12 outputs")
        await ui.press("escape", "3")
        await ui.sees("no run was resumed from here yet")
        await ui.press("4")
        await ui.sees("ckpt_0000600.pt", "corrupted: cut short")
        await ui.press("asterisk")
        assert ui.app.main.table.cursor == GOOD
        await ui.press("n")
        assert ui.rows[ui.app.main.table.cursor or ""].category is Category.INCOMPLETE
        await ui.press("question_mark")
        await ui.sees("Keys", "In this list", "Show only what matches")
        await ui.press("G")
        await ui.sees("Everywhere", "Quit; a resumed run goes on.")
        await ui.press("escape", "colon")
        await ui.press(*"ckpt_0000300")
        await ui.sees("checkpoints/ckpt_0000300.pt")
        await ui.press("enter")
        await ui.until(
            lambda: ui.app.main.table.cursor == "checkpoints/ckpt_0000300.pt", "the jump"
        )


async def test_keys_and_tensors_come_on_the_detail(run_dir: str) -> None:
    async with opened(run_dir, size=(100, 50)) as ui:
        await ui.goes_to(GOOD)
        await ui.press("enter")
        await ui.sees("Diagnosis", "1  size", "pass")
        await ui.press("tab")
        await ui.sees("Tensors", "float32", "optimizer")


async def test_read_only_greys_what_changes_and_says_why(run_dir: str) -> None:
    async with opened(run_dir, read_only=True, size=(120, 60)) as ui:
        await ui.goes_to(BAD)
        for key in ("f", "x", "m", "z", "R", "c"):
            await ui.press(key)
            await ui.sees("read-only: started with --read-only")
            assert ui.app.screen is ui.app.main
        await ui.press("question_mark")
        await ui.sees("Show the remedy", "not now: read-only: started with --read-only")
        await ui.press("escape", "v")
        await ui.until(lambda: ui.rows[BAD].level == 1, "validation still works")


async def test_a_run_directory_that_goes_away_is_said(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        os.rename(run_dir, run_dir + ".gone")
        await ui.until(lambda: ui.app.main.snapshot.problem, "the problem")
        await ui.sees(ui.app.main.snapshot.problem[:20])
        os.rename(run_dir + ".gone", run_dir)
        await ui.until(lambda: GOOD in ui.rows and not ui.app.main.snapshot.problem, "it is back")
