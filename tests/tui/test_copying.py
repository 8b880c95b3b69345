"""Copying: what goes where, what is said of it, and what to do where it cannot work."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex

import pytest

from ckptui.launch.model import RunRecord
from ckptui.present.copying import (
    checkpoint_copies,
    failure_copies,
    paths_copy,
    run_copies,
    stage_copies,
)
from ckptui.repair.model import JournalEntry
from ckptui.terms import Action, Category
from ckptui.tui import clipboard
from ckptui.tui.screens.taking import TakeScreen
from ckptui.watch.model import Checkpoint, FailureRow, StageRow
from tests.tui.driver import bits, opened
from tests.tui.terminal import shown

BAD = "checkpoints/ckpt_0000600.pt"
EVIL = "it's [bold]\x1b[2J\udcff.pt"


def decoded(sequence: str) -> bytes:
    """What a terminal would put into its clipboard."""
    found = re.fullmatch("\x1b]52;c;([^\a]*)\a", sequence)
    assert found
    return base64.b64decode(found[1])


def test_a_terminal_gets_the_bytes_as_they_are() -> None:
    way = clipboard.way_for(EVIL, {"TERM": "xterm"})
    assert decoded(way.sequence) == os.fsencode(EVIL)
    assert not way.tmux


def test_screen_gets_short_pieces_that_make_up_the_whole() -> None:
    way = clipboard.way_for("x" * 3000, {"TERM": "screen", "STY": "1.pts"})
    pieces = re.findall("\x1bP(.*?)\x1b\\\\", way.sequence, re.DOTALL)
    assert all(len(piece) <= 256 for piece in pieces)
    assert decoded("".join(pieces)) == b"x" * 3000
    assert re.sub("\x1bP.*?\x1b\\\\", "", way.sequence, flags=re.DOTALL) == ""


def test_what_cannot_work_is_said_and_not_tried() -> None:
    large = "x" * (clipboard.LARGEST + 1)
    assert "too long" in clipboard.way_for(large, {"TERM": "xterm"}).problem
    assert "no clipboard" in clipboard.way_for("x", {"TERM": "linux"}).problem
    within = clipboard.way_for(large, {"TERM": "linux", "TMUX": "/tmp/x,1,0"})
    assert (within.tmux, within.sequence, within.problem) == (True, "", "")


async def test_tmux_that_is_not_there_is_no_trouble() -> None:
    assert not await clipboard.into_tmux("x", {"PATH": "/nowhere"})
    assert not await clipboard.into_tmux("x", {"PATH": os.environ["PATH"], "TMUX": "/no/where,1,0"})


def test_what_can_be_copied_of_a_checkpoint() -> None:
    row = Checkpoint(EVIL, category=Category.CORRUPTED, reason="cut short", size=3, level=1,
                     remedy=Action.QUARANTINE)  # fmt: skip
    texts = {each.what: each.text for each in checkpoint_copies(row, "/run dir", now=0.0)}
    assert texts["path"] == f"/run dir/{EVIL}"
    assert texts["reason"] == "cut short"
    assert "cut short" in texts["diagnosis"]
    assert "\x1b" not in texts["diagnosis"]
    assert json.loads(texts["verdict as JSON"])["path"] == EVIL
    typed = texts["command that mends"]
    assert typed.startswith("ckptui repair quarantine $'/run dir/it")
    assert "\x1b" not in typed
    plain = Checkpoint("a b.pt", remedy=Action.ADD_MARKER)
    found = {each.what: each.text for each in checkpoint_copies(plain, "/run", now=0.0)}
    assert shlex.split(found["command that mends"])[-1] == "/run/a b.pt"
    assert "reason" not in found
    several = paths_copy(["a b.pt", "c.pt"], "/run")
    assert several[0].text == "/run/a b.pt\n/run/c.pt"
    assert shlex.split(several[1].text) == ["/run/a b.pt", "/run/c.pt"]


def test_what_can_be_copied_elsewhere_and_no_two_have_one_letter() -> None:
    stage = StageRow("s.json", "merge", "failed", outputs=("a", "b"), error="no space")
    run = RunRecord("r1", "ended", ("sh", "-c", "a b"), "n1", 7, "", log=".ckptui/log", note="3")
    repair = JournalEntry("7", "", "quarantine", "done", ())
    found = [
        stage_copies(stage, "/r"),
        run_copies(run, "/r"),
        failure_copies(FailureRow("x.pt", "cut", ""), "x.pt", "/r"),
        failure_copies(repair, "x.pt", "/r"),
        checkpoint_copies(Checkpoint("a.pt", reason="x", remedy=Action.CLEAN), "/r", now=0.0),
        paths_copy(["a"], "/r"),
    ]
    for copies in found:
        letters = [each.key for each in copies]
        assert len(set(letters)) == len(letters)
        assert not set(letters) & set("sjkgGq")  # of the choice itself
        assert copies[0].what.startswith("path")
    assert {each.what: each.text for each in found[1]}["command"] == "sh -c 'a b'"
    assert found[3][-1].text == "ckptui undo /r 7"


async def test_copy_says_where_it_went_and_another_key_chooses(
    run_dir: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("TMUX", raising=False)
    async with opened(run_dir) as ui:
        await ui.goes_to(BAD)
        await ui.press("y")
        await ui.sees("the path → sent to the terminal (OSC 52); whether it copies", "Y shows it")
        await ui.press("Y")
        await ui.sees(
            "Copy", "reason", "diagnosis", "command that mends", "ckptui repair quarantine"
        )
        await ui.press("c")
        await ui.sees("the command that mends → sent to the terminal")
        await ui.press("escape", "g", "space", "space", "y")
        await ui.sees("2 paths → sent to the terminal")
        await ui.press("escape", "3", "Y")
        await ui.sees("there is nothing under the cursor to copy")


async def test_where_nothing_can_be_copied_it_is_shown_and_saved(
    run_dir: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "linux")
    monkeypatch.delenv("TMUX", raising=False)
    target = os.path.join(str(tmp_path), "saved.txt")
    async with opened(run_dir) as ui:
        await ui.goes_to(BAD)
        await ui.press("y")
        await ui.sees("this terminal has no clipboard", "save to a file")
        screen = ui.app.screen
        assert isinstance(screen, TakeScreen)
        for expected in ("saved to", "not saved to"):  # what is there is never written over
            await ui.press("w")
            await ui.sees("A file that is there already is left as it is")
            await ui.press("ctrl+u", *target, "enter")
            await ui.sees(expected)
        await ui.sees("exists")
        await ui.press("w")
        await ui.sees("A file that is there already is left as it is")
        await ui.press("ctrl+u", *target, "enter")
        ui.app.screen.dismiss("")  # it has gone before the child has begun to write
        await ui.until(lambda: ui.app.screen is ui.app.main, "the table")
    assert bits(str(tmp_path), "saved.txt")[0].decode() == os.path.join(run_dir, BAD) + "\n"


def test_over_a_real_terminal_the_sequence_holds_the_marked_paths(run_dir: str) -> None:
    with shown(run_dir) as terminal:
        terminal.sees("1 corrupted")
        terminal.press("  y")
        terminal.sees("2 paths")
        found = re.search(rb"\x1b\]52;c;([^\a]*)\a", terminal.sent)
        assert found
        paths = base64.b64decode(found[1]).decode().split("\n")
        assert len(paths) == 2
        assert all(os.path.dirname(os.path.dirname(path)) == run_dir for path in paths)
