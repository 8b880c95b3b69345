"""A home that hangs keeps nobody from their run: neither at the start, nor on leaving."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.cli.mounting import stalling
from tests.tui.terminal import shown


def test_a_home_that_hangs_at_the_start(run_dir: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    place = tmp_path / "home"
    with stalling(str(source), place) as daemon:
        os.kill(daemon, signal.SIGSTOP)  # it answers nothing from here on
        with shown(
            run_dir,
            HOME=str(place),
            XDG_CONFIG_HOME=f"{place}/config",
            XDG_CACHE_HOME=f"{place}/cache",
            XDG_STATE_HOME=f"{place}/state",
        ) as terminal:
            terminal.shows("does not answer")
            terminal.shows("1 corrupted")
            terminal.press("?")
            terminal.shows("In this list")
            terminal.press("\x1b")
            terminal.read(0.5)  # or it would be alt+q
            terminal.press("q")
            terminal.until(terminal.ended, "the end")
            assert terminal.status == 0
