"""Opening texts by key: those of a row, of the run directory, and any by its path."""

from __future__ import annotations

from pathlib import Path

from ckptui.launch.text_files import texts_near
from tests.tui.driver import opened


def a_run(tmp_path: Path) -> Path:
    root = tmp_path / "run"
    made = root / "checkpoint-40"
    made.mkdir(parents=True)
    for name in ("trainer_state.json", "config.json"):
        (made / name).write_text('{"global_step": 40}\n')
    (made / "model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    (root / "ckptui.toml").write_text('[run]\ncommand = ["true"]\n')
    (root / "slurm-12.out").write_text("".join(f"row {n}\n" for n in range(300)))
    (root / "failed_checkpoints.txt").write_text("x.pt|cut short|2026-11-20T00:00:00+00:00\n")
    (root / "a.pt").write_bytes(b"not a checkpoint")
    (root / "a.json").write_text("{}\n")
    return root


def test_a_rows_own_texts_come_first(tmp_path: Path) -> None:
    root = str(a_run(tmp_path))
    found = texts_near(root, "checkpoint-40")
    assert [each.path for each in found if each.own] == [
        "checkpoint-40/config.json",
        "checkpoint-40/trainer_state.json",
    ]
    assert [each.path for each in found if not each.own][:2] == [
        "ckptui.toml",
        "failed_checkpoints.txt",
    ]
    assert {"slurm-12.out", "a.json"} <= {each.path for each in found}
    assert [each.path for each in texts_near(root, "a.pt") if each.own] == [
        "a.json",
        "failed_checkpoints.txt",
    ]
    assert len({each.path for each in found}) == len(found)
    assert texts_near(str(tmp_path / "nowhere"), "x") == []


async def test_o_offers_texts_and_takes_a_path(tmp_path: Path) -> None:
    root = a_run(tmp_path)
    other = tmp_path / "elsewhere.txt"
    other.write_text("from elsewhere\n")
    async with opened(str(root), size=(80, 24)) as ui:
        await ui.goes_to("checkpoint-40")
        await ui.press("o")
        await ui.sees("Open a text", "trainer_state.json", "in checkpoint-40/", "another file")
        await ui.press("2")
        await ui.sees("global_step", "checkpoint-40/trainer_state.json")
        assert "following" not in ui.text()
        await ui.press("escape", "o")
        await ui.sees("slurm-12.out")
        key = next(line for line in ui.text().splitlines() if "slurm-12.out" in line).split()[1]
        await ui.press(key)
        await ui.sees("row 299", "following")
        await ui.press("escape", "o")
        await ui.sees("another file")
        await ui.press("p")
        await ui.sees("~ is your home")
        await ui.press("enter")
        await ui.sees("nothing is written yet")
        await ui.press(*"../elsewhere.txt", "enter")
        await ui.sees("from elsewhere")


async def test_a_run_tells_what_it_said_last_and_its_log_is_followed(tmp_path: Path) -> None:
    run = tmp_path / "run" / ".ckptui" / "runs" / "20261120-021455-aaaa"
    run.mkdir(parents=True)
    (run / "run.json").write_text('{"started_at": "2026-11-20T02:14:55+00:00", "host": "n042"}')
    log = run / "log.txt"
    log.write_text("first\n\x1b[32mstep 12\x1b[0m of 40\n")
    async with opened(str(tmp_path / "run"), size=(138, 26)) as ui:
        await ui.press("3")
        await ui.sees("no exit status yet · step 12 of 40", "first", "following")
        with log.open("a") as file:
            file.write("\r  1%\r 99%\n")
            file.write("RuntimeError: \x1b[2J out of memory\n\n")
        await ui.sees(r"RuntimeError: \x1b[2J out of memory")
        (run / "exit.json").write_text('{"exit_code": 1}')
        await ui.sees("exit code 1", "the run has ended: exit code 1")
        await ui.press("d", "d", "d")
        await ui.until(lambda: "following" not in ui.text(), "the log to go")


async def test_help_can_be_searched(tmp_path: Path) -> None:
    async with opened(str(a_run(tmp_path)), size=(80, 24)) as ui:
        await ui.press("question_mark", "slash", *"quit", "enter")
        await ui.sees("match 1 of")
        await ui.press("n")
        await ui.sees("match 2 of")
        await ui.press("N", "N")
        await ui.until(lambda: "match 1 of" not in ui.text(), "the match at the other end")
        await ui.press("slash", *"Quit", "enter")
        await ui.sees("match 1 of")
        await ui.press("slash", *"nothing so", "enter")
        await ui.sees("“nothing so” is not in this text")
        await ui.press("slash", "escape", "escape")
        await ui.until(lambda: ui.app.screen is ui.app.main, "the main screen")


async def test_a_detail_can_be_searched(tmp_path: Path) -> None:
    async with opened(str(a_run(tmp_path)), size=(80, 24)) as ui:
        await ui.goes_to("a.pt")
        await ui.press("enter")
        await ui.sees("Levels")
        await ui.press("slash", *"level", "enter")
        await ui.sees("match 1 of")
        await ui.press("escape")
        await ui.until(lambda: ui.app.screen is ui.app.main, "the main screen")
