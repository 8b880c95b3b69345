"""The real program behind a slow line: keys are answered although much was painted before."""

from __future__ import annotations

import os
import sys

from tests.benchmarks.ui.played import Played, played

_LINE = [sys.executable, "-m", "tests.benchmarks.slow_line", "--baud", "19200",
         "--buffer", "65536", "--"]  # fmt: skip
_COMMAND = [sys.executable, "-m", "ckptui", "ui", "--read-only"]


def _cursor(terminal: Played) -> str:
    return next((line for line in terminal.lines if line.startswith("▌")), "")


def test_frames_that_nobody_can_see_any_more_are_not_sent(run_dir: str) -> None:
    with played([*_LINE, *_COMMAND, run_dir], os.environ, (80, 24)) as terminal:
        terminal.sees(lambda lines: any("▌" in line for line in lines), "a row")
        terminal.rests(2.0)
        before = terminal.count
        for _ in range(10):  # help opens and closes: twenty frames of several thousand bytes
            terminal.press("?")
            terminal.listens(0.05)
            terminal.press("\x1b")
            terminal.listens(0.15)
        terminal.press("G")
        terminal.rests(1.5)
        assert terminal.count - before < 40_000
        terminal.press("g")
        terminal.sees(lambda lines: _cursor(terminal) == lines[4], "the first row")


def test_it_ends_at_once_and_leaves_no_answer_behind(run_dir: str) -> None:
    with played([*_LINE, *_COMMAND, run_dir], os.environ, (80, 24)) as terminal:
        terminal.sees(lambda lines: any("▌" in line for line in lines), "a row")
        terminal.press("?q" + "\x1b" + "q")
        terminal.ends()
        asked, left = terminal.log.count(b"\x1b[6n"), terminal.log.rfind(b"\x1b[?1049l")
        assert asked > 0
        assert left > terminal.log.rfind(b"\x1b[6n")


def test_over_a_slow_line_a_cursor_step_costs_next_to_nothing(run_dir: str) -> None:
    with played([*_LINE[:4], "9600", *_LINE[5:], *_COMMAND, run_dir], os.environ, (80, 24)) as each:
        each.sees(lambda lines: any("▌" in line for line in lines), "a row")
        each.rests(2.0)
        for keys in "jkjk?\x1bjk":  # by its answers the line shows how slow it is
            each.press(keys)
            each.rests(0.7)
        before, row = each.count, _cursor(each)
        each.press("j")
        each.sees(lambda _: _cursor(each) not in ("", row), "the next row")
        each.rests(1.0)
        assert each.count - before < 400
