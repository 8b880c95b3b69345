"""Every key of every screen is in the help, and one that does nothing now says why, everywhere."""

from __future__ import annotations

import re

import pytest

from ckptui.present.spans import text_of
from ckptui.tui.keys import EVERY
from ckptui.tui.screens.footers import BROKEN, LAST_GOOD, SOUND
from ckptui.tui.screens.help import help_lines
from ckptui.tui.widgets.footer import Footer
from tests.tui.driver import Driver, opened

BAD = "checkpoints/ckpt_0000600.pt"
GOOD = "checkpoints/ckpt_0000400.pt"
SOUND_ONE = "checkpoints/ckpt_0000100.pt"


def told(ui: Driver, width: int = 72) -> str:
    """The help for what is on screen."""
    lines = help_lines(ui.app.screen, ui.app.main.why_not, width)
    return "\n".join(text_of(each) for each in lines)


def flat(text: str) -> str:
    """Without line breaks and columns."""
    return " ".join(text.split())


async def test_the_focused_part_comes_first_then_by_what_one_wants(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        titles = [line for line in told(ui).splitlines() if line and not re.search("  |^ ", line)]
        assert titles == ["In this list", "Find", "Act", "View", "Everywhere"]
        await ui.press("enter")
        assert told(ui).startswith("In this text")


@pytest.mark.parametrize(
    ("key", "view", "why"),
    [
        ("z", "1", "there is no repair to take back"),
        ("l", "1", "no run was resumed from here yet, so no log; R resumes"),
        ("c", "3", "no resumed run is working"),
        ("x", "2", "there is no checkpoint under the cursor"),
        ("v", "4", "there is no checkpoint under the cursor"),
        ("y", "3", "there is nothing under the cursor"),
    ],
)
async def test_a_key_that_does_nothing_says_the_same_everywhere(
    run_dir: str, key: str, view: str, why: str
) -> None:
    async with opened(run_dir) as ui:
        await ui.press(view, key)
        await ui.sees(why)
        assert ui.app.screen is ui.app.main
        assert flat(f"not now: {why}") in flat(told(ui))
        name = next(each for each in EVERY if key in each.names and each.id in told_ids(ui))
        await ui.press("colon", *name.label)
        await ui.sees(f"Not now: {why}"[:40])
        await ui.press("escape")


def told_ids(ui: Driver) -> set[str]:
    """Ids of what is bound."""
    return {str(each.binding.id) for each in ui.app.screen.active_bindings.values()}


async def test_the_key_of_the_help_closes_it_and_dialogs_have_it_too(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        await ui.press("V", "question_mark")
        await ui.sees("Go back; nothing is changed.")
        await ui.press("question_mark")
        await ui.sees("everything to level 5")


async def test_the_detail_too_says_why_not(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        await ui.goes_to(SOUND_ONE)
        await ui.press("enter", "f")
        await ui.sees("nothing to mend here: no remedy is recommended")


async def test_what_was_mended_here_can_be_undone_at_once(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        assert ui.app.main.why_not("undo")
        await ui.goes_to(BAD)
        await ui.press("x")
        await ui.agrees()
        await ui.sees("z undoes")
        assert not ui.app.main.why_not("undo")


async def test_the_footer_has_what_helps_here(run_dir: str) -> None:
    async with opened(run_dir, size=(80, 24)) as ui:
        footer = ui.app.main.query_one(Footer)
        for path, ids in ((BAD, BROKEN), (GOOD, LAST_GOOD), (SOUND_ONE, SOUND)):
            await ui.goes_to(path)
            assert footer.ids == ids
            assert ui.text().splitlines()[-1].endswith("? keys")
        await ui.press("space")
        assert "clear marks" in ui.text().splitlines()[-1]
        await ui.pilot.resize_terminal(40, 24)
        await ui.sees("validate")
        last = ui.text().splitlines()[-1]
        assert last.lstrip().startswith("v validate")
        assert len(last) <= 40
