"""Keys that come in one burst do what they would do one by one."""

from __future__ import annotations

from textual.events import Key

from ckptui.tui.palette import Palette
from ckptui.tui.screens.choose import Choose
from ckptui.tui.screens.help import HelpScreen
from ckptui.tui.screens.main import MainScreen
from tests.tui.driver import Driver, opened, there


def _burst(driver: Driver, *keys: str) -> None:
    """Send keys as a slow line does: all at once."""
    for key in keys:
        character = {"escape": None, "enter": "\r", "slash": "/", "colon": ":"}.get(key, key)
        driver.app.post_message(Key(key, character))


async def test_what_a_key_closes_takes_no_more_keys(run_dir: str) -> None:
    async with opened(run_dir) as driver:
        _burst(driver, *("s", "i", "z") * 3, "escape", "escape", "j", "j", "j")
        await driver.until(lambda: driver.app.main.table.cursor_line == 3, "the fourth row")


async def test_a_choice_that_opens_gets_the_keys_behind_it(run_dir: str) -> None:
    async with opened(run_dir) as driver:
        table, usual = driver.app.main.table, driver.app.main.view.sort
        second = table.keys[1]
        _burst(driver, "s", "escape", "j", "s", "j", "enter")
        await driver.until(lambda: driver.app.main.view.sort != usual, "another order")
        assert table.cursor == second


async def test_letters_go_into_the_line_that_the_one_before_opens(run_dir: str) -> None:
    async with opened(run_dir) as driver:
        _burst(driver, "slash", *"jx6", "enter", "j", "j")
        await driver.until(lambda: driver.app.main.view.filter.typed == "jx6", "the filter")
        _burst(driver, "escape", "colon", *"quar")
        await driver.sees("Move the checkpoint to the trash", " quar")


async def test_a_yes_that_was_typed_before_its_question_could_be_read_agrees_to_nothing(
    run_dir: str,
) -> None:
    async with opened(run_dir) as driver:
        await driver.goes_to("checkpoints/ckpt_0000400.pt")
        await driver.press("x")
        await driver.sees("Quarantine 1 checkpoint", "y apply")
        _burst(driver, "y", "y")  # the second is meant for a preview; it meets "Are you sure?"
        await driver.sees("Are you sure?", "read it, then press it again")
        assert there(run_dir, "checkpoints/ckpt_0000400.pt")
        await driver.press("y")
        await driver.until(lambda: not there(run_dir, "checkpoints/ckpt_0000400.pt"), "the move")


async def test_esc_right_after_enter_in_the_palette_takes_no_screen_from_below_it(
    run_dir: str,
) -> None:
    async with opened(run_dir) as ui:
        await ui.press("colon")
        await ui.until(lambda: isinstance(ui.app.screen, Palette), "the palette")
        palette = ui.app.screen
        palette.dismiss()
        palette.dismiss()
        await ui.pilot.pause()
        assert ui.app.screen is ui.app.main
        for _ in range(5):
            _burst(ui, "colon", *"mark all", "enter", "escape", "escape")
            await ui.rests()
            assert ui.app.screen is ui.app.main


async def test_a_second_answer_to_a_dialog_takes_no_screen_from_below_it(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        await ui.press("V")
        await ui.sees("Validate")
        choice = ui.app.screen
        assert isinstance(choice, Choose)
        choice.dismiss("")
        choice.dismiss("")
        await ui.press("question_mark")
        await ui.sees("In this list")
        choice.dismiss("")
        await ui.pilot.pause()
        assert [type(each) for each in ui.app.screen_stack[-2:]] == [MainScreen, HelpScreen]
