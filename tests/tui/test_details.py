"""The detail: its parts, where it stands, and the ways into it and back."""

from __future__ import annotations

from ckptui.tui.screens.placing import AUTO, BELOW, BESIDE, OFF, placed
from ckptui.tui.widgets.tree import TreeTable
from tests.tui.driver import Driver, opened

GOOD = "checkpoints/ckpt_0000400.pt"
BAD = "checkpoints/ckpt_0000600.pt"
WIDE, TALL, SMALL = (160, 40), (120, 40), (80, 24)


def test_the_detail_stands_where_there_is_room() -> None:
    assert placed(AUTO, *WIDE) == BESIDE
    assert placed(AUTO, *TALL) == BELOW
    assert placed(AUTO, *SMALL) == OFF
    assert placed(BELOW, *SMALL) == BELOW
    assert placed(BESIDE, *SMALL) == OFF
    assert placed(OFF, *WIDE) == OFF


def beside(ui: Driver) -> bool:
    """True where the pane stands to the right of the table."""
    pane, table = ui.app.main.pane.region, ui.app.main.table.region
    return bool(pane.area) and pane.x >= table.right


def below(ui: Driver) -> bool:
    """True where the pane stands under the table."""
    pane, table = ui.app.main.pane.region, ui.app.main.table.region
    return bool(pane.area) and pane.y >= table.bottom


async def test_d_puts_the_detail_beside_below_away_and_back(run_dir: str) -> None:
    async with opened(run_dir, size=WIDE) as ui:
        await ui.until(lambda: beside(ui), "beside")
        await ui.press("d")
        await ui.sees("detail: beside the table")
        assert beside(ui)
        await ui.press("d")
        await ui.until(lambda: below(ui), "below")
        await ui.press("d")
        await ui.sees("detail: on the whole screen only", "f  quarantine it")
        assert not ui.app.main.pane.region.area
        await ui.press("d")
        await ui.until(lambda: beside(ui), "beside again")
        assert ui.app.main.placement == AUTO


async def test_a_wish_without_room_is_said_and_kept(run_dir: str) -> None:
    async with opened(run_dir, size=SMALL) as ui:
        await ui.press("d")
        await ui.sees("beside the table, once there is room; until then enter opens it")
        await ui.sees("cut short at byte", "f  quarantine it")
        await ui.pilot.resize_terminal(*TALL)
        await ui.until(lambda: beside(ui), "beside")


async def test_into_the_pane_through_its_parts_and_back(run_dir: str) -> None:
    async with opened(run_dir, size=WIDE) as ui:
        await ui.goes_to(BAD)
        await ui.press("i")
        await ui.sees("1 Diagnosis", "4 ")
        await ui.press("tab")
        await ui.sees("exp_avg_sq")
        await ui.press("G")
        assert ui.app.main.table.cursor == BAD
        await ui.press("shift+tab", "3")
        await ui.sees("33,987 bytes", "ckpt_0000600.pt.done", "left by a save")
        await ui.press("1", "escape")
        assert ui.app.main.table.has_focus
        await ui.press("2")
        assert ui.app.main.view is ui.app.main.stages


async def test_the_history_tells_verdicts_and_repairs(run_dir: str) -> None:
    async with opened(run_dir, size=SMALL) as ui:
        await ui.goes_to(GOOD)
        await ui.press("v")
        await ui.sees(f"checked {GOOD} to level 5: valid")
        await ui.press("enter", "4")
        await ui.sees("Verdicts", "level 5 of 5", "none touched it")
        await ui.press("escape")
        await ui.goes_to("checkpoints/ckpt_0000200.pt")
        await ui.press("f")
        await ui.agrees()
        await ui.sees("z undoes")
        await ui.press("enter")
        await ui.sees("Repairs", "renew-marker  done")


async def test_inputs_tell_what_was_resized_and_which_is_newer(run_dir: str) -> None:
    async with opened(run_dir, size=SMALL) as ui:
        await ui.goes_to("merged/features.pt")
        await ui.press("enter", "5")
        await ui.sees("stale: 1 resized (lake.fasta)", "15,156 bytes →", "newest input", "made by")
        await ui.sees("stage merge of .checkpoints/pipeline_state.json", "oldest output")
        await ui.press("escape")
        await ui.goes_to("features/soil.part_0002.pt")
        await ui.press("enter")
        await ui.sees("missing outputs  features/soil.part_0002.pt")


async def test_a_stage_lists_its_outputs_and_enter_goes_to_one(run_dir: str) -> None:
    async with opened(run_dir, size=SMALL) as ui:
        await ui.press("2")
        await ui.until(lambda: len(ui.app.main.table.keys) > 3, "the stages")
        await ui.press("j", "j", "enter", "2")
        await ui.sees("features/lake.part_0001.pt", "⊘ incompatible")
        await ui.press("enter")
        assert ui.app.main.view is ui.app.main.checkpoints
        assert ui.app.main.table.cursor == "features/lake.part_0001.pt"


async def test_a_failure_leads_to_its_checkpoint(run_dir: str) -> None:
    async with opened(run_dir, size=SMALL) as ui:
        await ui.press("4", "enter")
        await ui.sees("cut short at byte", "goes to checkpoints/ckpt_0000600.pt")
        await ui.press("enter")
        assert ui.app.main.table.cursor == BAD


async def test_a_repair_tells_its_steps_and_the_key_that_undoes(run_dir: str) -> None:
    async with opened(run_dir, size=SMALL) as ui:
        await ui.goes_to(BAD)
        await ui.press("f")
        await ui.agrees()
        await ui.sees("z undoes")
        await ui.press("4")
        await ui.until(lambda: len(ui.app.main.table.keys) == 2, "the repair")
        await ui.press("g", "enter")
        await ui.sees("quarantine  done", "move", "z  takes back the last repair")
        await ui.sees("no checkpoint of that name is there now")


async def test_keys_of_the_main_screen_work_in_the_pane(run_dir: str) -> None:
    async with opened(run_dir, size=WIDE) as ui:
        await ui.goes_to(BAD)
        await ui.press("i", "f")
        await ui.sees("y apply", "Quarantine")
        await ui.press("escape")
        assert ui.app.main.pane.has_focus_within


def tensors(ui: Driver) -> TreeTable:
    """The rows of the tree that is shown."""
    return ui.app.screen.query_one(TreeTable)


async def test_the_tree_folds_sums_and_marks_what_the_verdict_names(run_dir: str) -> None:
    async with opened(run_dir, size=SMALL) as ui:
        await ui.goes_to(BAD)
        await ui.press("enter", "2")
        await ui.sees("✗ exp_avg_sq", "optimizer.state.0.exp_avg_sq  the file ends inside it")
        await ui.sees("19 tensors, 41K", "2,944", "12K")
        await ui.press("left")
        assert tensors(ui).cursor == "optimizer.state.0"
        await ui.press("left")
        await ui.sees("▸ 0", "1 marked below")
        await ui.press("enter")
        await ui.sees("▾ 0")
        await ui.press("g")
        await ui.sees("step                ", "600")


async def test_the_tree_finds_by_words_and_goes_on(run_dir: str) -> None:
    async with opened(run_dir, size=SMALL) as ui:
        await ui.goes_to(GOOD)
        await ui.press("enter", "2")
        await ui.sees("float32")
        await ui.press("slash", *"exp avg_sq")
        await ui.sees("1 of 4")
        assert tensors(ui).cursor == "optimizer.state.0.exp_avg_sq"
        await ui.press("enter", "n", "n")
        assert tensors(ui).cursor == "optimizer.state.2.exp_avg_sq"
        await ui.press("N")
        await ui.sees("2 of 4")
        await ui.press("slash", *"nosuch", "escape")
        await ui.sees("19 tensors")
        assert tensors(ui).has_focus
        await ui.press("escape")
        assert ui.app.screen is ui.app.main
        assert not ui.app.main.view.filter


async def test_the_tree_is_ordered_by_size(run_dir: str) -> None:
    async with opened(run_dir, size=SMALL) as ui:
        await ui.goes_to(GOOD)
        await ui.press("enter", "2")
        await ui.sees("float32")
        await ui.press("s", "s", "g")
        await ui.sees("Size▾")
        sizes = [node.bytes for node in map(tensors(ui).tree_shown.nodes.get, tensors(ui).keys)
                 if node is not None and node.depth == 1]  # fmt: skip
        assert sizes == sorted(sizes, reverse=True)


async def test_the_pane_keeps_its_place_when_the_terminal_changes(run_dir: str) -> None:
    async with opened(run_dir, size=(160, 30)) as ui:
        await ui.goes_to(BAD)
        await ui.press("i")
        await ui.press("j", "j", "j")
        before = ui.app.main.pane.pager.scroll_y
        assert before > 0
        await ui.pilot.resize_terminal(170, 30)
        await ui.pilot.pause()
        assert ui.app.main.pane.pager.scroll_y == before
        assert ui.app.main.pane.has_focus_within


async def test_a_small_terminal_hides_the_pane_and_the_focus_goes_back(run_dir: str) -> None:
    async with opened(run_dir, size=WIDE) as ui:
        await ui.press("i")
        await ui.pilot.resize_terminal(*SMALL)
        await ui.until(lambda: ui.app.main.table.has_focus, "the focus on the table")


async def test_the_whole_screen_opens_with_the_part_of_the_pane(run_dir: str) -> None:
    async with opened(run_dir, size=WIDE) as ui:
        await ui.goes_to(GOOD)
        await ui.press("i", "2", "escape", "enter")
        await ui.sees(f"Checkpoint  {GOOD}", "float32")
        await ui.press("1", "escape")
        assert ui.app.main.pane.chosen == "diagnosis"
