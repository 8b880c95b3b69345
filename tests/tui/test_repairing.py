"""Keys that mend do what the preview says, nothing before a yes, and undo takes it back."""

from __future__ import annotations

import os
import shutil

from ckptui.repair import apply, plan
from ckptui.terms import Action, Category, MarkerState
from tests.tui.driver import bits, opened, there

BAD = "checkpoints/ckpt_0000600.pt"
OUTDATED = "checkpoints/ckpt_0000200.pt"
GOOD = "checkpoints/ckpt_0000400.pt"


def replace_by_another(root: str, path: str) -> None:
    """What a save does: another file under the same name, old enough to be left in peace."""
    other = os.path.join(root, "other")
    shutil.copy2(os.path.join(root, GOOD), other)
    os.replace(other, os.path.join(root, path))


def repaired_elsewhere(root: str, action: str, path: str) -> None:
    """What another ckptui does meanwhile."""
    apply(plan(Action(action), root, [path]))


async def test_fix_renews_an_outdated_marker_and_undo_brings_the_old_one_back(run_dir: str) -> None:
    before = bits(run_dir, OUTDATED + ".done")
    async with opened(run_dir, size=(80, 24)) as ui:
        await ui.goes_to(OUTDATED)
        await ui.press("f")
        await ui.agrees("Renew 1 marker")
        await ui.until(lambda: ui.rows[OUTDATED].marker is MarkerState.PRESENT, "a new marker")
        assert bits(run_dir, OUTDATED + ".done")[1] > before[1]
        await ui.sees("; z undoes")
        await ui.press("z")
        await ui.agrees("Undo")
        await ui.until(lambda: ui.rows[OUTDATED].marker is MarkerState.OUTDATED, "the old marker")
        assert bits(run_dir, OUTDATED + ".done") == before


async def test_quarantine_moves_and_undo_restores_bit_for_bit(run_dir: str) -> None:
    before = bits(run_dir, BAD)
    async with opened(run_dir) as ui:
        await ui.goes_to(BAD)
        await ui.press("x")
        await ui.sees("Quarantine 1 checkpoint", ".ckptui/trash/")
        assert there(run_dir, BAD)
        await ui.press("y")
        await ui.until(lambda: BAD not in ui.rows, "the row to go")
        assert not there(run_dir, BAD)
        await ui.sees("; z undoes")
        await ui.press("z")
        await ui.sees("y apply", "Undo", " Nothing is deleted.")
        assert "z undoes it" not in ui.text(), "it would undo what came before"
        await ui.press("y")
        await ui.until(lambda: BAD in ui.rows, "the row to come back")
    assert bits(run_dir, BAD) == before


async def test_the_triggering_key_confirms_nothing_and_esc_leaves_all_as_it_is(
    run_dir: str,
) -> None:
    before = sorted(os.listdir(os.path.join(run_dir, "checkpoints")))
    async with opened(run_dir) as ui:
        await ui.goes_to(BAD)
        for key in ("x", "f"):
            await ui.press(key)
            await ui.sees("y apply")
            await ui.press(key, key, "enter", "space")
            await ui.sees("y apply")
            await ui.press("escape")
            await ui.sees("nothing was changed")
    assert sorted(os.listdir(os.path.join(run_dir, "checkpoints"))) == before


async def test_the_last_good_one_needs_a_second_yes(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        await ui.goes_to(GOOD)
        await ui.press("x")
        await ui.agrees("Quarantine 1 checkpoint")
        await ui.sees("Are you sure?")
        await ui.press("escape")
        await ui.sees("nothing was changed")
        assert there(run_dir, GOOD)
        await ui.press("x")
        await ui.agrees("Quarantine 1 checkpoint")
        await ui.sees("Are you sure?")
        await ui.press("y")
        await ui.until(lambda: GOOD not in ui.rows, "the row to go")


async def test_marker_menu_removes_and_adds(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        await ui.goes_to(GOOD)
        await ui.press("m")
        await ui.sees("add:", "renew:", "remove:")
        await ui.press("r")
        await ui.agrees("Remove 1 marker")
        await ui.until(lambda: ui.rows[GOOD].marker is MarkerState.MISSING, "no marker")
        assert not there(run_dir, GOOD + ".done")
        await ui.sees("; z undoes")
        await ui.press("m", "a")
        await ui.agrees("Add markers")
        await ui.until(lambda: ui.rows[GOOD].marker is MarkerState.PRESENT, "a marker")


async def test_several_marked_ones_are_mended_in_one_preview(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        for path in (BAD, OUTDATED):
            await ui.goes_to(path)
            await ui.press("space")
        await ui.sees("2 checkpoints marked")
        await ui.press("f")
        await ui.agrees("Fix", "move", "check")
        await ui.until(lambda: BAD not in ui.rows, "the bad one to go")
        await ui.until(lambda: ui.rows[OUTDATED].marker is MarkerState.PRESENT, "the marker")
        assert not ui.app.main.table.marks


async def test_keys_that_mend_work_on_the_detail_too(run_dir: str) -> None:
    async with opened(run_dir, size=(80, 24)) as ui:
        await ui.goes_to(BAD)
        await ui.press("enter")
        await ui.sees("cut short", "Levels", "quarantine it")
        await ui.press("f")
        await ui.agrees("Quarantine 1 checkpoint")
        await ui.until(lambda: BAD not in ui.rows, "the row to go")


async def test_a_preview_does_not_catch_keys_that_were_meant_for_something_else(
    run_dir: str,
) -> None:
    async with opened(run_dir) as ui:
        await ui.goes_to(BAD)
        await ui.press("x", "slash", *"yyyy")
        await ui.until(lambda: not ui.app.main.asking, "the preview to be ready")
        assert ui.app.screen is ui.app.main
        await ui.press(*"yy", "escape")
        assert there(run_dir, BAD)


async def test_nothing_recommended_is_said(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        await ui.goes_to(GOOD)
        await ui.press("f")
        await ui.sees("nothing to mend here")
        assert ui.rows[GOOD].category is Category.UNCHECKED


async def test_a_file_that_changed_behind_the_preview_is_not_what_was_agreed_to(
    run_dir: str,
) -> None:
    async with opened(run_dir) as ui:
        await ui.goes_to(BAD)
        await ui.press("x")
        await ui.sees("y apply", "Quarantine 1 checkpoint")
        replace_by_another(run_dir, BAD)
        await ui.press("y")
        await ui.sees("something changed since the preview")
        assert there(run_dir, BAD)


async def test_undo_takes_back_what_its_preview_said_and_nothing_newer(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        await ui.goes_to(BAD)
        await ui.press("x")
        await ui.agrees("Quarantine")
        await ui.sees("; z undoes")
        await ui.press("z")
        await ui.sees("y apply", "Undo")
        repaired_elsewhere(run_dir, "remove-marker", GOOD)
        await ui.press("y")
        await ui.sees("something changed since the preview")
        assert not there(run_dir, BAD)
        assert not there(run_dir, GOOD + ".done")
