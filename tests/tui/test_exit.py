"""However it ends, the terminal is as it was, and a failure of ours is told in two lines."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.tui.terminal import PATIENCE, Terminal

RUN = "from ckptui.cli.main import main; import sys; sys.argv = ['ckptui', *sys.argv[1:]]; main()"
EVIL = "ValueError('evil \\x1b]52;c;ZXZpbA==\\x07 [/x] \\x9b31m' + 'long' * 999)"
FAILURES = {
    "in a key": ("MainScreen.action_sort", "s"),
    "in compose": ("MainScreen.compose", ""),
    "while mounting": ("MainScreen.on_mount", ""),
    "while painting": ("Table.render_line", ""),
    "in a dialog": ("HelpScreen.on_mount", "?"),
    "on the way out": ("Feed.close", "q"),
}
IMPORTS = (
    "from ckptui.tui.screens.main import MainScreen; from ckptui.tui.widgets.table import Table; "
    "from ckptui.tui.screens.help import HelpScreen; from ckptui.tui.feed import Feed\n"
)
SWITCHES = ((b"?1049h", b"?1049l"), (b"?25l", b"?25h"), (b"?2004h", b"?2004l"), (b"?7l", b"?7h"),
            (b"?1003h", b"?1003l"), (b"?1004h", b"?1004l"))  # fmt: skip


@contextmanager
def played(code: str, *words: str, **environment: str) -> Iterator[Terminal]:
    """Python code in a pseudo-terminal."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TMUX")}
    env = {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, "-c", code, *words], env | environment)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    terminal = Terminal(pid, fd)
    try:
        yield terminal
    finally:
        if not terminal.ended():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(fd)


def wait_unread(terminal: Terminal) -> None:
    """Wait for the end without taking what it sends."""
    end, pid = time.monotonic() + PATIENCE, 0
    while not pid:
        assert time.monotonic() < end, "never ended"
        pid, status = os.waitpid(terminal.pid, os.WNOHANG)
        time.sleep(0.02)
    terminal.status = os.waitstatus_to_exitcode(status)


def modes(terminal: Terminal) -> object:
    """The line discipline."""
    return termios.tcgetattr(terminal.fd)[:4]


def given_back(terminal: Terminal) -> None:
    """Everything that was switched on is off again."""
    for on, off in SWITCHES:
        assert terminal.sent.rindex(b"\x1b[" + off) > terminal.sent.rindex(b"\x1b[" + on), off


@pytest.mark.parametrize("where", FAILURES)
def test_a_crash_is_two_lines_and_a_file(where: str, run_dir: str, tmp_path: Path) -> None:
    method, keys = FAILURES[where]
    fail = f"def fail(*_, **__):\n    secret = 'a local'\n    raise {EVIL}\n{method} = fail\n"
    with played(IMPORTS + fail + RUN, run_dir, XDG_STATE_HOME=str(tmp_path)) as terminal:
        before = modes(terminal)
        if keys:
            terminal.sees("1 corrupted")
            terminal.press(keys)
        terminal.until(terminal.ended, "the end")
        assert terminal.status == 1
        assert modes(terminal) == before
    given_back(terminal)
    after = terminal.sent[terminal.sent.rindex(b"\x1b[?1049l") :]
    said = re.sub(rb"\x1b\[[0-9;?<]*[a-zA-Z]", b"", after).decode()
    lines = [line for line in said.split("\r\n") if line]
    assert lines[0].startswith(r"ckptui failed and had to stop: ValueError: evil \x1b]52;c;")
    assert len(lines[0]) < 220
    where_it_stands = f"where it happened stands in {tmp_path}/ckptui/crash.log"
    assert lines[1:] == [f"ckptui: {where_it_stands}; please report it"]
    log = (tmp_path / "ckptui" / "crash.log").read_text()
    assert "in fail" in log
    assert "a local" not in log
    assert "\x1b" not in log
    assert b"\x1b]52" not in terminal.sent


def test_a_thread_that_fails_is_said_at_once_and_at_the_end(run_dir: str, tmp_path: Path) -> None:
    fail = (
        "import threading, time\nfrom ckptui.tui.feed import Feed\nstart = Feed.open\n"
        "def begin(self):\n    start(self)\n    threading.Thread(target=fail).start()\n"
        f"def fail():\n    time.sleep(2)\n    raise {EVIL}\nFeed.open = begin\n"
    )
    with played(fail + RUN, run_dir, XDG_STATE_HOME=str(tmp_path)) as terminal:
        terminal.sees("not live any more")
        terminal.press("jq")
        terminal.until(terminal.ended, "the end")
        assert terminal.status == 1
    given_back(terminal)
    assert "ckptui failed and had to stop: ValueError: evil" in terminal.text()
    assert b"\x1b]52" not in terminal.sent


def test_a_state_directory_that_cannot_be_written_is_no_second_crash(
    run_dir: str, tmp_path: Path
) -> None:
    (tmp_path / "ckptui").write_text("a file")
    fail = "def fail(*_, **__):\n    raise ValueError('no')\nMainScreen.action_sort = fail\n"
    with played(IMPORTS + fail + RUN, run_dir, XDG_STATE_HOME=str(tmp_path)) as terminal:
        terminal.sees("1 corrupted")
        terminal.press("s")
        terminal.until(terminal.ended, "the end")
        assert terminal.status == 1
    assert "it happened at File" in terminal.text()
    assert "in fail" in terminal.text()


@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"])
def test_a_signal_ends_it_in_order(number: str, run_dir: str) -> None:
    with played(RUN, run_dir) as terminal:
        before = modes(terminal)
        terminal.sees("1 corrupted")
        os.kill(terminal.pid, signal.Signals[number])
        terminal.until(terminal.ended, "the end")
        assert terminal.status == 128 + signal.Signals[number]
        assert modes(terminal) == before
    given_back(terminal)
    assert "Traceback" not in terminal.text()


def test_a_terminal_that_takes_nothing_does_not_keep_it(run_dir: str) -> None:
    """Ctrl-S was pressed on it, or the line is dead: a signal ends the program all the same."""
    with played(RUN, run_dir) as terminal:
        terminal.sees("1 corrupted")
        for _ in range(200):  # nobody reads: the line fills up, and then the app's own queue
            os.write(terminal.fd, b"2314")
            time.sleep(0.01)
        os.kill(terminal.pid, signal.SIGTERM)
        wait_unread(terminal)
        assert terminal.status == 128 + signal.SIGTERM


def test_it_gives_the_terminal_away_and_takes_it_again(run_dir: str) -> None:
    with played(RUN, run_dir) as terminal:
        before = modes(terminal)
        terminal.sees("1 corrupted")
        inside = modes(terminal)
        assert inside != before
        os.kill(terminal.pid, signal.SIGTSTP)
        terminal.until(lambda: modes(terminal) == before, "the terminal as it was")
        terminal.until(lambda: state_of(terminal.pid) == "T", "the stop")
        terminal.read(0.3)
        given_back(terminal)
        sent = len(terminal.sent)
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.until(lambda: modes(terminal) == inside, "the terminal for us")
        terminal.until(lambda: b"corrupted" in terminal.sent[sent:], "the whole screen again")
        terminal.press("2")
        terminal.sees("translation")
        terminal.press("q")
        terminal.until(terminal.ended, "the end")
        assert terminal.status == 0
        assert modes(terminal) == before
    given_back(terminal)


def test_ctrl_l_paints_the_screen_anew(run_dir: str) -> None:
    with played(RUN, run_dir) as terminal:
        terminal.sees("1 corrupted")
        terminal.until(lambda: not terminal.read(1.0), "quiet")
        sent = len(terminal.sent)
        terminal.press("\x0c")
        for word in (b"Last good", b"ckpt_0000100.pt", b"Checkpoints"):
            terminal.until(partial(_sent, terminal, word, sent), "all of it again")


def _sent(terminal: Terminal, word: bytes, after: int) -> bool:
    return word in terminal.sent[after:]


def state_of(pid: int) -> str:
    """``T`` where the process is stopped."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0]


@pytest.mark.parametrize("hears", ["of it", "nothing of it"])
def test_a_terminal_that_closes_ends_it(hears: str, run_dir: str) -> None:
    deaf = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    deafer = "import ckptui.tui.leaving as l; l._SIGNALS = ()\n"
    with played((deaf + deafer if hears != "of it" else "") + RUN, run_dir) as terminal:
        terminal.sees("1 corrupted")
        os.close(terminal.fd)
        wait_unread(terminal)
        assert terminal.status in (1, 128 + signal.SIGHUP)
        terminal.fd = os.open(os.devnull, os.O_RDONLY)
