"""What an action costs over the line, in a real terminal: each byte is waited for at 9,600 baud."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator

import pytest

from tests.benchmarks.ui.played import Played, played

_COMMAND = (sys.executable, "-m", "ckptui", "ui", "--read-only")


@pytest.fixture(scope="module")
def old_run(pristine: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The demo's run as it is five days later: no age grows while somebody looks."""
    copy = str(tmp_path_factory.mktemp("old") / "run")
    shutil.copytree(pristine, copy, symlinks=True)
    for folder, _, names in os.walk(copy):
        for path in (folder, *(os.path.join(folder, name) for name in names)):
            then = os.lstat(path).st_mtime - 5 * 86_400
            os.utime(path, (then, then), follow_symlinks=False)
    return copy


@pytest.fixture(scope="module")
def terminal(old_run: str) -> Iterator[Played]:
    """The program on the demo's run, come to rest, in 120 columns and 40 lines."""
    with played([*_COMMAND, old_run], os.environ, (120, 40)) as terminal:
        terminal.sees(lambda lines: any("▌" in line for line in lines), "a row")
        terminal.rests(2.0)
        yield terminal


def _cost(terminal: Played, keys: str) -> int:
    terminal.rests(0.3)
    before = terminal.count
    terminal.press(keys)
    terminal.rests(0.6)
    return terminal.count - before


@pytest.mark.parametrize(
    ("what", "keys", "most"),
    [
        ("the cursor steps", "j", 2000),
        ("the cursor steps back", "k", 2000),
        ("the last row", "G", 4000),
        ("the first row", "g", 4000),
        ("help opens", "?", 14_000),
        ("help closes", "\x1b", 14_000),
        ("a row is marked", " ", 2500),
        ("the filter opens", "/", 1500),
        ("the filter closes", "\x1b", 1500),
        ("the window loses the focus", "\x1b[O", 0),
        ("the window gets the focus", "\x1b[I", 0),
    ],
)
def test_an_action_costs_few_bytes(terminal: Played, what: str, keys: str, most: int) -> None:
    assert _cost(terminal, keys) <= most, what


@pytest.mark.parametrize("size", [(120, 36), (120, 40)])
def test_a_step_of_a_cursor_that_runs_costs_less_than_a_kilobyte(
    old_run: str, size: tuple[int, int]
) -> None:
    """With what the detail and the footer come to say in the end."""
    with played([*_COMMAND, old_run], os.environ, size) as terminal:
        terminal.sees(lambda lines: any("▌" in line for line in lines), "a row")
        terminal.rests(2.0)
        before = terminal.count
        for key in "jjjjjkkkkk":
            terminal.press(key)
            terminal.listens(0.05)
        terminal.rests(0.6)
        assert terminal.count - before < 10 * 1000


def test_nothing_is_sent_while_nothing_changes(terminal: Played) -> None:
    terminal.rests(1.0)
    assert terminal.listens(6.0) == 0


def test_the_terminal_shows_what_the_program_painted(terminal: Played) -> None:
    """After all of it the screen is whole: no line is left over, none is missing."""
    terminal.press("?")
    terminal.sees(lambda lines: any("Keys" in line for line in lines), "help")
    terminal.press("\x1b")
    terminal.rests(1.0)
    shown = terminal.lines
    assert any("1 Checkpoints" in line for line in shown)
    assert any("? keys" in line for line in shown)
    assert not any("Keys" in line for line in shown)


def test_a_screen_that_another_program_wrote_on_comes_back(terminal: Played) -> None:
    terminal.rests(1.0)
    before = terminal.lines
    terminal.garble(b"\x1b[2J\x1b[5;1Hwall: the system goes down in ten minutes")
    assert terminal.lines != before
    terminal.press("\x0c")
    terminal.sees(lambda lines: lines == before, "the whole screen again", 20.0)
