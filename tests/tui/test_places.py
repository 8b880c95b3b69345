"""Several run directories at once: each a place of its own, one of them on show."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from ckptui.validation.pool import Pool, jobs_of_each
from tests.cli.program import ckptui
from tests.tui.driver import opened
from tests.tui.terminal import shown

GOOD = "checkpoints/ckpt_0000400.pt"


def other_run(run_dir: str, tmp_path: Path, name: str = "other") -> str:
    """A run directory with two good checkpoints."""
    root = tmp_path / name
    root.mkdir()
    for step in (1, 2):
        shutil.copy2(os.path.join(run_dir, GOOD), root / f"ckpt_{step}.pt")
    return str(root)


def cut_short(path: str) -> None:
    """A checkpoint of which only the beginning was written, long ago."""
    Path(path).write_bytes(b"PK\x03\x04 and no more")
    os.utime(path, (1, 1))


async def test_the_line_of_places_says_how_each_is_and_keys_go_there(
    run_dir: str, tmp_path: Path
) -> None:
    other = other_run(run_dir, tmp_path)
    async with opened(run_dir, other, size=(80, 24)) as ui:
        await ui.sees("[ run ✗ 1 corrupted of 17 │ other ◌ 2 unchecked ]")
        assert GOOD.rpartition("_")[2] in ui.text()
        await ui.press("right_square_bracket")
        await ui.sees("ckpt_2.pt", "1 Checkpoints 2")
        assert "ckpt_0000600" not in ui.text()
        assert ui.app.main is ui.app.places[1]
        await ui.press("right_square_bracket")
        await ui.sees("ckpt_0000600.pt", "1 Checkpoints 17")
        await ui.press("left_square_bracket")
        await ui.sees("ckpt_2.pt")


async def test_a_place_keeps_its_cursor_its_filter_and_its_view(
    run_dir: str, tmp_path: Path
) -> None:
    async with opened(run_dir, other_run(run_dir, tmp_path)) as ui:
        await ui.goes_to(GOOD)
        await ui.press("slash", *"0400", "enter", "right_square_bracket", "4")
        await ui.sees("no failures")
        await ui.press("left_square_bracket")
        await ui.sees("filter: 0400")
        assert ui.app.main.table.cursor == GOOD
        await ui.press("right_square_bracket")
        await ui.sees("no failures")


async def test_what_happens_in_a_place_not_on_show_is_there_when_it_is(
    run_dir: str, tmp_path: Path
) -> None:
    other = other_run(run_dir, tmp_path)
    async with opened(run_dir, other) as ui:
        await ui.sees("other ◌ 2 unchecked")
        await ui.press("right_square_bracket")
        await ui.sees("ckpt_2.pt")
        await ui.press("left_square_bracket")
        await ui.sees("ckpt_0000600.pt")
        paints = ui.app.places[1].table.keys
        os.unlink(os.path.join(other, "ckpt_2.pt"))
        cut_short(os.path.join(other, "ckpt_3.pt"))
        await ui.sees("other ✗ 1 corrupted of 2")
        assert ui.app.places[1].table.keys is paints, "nothing is worked out for nobody"
        await ui.press("right_square_bracket")
        await ui.sees("ckpt_3.pt", "corrupted")
        assert "ckpt_2.pt" not in ui.text()


async def test_a_click_goes_to_a_place(run_dir: str, tmp_path: Path) -> None:
    async with opened(run_dir, other_run(run_dir, tmp_path)) as ui:
        await ui.sees("other ◌ 2 unchecked")
        line = ui.text().splitlines()[0]
        await ui.pilot.click("#places", offset=(line.index("other") + 2, 0))
        await ui.sees("ckpt_2.pt")


async def test_the_palette_lists_the_places(run_dir: str, tmp_path: Path) -> None:
    async with opened(run_dir, other_run(run_dir, tmp_path, "[bold]tricky[x]")) as ui:
        await ui.press("colon", *"tricky")
        await ui.sees("[bold]tricky[x]", "go to this run directory")
        await ui.press("down", "enter")
        await ui.sees("ckpt_2.pt")


async def test_a_place_that_disappears_says_so_in_the_line(run_dir: str, tmp_path: Path) -> None:
    other = other_run(run_dir, tmp_path)
    async with opened(run_dir, other) as ui:
        await ui.sees("other ◌ 2 unchecked")
        shutil.rmtree(other)
        await ui.sees("other ⨯ cannot be seen")
        await ui.press("right_square_bracket")
        await ui.sees("is not there")


async def test_one_place_alone_has_no_line_and_no_keys_for_it(run_dir: str) -> None:
    async with opened(run_dir) as ui:
        assert "[ run" not in ui.text()
        await ui.press("question_mark")
        await ui.sees("Keys")
        assert "Go to the next run directory" not in ui.text()
        await ui.press("escape", "right_square_bracket")
        assert ui.app.screen is ui.app.main


@pytest.mark.parametrize("width", [40, 80, 120])
async def test_many_places_fit_in_any_width(run_dir: str, tmp_path: Path, width: int) -> None:
    others = [other_run(run_dir, tmp_path, f"experiment-number-{at}") for at in range(6)]
    async with opened(run_dir, *others, size=(width, 24)) as ui:
        for at in range(7):
            await ui.until(lambda: "looking" not in ui.text().splitlines()[0], "all of them")
            line = ui.text().splitlines()[0]
            assert line.startswith(" [ ") and line.endswith(" ]"), line
            assert ("run" if at == 0 else f"-{at - 1}") in line
            await ui.press("right_square_bracket")


def test_all_checks_together_are_no_more_than_the_machine_bears() -> None:
    assert jobs_of_each(1) is None
    with Pool() as alone:
        jobs = alone.jobs
    each = jobs_of_each(2)
    assert each is not None
    assert 1 <= each <= max(1, jobs // 2)
    assert jobs_of_each(100) == 1


def test_quitting_names_the_place_of_a_run_that_goes_on(run_dir: str, tmp_path: Path) -> None:
    other = other_run(run_dir, tmp_path)
    ckptui("set-command", other, "--", sys.executable, "-c", "import time; time.sleep(60)")
    assert ckptui("resume", other, "--yes").code == 0
    try:
        with shown(run_dir, other, size=(80, 24)) as terminal:
            terminal.shows("other ◌ 2 unchecked ▶")
            terminal.press("q")
            terminal.until(terminal.ended, "the end")
            assert terminal.status == 0
            assert re.search(r"run [^ ]+ of other goes on", terminal.text())
    finally:
        assert ckptui("cancel", other, "--yes").code == 0


async def test_going_round_in_a_hurry_ends_where_the_keys_say(run_dir: str, tmp_path: Path) -> None:
    others = [other_run(run_dir, tmp_path, f"run-{at}") for at in range(3)]
    async with opened(run_dir, *others) as ui:
        await ui.pilot.press(*["right_square_bracket"] * 9)
        await ui.sees("ckpt_2.pt", "run-2 ◌ 2")
        assert [place.feed.is_open for place in ui.app.places] == [False, True, False, False]
