"""Resume, log and cancel by keys alone, with a real child process that outlives the UI."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from ckptui.config import load_run_config
from ckptui.launch.progress import PROGRESS_VARIABLE, write_progress
from ckptui.terms import GOOD as GOOD_NOW
from tests.tui.driver import Driver, opened
from tests.tui.test_outside import a_run as an_ended_run

SCRIPT = """
import sys, time
for number in range(int(sys.argv[1])):
    print("line", number, "\\x1b[2J[bold]not markup[/x]", flush=True)
    time.sleep(float(sys.argv[2]))
print("done in full", flush=True)
"""


def a_run(tmp: str, *arguments: str) -> str:
    """A run directory with nothing but a script; the command is not known yet."""
    root = os.path.join(tmp, "plain")
    os.makedirs(root)
    with open(os.path.join(root, "work.py"), "w", encoding="utf-8") as file:
        file.write(SCRIPT)
    return root


async def write_command(ui: Driver, command: str) -> None:
    await ui.press("R")
    await ui.sees("The command that resumes this run", "ckptui.toml")
    entry = ui.app.screen.query_one("#typed")
    assert ui.app.screen.focused is entry
    for char in command:
        await ui.pilot.press("space" if char == " " else char)
    await ui.press("enter")


async def test_without_a_command_it_asks_writes_starts_and_shows_the_log(tmp_path: object) -> None:
    root = a_run(str(tmp_path))
    async with opened(root) as ui:
        await ui.press("R")
        await ui.sees("The command that resumes this run")
        await ui.press(*"'open", "enter")
        await ui.sees("not a command line")
        await ui.press("escape")
        await ui.sees("nothing was changed")
        await write_command(ui, f"{sys.executable} {root}/work.py 3 0.01")
        await ui.sees("y start", "work.py 3 0.01")
        assert load_run_config(root).command[1:] == (f"{root}/work.py", "3", "0.01")
        await ui.press("y")
        await ui.until(lambda: ui.app.main.view is ui.app.main.runs, "the runs")
        await ui.until(lambda: _states(ui) == ["ended"], "the run to end")
        await ui.press("l")
        await ui.sees("done in full", "line 2", r"\x1b[2J[bold]not markup[/x]", "the run has ended")
        await ui.press("escape")
        await ui.sees("ended", "Outcome")


async def test_cancel_asks_first_and_stops_the_run(tmp_path: object) -> None:
    root = a_run(str(tmp_path))
    async with opened(root, size=(80, 24)) as ui:
        await write_command(ui, f"{sys.executable} {root}/work.py 100000 0.05")
        await ui.sees("y start")
        await ui.press("y")
        await ui.until(lambda: _states(ui) == ["running"], "the run")
        await ui.press("enter")
        await ui.sees("line 5")
        await ui.press("k")
        await ui.press("escape", "c")
        await ui.sees("Cancel this run?", "INT, then TERM, then KILL")
        await ui.press("c", "K")
        await ui.sees("Cancel this run?")
        await ui.press("escape")
        await ui.sees("the run goes on")
        assert _states(ui) == ["running"]
        await ui.press("c")
        await ui.sees("Cancel this run?")
        await ui.press("y")
        await ui.until(lambda: _states(ui) == ["cancelled"], "the run to stop")


async def test_a_second_resume_is_refused_while_one_works(tmp_path: object) -> None:
    root = a_run(str(tmp_path))
    async with opened(root) as ui:
        await write_command(ui, f"{sys.executable} {root}/work.py 100000 0.05")
        await ui.sees("y start")
        await ui.press("y")
        await ui.until(lambda: _states(ui) == ["running"], "the run")
        await ui.press("R")
        await ui.sees("Resume plain", "e edit the command")
        assert "y start" not in ui.text()
        await ui.press("y", "escape")
        await ui.press("c")
        await ui.sees("Cancel this run?")
        await ui.press("y")
        await ui.until(lambda: _states(ui) == ["cancelled"], "the run to stop")
        assert len(os.listdir(os.path.join(root, ".ckptui", "runs"))) == 1


def _states(ui: Driver) -> list[str]:
    return [run.state for run in ui.app.main.runs.rows.values()]


async def test_the_whole_way_by_keys_alone(demo_run: str) -> None:
    """Diagnose, renew, undo, quarantine, resume, watch the log to its end, see the table good."""
    bad, newer = "checkpoints/ckpt_0000600.pt", "checkpoints/ckpt_0000500.pt"
    outdated = "checkpoints/ckpt_0000200.pt"
    async with opened(demo_run, size=(80, 24)) as ui:
        await ui.press("V", "a")
        await ui.until(lambda: ui.rows["checkpoints/ckpt_0000400.pt"].level == 5, "verdicts")
        await ui.goes_to(outdated)
        await ui.press("f")
        await ui.agrees("Renew 1 marker")
        await ui.sees("; z undoes")
        await ui.press("z")
        await ui.agrees("Undo")
        await ui.sees("took back")
        for path in (bad, newer, "features/lake.part_0001.pt"):
            await ui.goes_to(path)
            await ui.press("f")
            await ui.agrees("Quarantine 1 checkpoint")
            await ui.until(lambda path=path: path not in ui.rows, "it to go")  # type: ignore[misc]
        await ui.press("R")
        await ui.sees("Resume demo", "from", "step 400", "y start")
        await ui.press("y")
        await ui.until(lambda: _states(ui) == ["running"], "the run to start")
        await ui.press("l")
        await ui.sees("the run has ended")
        await ui.press("escape")
        await ui.until(lambda: _states(ui) == ["ended"], "the run to end")
        run = next(iter(ui.app.main.runs.rows.values()))
        assert run.exit_code == 0, json.dumps(run.note)
        await ui.press("4")
        await ui.sees("quarantine: done", "renew-marker: undone")
        await ui.press("1")
        await ui.until(lambda: bad in ui.rows and ui.rows[bad].category in GOOD_NOW, "it good")
        # A row counts as unchecked before it was looked at; the last good one follows.
        await ui.until(lambda: _last_good_step(ui) == 600, "the newest to be the last good")


def _last_good_step(ui: Driver) -> int | None:
    good = ui.app.main.snapshot.last_good
    return None if good is None else good.step


async def test_the_progress_takes_no_room_while_no_run_reports_any(tmp_path: Path) -> None:
    root = an_ended_run(tmp_path)
    async with opened(str(root)) as ui:
        await ui.press("3")
        await ui.sees("Outcome", "exit code 0: done")
        assert "Progress" not in ui.text()
        other = root / ".ckptui" / "runs" / "20261121-021455-bbbb"
        other.mkdir()
        write_progress({PROGRESS_VARIABLE: str(other / "progress.json")}, 1, 2, "half of it")
        (other / "run.json").write_text('{"host": "gpu-08"}')
        await ui.sees("Progress", "▰▰▰▱▱▱", "Runs 2")
