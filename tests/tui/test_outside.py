"""Pager and editor on our terminal, in a real pty, and copies that are saved."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from ckptui.errors import CkptuiError
from ckptui.launch.copy_text import Doubt, copy_text, doubts_about
from ckptui.tui.widgets.log import LogView
from tests.evil import BAD_BYTES, MARKUP, SEQUENCES, leaks
from tests.tui.driver import opened
from tests.tui.terminal import PATIENCE, Terminal, shown

LOG = "first line\n" + "\x1b[2J\x1b]52;c;ZXZpbA==\x07 evil\n" + "row\n" * 200 + "last line\n"


def a_run(tmp_path: Path) -> Path:
    """A run directory with an ended run and its log."""
    run = tmp_path / "run" / ".ckptui" / "runs" / "20261120-021455-aaaa"
    run.mkdir(parents=True)
    (run / "run.json").write_text('{"started_at": "2026-11-20T02:14:55+00:00", "host": "gpu-07"}')
    (run / "exit.json").write_text('{"exit_code": 0, "ended_at": "2026-11-20T02:15:55+00:00"}')
    (run / "log.txt").write_text(LOG)
    return tmp_path / "run"


def script(tmp_path: Path, name: str, body: str) -> str:
    """A small program."""
    path = tmp_path / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def open_log(terminal: Terminal) -> None:
    terminal.sees("Last good")
    terminal.sees("Runs 1")
    terminal.press("l")
    terminal.sees("last line")
    terminal.sees("the run has ended")


def leave(terminal: Terminal) -> None:
    terminal.press("q")
    terminal.until(terminal.ended, "the end")
    assert terminal.status == 0


def test_the_pager_gets_the_text_without_escapes_and_the_screen_comes_back(tmp_path: Path) -> None:
    root = a_run(tmp_path)
    pager = script(tmp_path, "my pager", 'echo "HERE I AM"; cat; exec sleep 600')
    with shown(str(root), PAGER=f"'{pager}'") as terminal:
        open_log(terminal)
        terminal.press("p")
        terminal.sees("HERE I AM")
        terminal.sees(r"\x1b[2J\x1b]52;c;ZXZpbA==\x07 evil")
        before = len(terminal.sent)
        terminal.press("\x03")  # for the pager, not for us
        terminal.until(lambda: b"the run has ended" in terminal.sent[before:], "the log again")
        terminal.sees("was ended by SIGINT")
        terminal.press("g")
        terminal.sees("first line")
        leave(terminal)
    assert b"\x1b]52;c;ZXZpbA" not in terminal.sent


def test_less_shows_no_raw_escape_whatever_its_options_are(tmp_path: Path) -> None:
    root = a_run(tmp_path)
    with shown(str(root), PAGER="less -R", LESS="-r") as terminal:
        open_log(terminal)
        terminal.press("g")
        terminal.sees("first line")
        terminal.press("p")
        terminal.sees("ESC")
        before = len(terminal.sent)
        terminal.press("q")
        terminal.until(lambda: b"esc" in terminal.sent[before:], "our screen again")
        leave(terminal)
    assert b"\x1b]52;c;ZXZpbA" not in terminal.sent


def test_the_editor_edits_and_says_how_it_failed(tmp_path: Path) -> None:
    root = a_run(tmp_path)
    editor = script(tmp_path, "editor", 'for file; do :; done; echo "added" >> "$file"; exit 3')
    with shown(str(root), EDITOR=editor) as terminal:
        open_log(terminal)
        terminal.press("e")
        terminal.sees("editor ended with exit code 3")
        terminal.sees("added")
        leave(terminal)
    with shown(str(root), EDITOR="no-such-editor") as terminal:
        open_log(terminal)
        terminal.press("e")
        terminal.sees("no-such-editor is not installed here")
        leave(terminal)
    with shown(str(root), "--read-only", EDITOR=editor) as terminal:
        open_log(terminal)
        terminal.press("e")
        terminal.sees("read-only")
        leave(terminal)
    assert (root / ".ckptui/runs/20261120-021455-aaaa/log.txt").read_text() == LOG + "added\n"


async def test_without_a_terminal_of_its_own_it_says_so(tmp_path: Path) -> None:
    async with opened(str(a_run(tmp_path))) as ui:
        await ui.until(lambda: ui.app.main.runs.rows, "the run")
        await ui.press("l")
        await ui.sees("last line")
        await ui.press("p")
        await ui.sees("cannot be lent to")


async def test_a_copy_is_saved_after_each_doubt(tmp_path: Path) -> None:
    root = a_run(tmp_path)
    target, inside = tmp_path / "copy.txt", root / "copy.txt"
    async with opened(str(root)) as ui:
        await ui.until(lambda: ui.app.main.runs.rows, "the run")
        await ui.press("l")
        await ui.sees("last line")
        view = ui.app.screen.query_one(LogView)

        async def save(path: Path) -> None:
            await ui.press("w")
            await ui.sees("Save a copy", "aaaa-log.txt")
            entry = ui.app.screen.query_one("#typed")
            entry.value = str(path)  # type: ignore[attr-defined]
            await ui.press("enter")

        await save(target)
        await ui.sees(f"saved {len(LOG)}B as", "copy.txt")
        assert target.read_text() == LOG
        target.write_text("something dear")
        await save(target)
        await ui.sees("Save it there?", "written over")
        await ui.press("escape")
        await ui.sees("nothing was saved")
        assert target.read_text() == "something dear"
        await save(target)
        await ui.sees("Save it there?")
        await ui.press("y")
        await ui.until(lambda: target.read_text() == LOG, "the copy")
        await save(inside)
        await ui.sees("inside the run directory")
        await ui.press("y")
        await ui.until(inside.exists, "the copy")
        await save(tmp_path / "no" / "such" / "place")
        await ui.sees("not saved", "No such file")
        assert view.path is not None
        await save(Path(view.path))
        await ui.sees("Save it there?")
        await ui.press("y")
        await ui.sees("that is the file itself")
    assert sorted(os.listdir(tmp_path)) == ["copy.txt", "run"]


def test_no_copy_over_what_is_no_file_and_none_is_left_half(tmp_path: Path) -> None:
    source, pipe = tmp_path / "log", tmp_path / "pipe"
    source.write_text(LOG)
    os.mkfifo(pipe)
    assert doubts_about(str(pipe), str(tmp_path)) == (Doubt.EXISTS, Doubt.INSIDE)
    assert doubts_about(str(tmp_path / "new"), str(tmp_path / "run")) == ()
    with pytest.raises(CkptuiError, match="not a regular file"):
        copy_text(str(source), str(pipe), over=True)
    with pytest.raises(FileExistsError):
        copy_text(str(source), str(pipe), over=False)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "beyond")
    assert copy_text(str(source), str(link), over=True) == len(LOG)
    assert (tmp_path / "beyond").read_text() == LOG
    assert link.is_symlink()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["beyond", "link", "log", "pipe"]


def test_no_byte_of_a_hostile_log_or_name_arrives_raw(tmp_path: Path) -> None:
    root = a_run(tmp_path)
    log = root / ".ckptui/runs/20261120-021455-aaaa/log.txt"
    evil = "\n".join(f"{each} {MARKUP} needle {each}" for each in SEQUENCES).encode()
    log.write_bytes(evil + b"\n" + os.fsencode(BAD_BYTES) + b"\r" + evil[-9:] + b"\nlast line\n")
    long = "n" * 200 + "\x1b[48;5;77m\x9b37m\u202e.txt"
    (root / long[-255:]).write_bytes(evil + b"\nneedle\n")
    (root / os.fsdecode(b"not\xff\x9b31m.log")).write_bytes(evil)
    with shown(str(root)) as terminal:
        open_log(terminal)
        for keys in ("g", "/needle\r", "n", "n", "N", "W", "\x1b[C", "\x1b[D", "/\x1b", "?", "\x1b",
                     "\x1b", "3", "\x1b", "o", "1", "g", "/needle\r", "\x1b", "o", "2",
                     "\x1b", "o", "3", "w", "\x1b", "\x1b", "o", "4", "\x1b"):  # fmt: skip
            terminal.press(keys)
            terminal.read(0.25)
        leave(terminal)
    assert "needle" in terminal.text()
    assert leaks(terminal.sent) == []


def test_the_reader_dies_with_the_app(tmp_path: Path) -> None:
    with shown(str(a_run(tmp_path))) as terminal:
        open_log(terminal)
        readers = children(terminal.pid, "ckptui.launch.reader")
        assert len(readers) == 1
        os.kill(terminal.pid, signal.SIGKILL)
        terminal.until(terminal.ended, "the end")
        end = time.monotonic() + PATIENCE
        while alive(readers[0]):
            assert time.monotonic() < end
            time.sleep(0.02)


def children(pid: int, word: str) -> list[int]:
    """Child processes with a word in their command."""
    found = subprocess.run(
        ["ps", "--ppid", str(pid), "-o", "pid=,args="], capture_output=True, text=True, check=False
    ).stdout
    return [int(line.split()[0]) for line in found.splitlines() if word in line]


def alive(pid: int) -> bool:
    """True while a process is there and no zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
