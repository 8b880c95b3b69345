"""The palette: every action with its key, columns, themes, and checkpoints whatever their names."""

from __future__ import annotations

import os
import shutil

from ckptui.present.filter_kinds import fold
from ckptui.tui.palette import score
from tests.tui.driver import opened

EVIL = (
    "clear\x1b[2Jall.pt",
    "[bold]not[/x] [@click=app.bell]markup.pt",
    "bidi\u202etp.exe.pt",
    "n" * 240 + ".pt",
)
GOOD = "checkpoints/ckpt_0000400.pt"


def test_a_name_is_a_better_hit_than_a_folder_and_that_than_letters_apart() -> None:
    values = [score(fold(typed), "ckpt_a/best_4500.pt") for typed in ("best", "500", "ckpt", "b5p")]
    assert values == sorted(values, reverse=True)
    assert min(values) > 0
    assert score("x", "ckpt_a/best_4500.pt") == 0
    assert score("ckpt", "ckpt.pt") > score("ckpt", "ckpt_and_more.pt")


def test_a_name_that_is_made_to_take_long_does_not() -> None:
    # Going through all ways to find these letters would take longer than anybody lives.
    assert score("n" * 40 + "m", "n" * 240 + ".pt") == 0
    assert score("n" * 40 + "pt", "n" * 240 + ".pt") > 0


async def test_every_action_is_there_and_says_why_it_cannot_work_now(run_dir: str) -> None:
    async with opened(run_dir, read_only=True) as ui:
        await ui.press("colon", *"quarantine")
        await ui.sees("quarantine  x", "Not now: read-only: started with --read-only")
        await ui.press("enter")
        await ui.sees("read-only: started with --read-only")
        await ui.press("colon", *"mark all")
        await ui.sees("mark all  A")
        await ui.press("down", "enter")
        await ui.until(lambda: ui.app.main.table.marks, "the marks")


async def test_columns_and_themes(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        await ui.press("colon", *"sort by size")
        await ui.sees("sort by Size")
        await ui.press("down", "enter")
        await ui.until(lambda: ui.app.main.view.sort == ("size", False), "the order")
        await ui.press("colon", *"theme ckptui-light")
        await ui.sees("theme ckptui-light")
        await ui.press("down", "enter")
        await ui.until(lambda: ui.app.theme == "ckptui-light", "the theme")


async def test_evil_names_are_shown_as_they_are_and_found(run_dir: str) -> None:
    for name in EVIL:
        os.makedirs(os.path.dirname(os.path.join(run_dir, name)), exist_ok=True)
        shutil.copy(os.path.join(run_dir, GOOD), os.path.join(run_dir, name))
    async with opened(run_dir) as ui:
        for typed, seen in (
            ("[/x]", "[bold]not[/x] [@click=app.bell]markup.pt"),
            (r"clear\x1b", r"clear\x1b[2Jall.pt"),
            ("tp.exe", r"bidi\u202etp.exe.pt"),
        ):
            await ui.press("colon", *typed)
            await ui.sees(seen)
            await ui.press("escape", "escape")
        await ui.press("colon", *"[bold]not")
        await ui.sees("go to it")
        await ui.press("down", "enter")
        await ui.until(lambda: ui.app.main.table.cursor == EVIL[1], "the jump")
