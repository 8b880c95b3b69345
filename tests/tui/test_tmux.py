"""The whole way once more where people are: in tmux at 80×24, by keys alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.terminal import PATIENCE
from tests.tui.test_outside import a_run, script

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed here")


class Tmux:
    """One window of 80×24 on a server of its own."""

    def __init__(self, socket: str) -> None:
        self._tmux = ["tmux", "-S", socket]

    def call(self, *arguments: str) -> str:
        return subprocess.run(
            [*self._tmux, *arguments], check=True, capture_output=True, text=True, timeout=30
        ).stdout

    def start(self, command: str) -> None:
        self.call("-f", os.devnull, "new-session", "-d", "-x", "80", "-y", "24", command)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.call("send-keys", key)
            time.sleep(0.1)  # a person's pace: tmux reads escape and a letter at once as alt

    def sees(self, *words: str) -> str:
        deadline = time.monotonic() + PATIENCE
        while True:
            screen = self.call("capture-pane", "-p")
            if all(word in screen for word in words):
                return screen
            assert time.monotonic() < deadline, f"{words} never came:\n{screen}"
            time.sleep(0.1)

    def comes_back(self, screen: str) -> None:
        """Wait until the screen reads as it did, without a colour of what was there between."""
        deadline = time.monotonic() + PATIENCE
        while (now := self.call("capture-pane", "-p")) != screen:
            assert time.monotonic() < deadline, f"not as it was:\n{now}\nbut:\n{screen}"
            time.sleep(0.1)
        colours = self.call("capture-pane", "-p", "-e")
        assert "\x1b[41m" not in colours
        assert "\x1b[31m" not in colours


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    server = Tmux(str(tmp_path / "tmux"))
    yield server
    subprocess.run(["tmux", "-S", str(tmp_path / "tmux"), "kill-server"], check=False)


def test_the_whole_way_in_tmux(run_dir: str, tmux: Tmux) -> None:
    tmux.start(f"{sys.executable} -m ckptui {run_dir}; echo left with $?; sleep 600")
    tmux.sees("ckpt_0000600.pt", "corrupted", "step 400")
    tmux.press("V")
    tmux.sees("everything to level 5")
    tmux.press("a")
    tmux.sees("12 valid")
    tmux.press("Enter")
    tmux.sees("cut short at byte", "Levels", "container  fail")  # the diagnosis
    tmux.press("Escape", "j", "j", "j", "j", "f")
    tmux.sees("Renew 1 marker", "y apply")
    tmux.press("y")
    tmux.sees("marker renewed; z undoes")
    tmux.press("z")
    tmux.sees("Undo", "y apply")
    tmux.press("y")
    tmux.sees("took back", "outdated")
    tmux.press("g", "x")
    tmux.sees("Quarantine 1 checkpoint", "y apply")
    tmux.press("y")
    tmux.sees("Checkpoints 16")
    tmux.press("R")
    tmux.sees("Resume", "step 400", "y start")
    tmux.press("y")
    tmux.sees("Runs 1")
    tmux.press("l")
    tmux.sees("all stages are done", "the run has ended")
    tmux.press("Escape", "1")
    screen = tmux.sees("ckpt_0000600.pt", "step 600")
    assert "corrupted" not in screen
    assert "incompatible" not in screen
    assert "incomplete" not in screen
    tmux.press("q")
    tmux.sees("left with 0")


def test_what_is_copied_is_in_tmuxs_own_buffer(run_dir: str, tmux: Tmux) -> None:
    tmux.start(f"{sys.executable} -m ckptui {run_dir}; sleep 600")
    tmux.sees("ckpt_0000600.pt", "corrupted")
    tmux.press("y")
    tmux.sees("the path → tmux's buffer")
    assert tmux.call("show-buffer") == os.path.join(run_dir, "checkpoints", "ckpt_0000600.pt")
    tmux.press("Y")
    tmux.sees("command that mends")
    tmux.press("c")
    tmux.sees("the command that mends → tmux's buffer")
    assert tmux.call("show-buffer").startswith("ckptui repair quarantine ")


PAGER = """printf '\\033[2J\\033[31mPAGED'; cat > seen; read key"""
EDITOR = (
    "for file; do :; done; printf 'by hand\\n' >> \"$file\"\n"
    "printf '\\033[?1049l\\033[2J\\033[41mEDITED'; read key"
)


def test_a_pager_and_an_editor_that_leave_the_screen_in_a_mess(tmp_path: Path, tmux: Tmux) -> None:
    """Each paints over everything and restores nothing; ours comes back as it was."""
    root = a_run(tmp_path)
    pager = script(tmp_path, "pager", f"cd {tmp_path}\n{PAGER} < /dev/tty")
    editor = script(tmp_path, "editor", EDITOR)
    tmux.start(
        f"PAGER={pager} EDITOR={editor} {sys.executable} -m ckptui {root}; echo left with $?; cat"
    )
    tmux.sees("Runs 1")
    tmux.press("l")
    before = tmux.sees("last line", "line 183 · end · 847B", "F follow")
    tmux.press("p")
    assert "last line" not in tmux.sees("PAGED")
    tmux.press("Enter")
    tmux.comes_back(before)
    assert "evil" in (tmp_path / "seen").read_text()
    tmux.press("e")
    assert "last line" not in tmux.sees("EDITED")
    tmux.press("Enter")
    after = tmux.sees("by hand", "following", "end · 855B", "? keys").splitlines()
    lines = before.splitlines()
    assert [*after[:-2], after[-1]] == [lines[0], *lines[2:-2], " by hand", lines[-1]]
    tmux.press("q")
    tmux.sees("left with 0")
