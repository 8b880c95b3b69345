"""Random keys in a real terminal, fast and slow: nothing breaks, and nothing is lost.

The longer version is a matter of ``MASHED`` and of more seeds.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ckptui.tui.keys import EVERY
from tests.benchmarks.ui.played import Played, ProgramEndedError, played
from tests.tui.terminal import sent_for

MASHED = int(os.environ.get("MASHED", "3"))
"""Bursts of keys."""
_WORDS = ("ckpt", "cat:bad\r", "step>100\r", "[/red]", "字é", "/x(/\r", "-valid", "50%\r", "..")
_LEAVES = frozenset({"q", "ctrl+c"})


def _keys(*left_out: str) -> list[str]:
    """Everything that is bound, as a terminal sends it."""
    names = {name for key in EVERY for name in key.keys.split(",")} - _LEAVES - {*left_out}
    return sorted(map(sent_for, names))


def _contents(top: str) -> Iterator[tuple[str, str]]:
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                yield os.path.relpath(path, top), hashlib.sha256(file.read()).hexdigest()


def _mash(terminal: Played, keys: list[str], at: random.Random) -> None:
    """Bursts of keys; after each, the way out and the help are where they always are."""
    for _ in range(MASHED):
        for _ in range(at.randint(10, 30)):
            terminal.press(at.choice(_WORDS if at.random() < 0.1 else keys))
            terminal.listens(at.choice([0, 0, 0, 0.02, 0.1]))
        for _ in range(6):
            terminal.press("\x1b")
            terminal.listens(0.15)  # escape and a letter in one go are another key
        terminal.press("?")
        terminal.sees(lambda lines: any("Keys" in line for line in lines), "the help")
        terminal.press("\x1b")
        terminal.listens(0.2)


def _environment(home: Path) -> Mapping[str, str]:
    places = {name: str(home / name) for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME")}
    programs = {"PAGER": "true", "EDITOR": "true", "VISUAL": "true"}
    return {**os.environ, **places, **programs, "HOME": str(home)}


@pytest.mark.parametrize(
    ("seed", "left_out", "changes"),
    [
        (1, ("y", "e"), False),  # without a yes nothing changes
        (2, ("R",), True),  # with one, things move and are there still
    ],
)
def test_any_keys_in_any_order_break_nothing_and_lose_nothing(
    run_dir: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    seed: int, left_out: tuple[str, ...], changes: bool,
) -> None:  # fmt: skip
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    before = dict(_contents(run_dir))
    command = [sys.executable, "-m", "ckptui", "ui", run_dir]
    with played(command, _environment(home), (80, 24)) as terminal:
        terminal.sees(lambda lines: any("▌" in line for line in lines), "a row")
        try:
            _mash(terminal, _keys(*left_out), random.Random(seed))
        except ProgramEndedError:
            pytest.fail(f"it ended\n{terminal.log[-3000:].decode(errors='replace')}")
        terminal.press("q")
        terminal.ends()
    assert b"failed and had to stop" not in terminal.log
    after = dict(_contents(run_dir))
    assert {*before.values()} <= {*after.values()}
    if not changes:
        assert {path: after.get(path) for path in before} == before
        assert not [path for path in {*after} - {*before} if not path.startswith(".ckptui")]
