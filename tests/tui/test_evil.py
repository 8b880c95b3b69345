"""Every key in every view on a hostile run directory: no byte of it reaches the terminal raw."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Final

import pytest

from ckptui.tui import keys
from tests.evil import MARKUP, leaks, make_evil_run
from tests.tui.terminal import Terminal, sent_for, shown

SMALL: Final = (80, 24)
_LEAVING: Final = frozenset({"q", "ctrl+c"})


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run directory in which everything that can carry text is hostile."""
    root = str(tmp_path_factory.mktemp("evil") / "run")
    make_evil_run(root)
    return root


@pytest.fixture
def own(evil: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A copy that may be changed."""
    copy = str(tmp_path_factory.mktemp("own") / "run")
    shutil.copytree(evil, copy, symlinks=True)
    yield copy


def _settle(terminal: Terminal, seconds: float = 0.12) -> None:
    before = terminal.sent[-40:]  # what is cut in two between two reads counts as well
    new = before + terminal.read(seconds)
    assert not leaks(new), leaks(new)


@pytest.mark.parametrize("size", [SMALL, (200, 50)], ids=["80x24", "200x50"])
def test_no_key_in_no_view_lets_a_hostile_byte_through(own: str, size: tuple[int, int]) -> None:
    with shown(own, size=size, EDITOR="true", PAGER="true", ESCDELAY="20") as terminal:
        terminal.sees("corrupted")
        for view in "1234" if size == SMALL else "1":
            for name in dict.fromkeys(key.keys.split(",")[0] for key in keys.EVERY):
                if name not in _LEAVING:
                    _press(terminal, view, sent_for(name), "\x1b", "\x1b")
            assert not terminal.ended(), terminal.text()[-2000:]
        _press(terminal, "1", "q")
        terminal.until(terminal.ended, "the end")
    assert terminal.status == 0
    assert not leaks(terminal.sent)


def _press(terminal: Terminal, *each: str) -> None:
    """Press keys with a pause after each, or an escape and a letter would be one key."""
    for key in each:
        terminal.press(key)
        _settle(terminal, 0.04)


def test_walking_over_every_row_and_into_its_detail(own: str) -> None:
    with shown(own, size=(120, 40)) as terminal:
        terminal.sees("corrupted")
        for _ in range(60):
            terminal.press("j")
            _settle(terminal, 0.03)
            terminal.press("\r")
            _settle(terminal, 0.12)
            terminal.press("G\x1b")
            _settle(terminal, 0.03)
        assert not terminal.ended(), terminal.text()[-2000:]


def test_what_is_said_about_a_repair_and_its_undo(own: str) -> None:
    with shown(own, size=(120, 40)) as terminal:
        terminal.sees("corrupted")
        terminal.press("jjjx")
        terminal.sees("y apply")
        _settle(terminal)
        terminal.press("y")
        terminal.sees("to the trash; z undoes")
        _settle(terminal)
        terminal.press("z")
        terminal.sees("Undo:")
        terminal.press("y")
        _settle(terminal, 2.0)
        assert b"Traceback" not in terminal.sent


def test_a_name_like_markup_is_shown_as_it_is(own: str) -> None:
    with shown(own, size=(200, 50)) as terminal:
        terminal.sees("corrupted")
        terminal.press("/markup\r")
        terminal.sees(MARKUP[:10])
