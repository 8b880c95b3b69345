"""The detail: its parts, where it stands, and the ways into it and back."""

from __future__ import annotations

from ckptui.tui.screens.placing import AUTO, BELOW, BESIDE, OFF, placed
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
        await ui.sees("float32")
        await ui.press("G")
        assert ui.app.main.table.cursor == BAD
        await ui.press("shift+tab", "3")
        await ui.sees("it is a single file")
        await ui.press("1", "escape")
        assert ui.app.main.table.has_focus
        await ui.press("2")
        assert ui.app.main.view is ui.app.main.stages


async def test_keys_of_the_main_screen_work_in_the_pane(run_dir: str) -> None:
    async with opened(run_dir, size=WIDE) as ui:
        await ui.goes_to(BAD)
        await ui.press("i", "f")
        await ui.sees("y apply", "Quarantine")
        await ui.press("escape")
        assert ui.app.main.pane.has_focus_within


async def test_the_pane_keeps_its_place_when_the_terminal_changes(run_dir: str) -> None:
    async with opened(run_dir, size=(160, 30)) as ui:
        await ui.goes_to(BAD)
        await ui.press("i", "2")
        await ui.sees("float32")
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
        await ui.sees("Checkpoint", "float32")
        await ui.press("1", "escape")
        assert ui.app.main.pane.chosen == "diagnosis"
