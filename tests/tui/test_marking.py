"""Marks, what acts on them, and jumps to what is in trouble."""

from __future__ import annotations

import os
import shutil

from ckptui.present.filter import Filter
from ckptui.terms import TROUBLE
from ckptui.tui.folding import folder_of
from ckptui.tui.order import Order
from tests.tui.driver import opened

GOOD = "checkpoints/ckpt_0000400.pt"
OLD = "checkpoints/ckpt_0000100.pt"
BAD = "checkpoints/ckpt_0000600.pt"


async def test_marks_survive_filter_and_sort_and_actions_say_their_count(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        table = ui.app.main.table
        await ui.goes_to(GOOD)
        await ui.press("space")
        await ui.sees("1 checkpoint marked, 47K", "v validate 1, 47K", "marker 1")
        await ui.press("slash", *"name:0000100", "enter")
        assert list(table.keys) == [OLD]
        await ui.press("space")
        await ui.sees("2 checkpoints marked", "(1 hidden by the filter)", "v validate 2, ")
        await ui.press("x")
        await ui.sees("Quarantine 2 checkpoints", "y apply")
        await ui.press("escape", "escape")  # the preview, then the filter
        assert set(table.marks) == {GOOD, OLD}
        await ui.press("s", "0")
        assert set(table.marks) == {GOOD, OLD}
        await ui.press("v")
        await ui.sees("checked 2 checkpoints to level 5: 2 valid")
        await ui.press("escape")
        assert not table.marks


async def test_a_range_goes_from_the_last_mark_to_the_cursor_either_way(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        table = ui.app.main.table
        await ui.press("g", "j", "space", "j", "j", "M")
        first = table.keys[1:5]
        assert table.in_order(table.marks) == first
        await ui.press("escape", "G", "space", "k", "k", "M")
        assert table.in_order(table.marks) == table.keys[-3:]
        await ui.press("escape", "g", "M")
        assert table.in_order(table.marks) == table.keys[:1]


async def test_all_shown_and_only_those(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        table = ui.app.main.table
        await ui.goes_to(GOOD)
        await ui.press("space", "slash", *"cat:incompatible", "enter", "A")
        assert len(table.marks) == 3
        await ui.press("A")
        assert set(table.marks) == {GOOD}


async def test_marks_of_rows_that_are_folded_away_count(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        main = ui.app.main
        main.mark_matching(Filter.parse("folder:features"))
        await ui.pilot.pause()
        units = [path for path in ui.rows if path.startswith("features/")]
        assert {row.path for row in main.chosen()} == set(units)
        await ui.sees(f"marked {len(units)} checkpoints by folder:features")


async def test_next_and_previous_in_trouble_open_what_is_folded(run_dir: str) -> None:
    folder = os.path.join(run_dir, "features")
    names = sorted(name for name in os.listdir(folder) if name.endswith(".pt"))
    for number in range(22):  # more than stand apart from a closed folder
        names.append(f"more.part_{number:04}.pt")
        shutil.copy(os.path.join(folder, names[0]), os.path.join(folder, names[-1]))
    for name in names:
        os.truncate(os.path.join(folder, name), 100)
    async with opened(run_dir) as ui:
        table = ui.app.main.table
        await ui.until(
            lambda: all(ui.rows[f"features/{name}"].category in TROUBLE for name in names),
            "trouble in the folder",
        )
        bad = {path for path, row in ui.rows.items() if row.category in TROUBLE}
        seen = []
        assert bad - set(table.keys)
        await ui.press("g")
        for _ in bad:
            await ui.press("n")
            seen.append(table.cursor)
        assert set(seen) == bad
        await ui.press("n")
        assert table.cursor == seen[0]
        back = []
        for _ in bad:
            await ui.press("N")
            back.append(table.cursor)
        assert back == seen[::-1]
        assert all(folder_of(key or "") is None for key in seen)


def test_a_speed_is_told_only_where_it_was_measured() -> None:
    short = Order().following("x", [1024])
    short.ended()
    assert short.speed == 0
    long = short.following("y", [1 << 30])
    long.ended()
    assert long.speed > 0
    assert long.following("z", [1]).speed == long.speed
