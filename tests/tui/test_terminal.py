"""What really reaches the terminal, and how the program leaves it."""

from __future__ import annotations

import base64
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.tui.terminal import Terminal, shown


def test_quitting_does_not_wait_for_a_scanner_that_hangs(run_dir: str) -> None:
    with shown(run_dir) as terminal:
        terminal.sees("1 corrupted")
        scanners = _children(terminal.pid, "ckptui.watch.scanner")
        for pid in scanners:
            os.kill(pid, signal.SIGSTOP)
        assert scanners
        terminal.press("r")
        terminal.sees("no answer for")
        terminal.press("jj2")
        terminal.sees("translation")
        terminal.press("q")
        terminal.until(terminal.ended, "the end, with the scanner still stopped")
        assert terminal.status == 0
    for pid in scanners:
        _gone(pid)


def _children(pid: int, word: str) -> list[int]:
    found = subprocess.run(
        ["ps", "--ppid", str(pid), "-o", "pid=,args="], capture_output=True, text=True, check=False
    ).stdout
    return [int(line.split()[0]) for line in found.splitlines() if word in line]


def _gone(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_given_back_on_a_signal(run_dir: str, number: signal.Signals) -> None:
    with shown(run_dir) as terminal:
        terminal.sees("1 corrupted")
        os.kill(terminal.pid, number)
        terminal.until(terminal.ended, "the end")
    assert terminal.status == 128 + number
    _given_back(terminal)


def _given_back(terminal: Terminal) -> None:
    """The usual screen, the cursor, no mouse, no bracketed paste: switched off after on."""
    for on, off in ((b"?1049h", b"?1049l"), (b"?25l", b"?25h"), (b"?2004h", b"?2004l")):
        assert terminal.sent.rindex(b"\x1b[" + off) > terminal.sent.rindex(b"\x1b[" + on)
    if b"?1003h" in terminal.sent:
        assert terminal.sent.rindex(b"\x1b[?1003l") > terminal.sent.rindex(b"\x1b[?1003h")


def test_ctrl_c_leaves_like_q(run_dir: str) -> None:
    with shown(run_dir) as terminal:
        terminal.sees("1 corrupted")
        terminal.press("\x03")
        terminal.until(terminal.ended, "the end")
    assert terminal.status == 0
    _given_back(terminal)


def test_no_color_means_none_and_the_cursor_still_shows(run_dir: str) -> None:
    with shown(run_dir, NO_COLOR="1") as terminal:
        terminal.sees("1 corrupted")
        terminal.press("jj")
        terminal.read(0.5)
        colours = re.findall(rb"\x1b\[([0-9;]*)m", terminal.sent)
        used = {part for found in colours for part in found.split(b";")}
        assert used <= {b"", b"0", b"1", b"2", b"3", b"4", b"7", b"39", b"49"}, used
        assert b"7" in used  # the cursor's row is reverse


def test_sixteen_colours_use_the_terminals_own(run_dir: str) -> None:
    with shown(run_dir, TERM="screen", COLORTERM="") as terminal:
        terminal.sees("1 corrupted")
        terminal.read(0.3)
        assert not re.search(rb"\x1b\[[0-9;]*[34]8;[25];", terminal.sent)


def test_ascii_sends_nothing_but_ascii(run_dir: str) -> None:
    with shown(run_dir, "--ascii", size=(80, 24)) as terminal:
        terminal.sees("XX corrupted")
        for keys in ("jjj", "\r", "\x1b", "2", "1", "?", "\x1b", "v", "V", "\x1b"):
            terminal.press(keys)
            terminal.read(0.3)
        foreign = {char for char in terminal.text() if ord(char) > 126}
        assert not foreign, foreign


def test_copy_asks_the_terminal_and_claims_no_more(run_dir: str) -> None:
    with shown(run_dir) as terminal:
        terminal.sees("1 corrupted")
        terminal.press("y")
        terminal.sees("sent to the terminal")
        found = re.search(rb"\x1b\]52;c;([^\a]*)\a", terminal.sent)
        assert found
        path = base64.b64decode(found[1]).decode()
        assert os.path.samefile(path, os.path.join(run_dir, "checkpoints", "ckpt_0000600.pt"))


def test_idle_sends_nothing_and_a_changed_row_little(run_dir: str) -> None:
    with shown(run_dir) as terminal:
        terminal.sees("1 corrupted")
        terminal.until(lambda: not terminal.read(1.5), "quiet")
        terminal.press("j")
        cost = terminal.read(0.5)
        assert 0 < len(cost) < 2000
        shutil.copy2(os.path.join(run_dir, "checkpoints", "ckpt_0000100.pt.done"),
                     os.path.join(run_dir, "checkpoints", "ckpt_0000200.pt.done"))  # fmt: skip
        os.utime(os.path.join(run_dir, "checkpoints", "ckpt_0000200.pt.done"))
        changed = b""
        while not changed:
            changed = terminal.read(0.5)
        assert len(changed) < 1000


def test_the_ui_process_never_touches_the_run_directory(run_dir: str, tmp_path: object) -> None:
    """Every file system call of the UI's own threads, as the kernel saw them."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    trace = os.path.join(str(tmp_path), "trace")
    with shown(run_dir) as terminal:
        terminal.sees("1 corrupted")
        threads = os.listdir(f"/proc/{terminal.pid}/task")
        watched = [option for thread in threads for option in ("-p", thread)]
        strace = subprocess.Popen(
            ["strace", "-e", "trace=%file", "-o", trace, *watched], stderr=subprocess.PIPE
        )
        assert strace.stderr is not None
        assert b"attached" in strace.stderr.readline()
        for keys in ("j", "v", "\r", "\x1b", "r", "2", "1", "V", "\x1b", "f", "\x1b"):
            terminal.press(keys)
            terminal.read(0.4)
        terminal.press("q")
        terminal.until(terminal.ended, "the end")
        strace.communicate(timeout=20)
    with open(trace, encoding="utf-8", errors="replace") as file:
        lines = file.readlines()
    assert any("exited" in line for line in lines), "the trace saw nothing"
    assert not [line for line in lines if run_dir in line]


def test_letters_that_come_in_one_burst_all_land_in_the_filter_line(run_dir: str) -> None:
    with shown(run_dir) as terminal:
        terminal.sees("1 corrupted")
        terminal.press("/0400\r")
        terminal.sees("filter: 0400 (1 of")


def test_moving_sends_little_and_a_page_no_more_than_it_shows(
    pristine: str, tmp_path: Path
) -> None:
    root = str(tmp_path / "many")
    os.makedirs(root)
    for number in range(120):
        shutil.copy2(os.path.join(pristine, "checkpoints", "ckpt_0000400.pt"),
                     os.path.join(root, f"ckpt_{number:07d}.pt"))  # fmt: skip
    with shown(root, size=(80, 24)) as terminal:
        terminal.sees("1 of 120")
        terminal.until(lambda: not terminal.read(1.5), "quiet")
        for keys, most in (("j", 1000), ("j", 1000), ("k", 1000), ("\x1b[6~", 4000)):
            terminal.press(keys)
            sent = terminal.read(0.5)
            assert 0 < len(sent) < most, (keys, len(sent))
