"""The view of a text file: real files that grow under a real reader process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ckptui.tui.widgets.log import LogView
from tests.tui.driver import Driver, opened

WRITER = """
import sys, time
with open(sys.argv[1], "ab") as file:
    for number in range(int(sys.argv[2]), int(sys.argv[3])):
        file.write(b"line %06d\\n" % number)
        file.flush()
"""


def grow(path: Path, first: int, last: int) -> None:
    """Another process writes to the file."""
    subprocess.run([sys.executable, "-c", WRITER, path, str(first), str(last)], check=True)


@asynccontextmanager
async def text_view(
    path: Path, *, follow: bool, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Driver, LogView]]:
    """The real app with a text file open."""
    root = path.parent / "run"
    root.mkdir(exist_ok=True)
    async with opened(str(root), size=size) as ui:
        view = ui.app.main.show_text("A text", str(path), follow=follow)
        await ui.until(lambda: view.window, "the first rows")
        yield ui, view


async def test_it_follows_until_the_user_goes_up_counts_and_follows_again(tmp_path: Path) -> None:
    log = tmp_path / "log"
    grow(log, 0, 500)
    async with text_view(log, follow=True) as (ui, _):
        await ui.sees("line 000499", "following", "end")
        grow(log, 500, 600)
        await ui.sees("line 000599")
        await ui.press("k")
        await ui.sees("stopped; F follows", "line 000579")
        seen = ui.text().splitlines()[1:-2]
        grow(log, 600, 912)
        await ui.sees("+312 lines below")
        assert ui.text().splitlines()[1:-2] == seen
        await ui.press("F")
        await ui.sees("line 000911", "following")
        assert "below" not in ui.text()
        await ui.press("pageup")
        await ui.sees("stopped")
        await ui.press("G")
        await ui.sees("following")


async def test_top_end_percent_and_line_number(tmp_path: Path) -> None:
    log = tmp_path / "log"
    grow(log, 0, 5000)
    async with text_view(log, follow=True) as (ui, view):
        await ui.sees("line 004999")
        await ui.press("g")
        await ui.sees("line 000000", "line 1 ·")
        await ui.press("percent_sign", *"50%", "enter")
        await ui.sees("line 002500")
        await ui.press("percent_sign", *"1,234", "enter")
        await ui.sees("line 001233", "line 1,234 ·")
        await ui.press("percent_sign", *"99999", "enter")
        await ui.sees("no line 99,999")
        await ui.press("percent_sign", *"nowhere", "enter")
        await ui.sees("no such place")
        for _ in range(12):
            await ui.press("pagedown")
        await ui.sees(f"line {1233 + 12 * (view.page - 1):06d}")


async def test_search_goes_there_counts_lights_up_and_comes_round(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"row {n} {'Needle' if n % 100 == 7 else ''}\n" for n in range(1000)))
    async with text_view(log, follow=False) as (ui, view):
        await ui.press("slash", *"needle", "enter")
        await ui.sees("row 7 Needle", "match 1 of 10")
        await ui.press("n")
        await ui.sees("row 107 Needle", "match 2 of 10")
        await ui.press("N")
        await ui.sees("match 1 of 10")
        await ui.press("N")
        await ui.sees("row 907 Needle", "match 10 of 10", "went on from the other end")
        rows = {row.text: row.hits for row in view.window.rows}
        assert rows["row 907 Needle"] == ((8, 14),)
        await ui.press("slash", *["backspace"] * 6, *"NEEDLE", "enter")
        await ui.sees("“NEEDLE” is not in this file")
        await ui.press("slash", *["backspace"] * 6, *"/row 5.5 /", "enter")
        await ui.sees("of 10", "row 505")
        await ui.press("escape")
        await ui.until(lambda: ui.app.screen is ui.app.main, "the main screen")


async def test_a_search_without_an_end_is_stopped(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("a" * 60 + "\n")
    async with text_view(log, follow=False) as (ui, view):
        await ui.press("slash", *"/(a+)+$b/", "enter")
        await ui.sees("looking")
        await ui.until(lambda: view.state.silent > 1, "the reader to be lost in it")
        await ui.press("escape")
        await ui.sees("stopped looking", "aaaa")
        await ui.press("g", "slash", *"aa", "enter")
        await ui.sees("match 1 of 1")


async def test_a_file_that_is_cut_or_replaced_is_followed_on(tmp_path: Path) -> None:
    log = tmp_path / "log"
    grow(log, 0, 300)
    async with text_view(log, follow=True) as (ui, _):
        await ui.sees("line 000299")
        os.truncate(log, 0)
        grow(log, 900, 905)
        await ui.sees("the file was cut short", "line 000904")
        assert "000299" not in ui.text()
        grow(tmp_path / "new", 700, 710)
        os.replace(log, tmp_path / "log.1")
        os.replace(tmp_path / "new", log)
        await ui.sees("another file took its place", "line 000709")
        log.unlink()
        await ui.sees("the file is gone", "line 000709")
        grow(log, 20, 25)
        await ui.sees("there again", "line 000024")


async def test_a_reader_that_is_killed_is_replaced_once_and_then_it_is_said(tmp_path: Path) -> None:
    log = tmp_path / "log"
    grow(log, 0, 300)
    async with text_view(log, follow=True) as (ui, view):
        first = view.reader_pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await ui.sees("another one works")
        grow(log, 300, 305)
        await ui.sees("line 000304")
        second = view.reader_pid
        assert second is not None
        os.kill(second, signal.SIGKILL)
        await ui.sees("ended twice", "line 000304")


async def test_silence_is_said_and_leaving_does_not_wait(tmp_path: Path) -> None:
    log = tmp_path / "log"
    grow(log, 0, 300)
    async with text_view(log, follow=True) as (ui, view):
        pid = view.reader_pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        await ui.sees("no answer from the file for")
        await ui.press("k", "g", "escape")
        await ui.until(lambda: ui.app.screen is ui.app.main, "the main screen")
        await ui.until(lambda: not _alive(pid), "the reader to be killed")


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_long_lines_are_broken_or_go_on_to_the_side(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("start " + "middle " * 40 + "END\nsecond\n")
    async with text_view(log, follow=False) as (ui, _):
        await ui.sees("END", "second")
        await ui.press("W")
        await ui.sees("second", "go on beyond")
        assert "END" not in ui.text()
        await ui.press(*["right"] * 6)
        await ui.sees("END")
        assert "start" not in ui.text()
        await ui.press(*["left"] * 6)
        await ui.sees("start middle")
        await ui.press("W")
        await ui.sees("END")


async def test_only_the_rows_near_the_eye_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"".join(b"%07d %s\n" % (n, b"x" * 1500) for n in range(8_000)))
    async with text_view(log, follow=True, size=(80, 100)) as (ui, view):
        await ui.press("W", *["pageup"] * 20)
        assert view.window.end - view.window.start < 3 << 19
        await ui.press("g")
        await ui.sees("0000000 xxx")
