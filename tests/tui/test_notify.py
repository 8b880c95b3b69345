"""What happens by itself makes itself heard: by a line, a bell, and a command of the user's."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from ckptui.tui.app import CkptuiApp
from ckptui.user_config import Notify, UserConfig
from tests.evil import BAD_BYTES, MARKUP, SEQUENCES, leaks
from tests.tui.driver import opened
from tests.tui.terminal import PATIENCE, Terminal, shown
from tests.tui.test_places import cut_short

EVIL = f"{''.join(SEQUENCES)}{MARKUP.replace('/', '|')}{BAD_BYTES}_900.pt"
_KEEP = (
    "import os, sys; "
    "name = os.path.join(sys.argv[1], str(os.getpid())); "
    "data = [os.environb[('CKPTUI_' + each).encode()] "
    "for each in ('EVENT', 'RUN', 'PATH', 'MESSAGE')] + [sys.stdin.buffer.read()]; "
    "open(name + '.part', 'wb').write(b'\\0'.join(data)); "
    "os.rename(name + '.part', name + '.event')"
)


def two(tmp_path: Path, name: str = "other") -> str:
    """A run directory with two good checkpoints, saved a while ago."""
    root = tmp_path / name
    root.mkdir()
    for step in (1, 2):
        path = root / f"ckpt_{step}.pt"
        torch.save({"status": "complete", "version": "1.0", "step": step, "w": [step]}, path)
        os.utime(path, (time.time() - 600,) * 2)
    return str(root)


def keeper(folder: Path) -> str:
    """A command that keeps what it gets, byte for byte."""
    folder.mkdir()
    return shlex.join([sys.executable, "-c", _KEEP, str(folder)])


def kept(folder: Path) -> list[list[bytes]]:
    """Event, run directory, path, sentence and document of each call."""
    return [each.read_bytes().split(b"\0") for each in sorted(folder.glob("*.event"))]


async def test_one_that_turns_bad_is_said_without_covering_the_table(
    tmp_path: Path,
) -> None:
    root = two(tmp_path)
    async with opened(root, size=(80, 24)) as ui:
        cut_short(os.path.join(root, "ckpt_[bold]3[@click=x].pt"))
        os.utime(root)
        await ui.sees("turned corrupted")
        said = next(line for line in ui.text().splitlines() if "turned corrupted" in line)
        assert "ckpt_[bold]3[@cl" in said
        assert "ckpt_2.pt" in ui.text()


async def test_a_place_that_is_not_on_show_is_heard_with_its_name(tmp_path: Path) -> None:
    other = two(tmp_path)
    async with opened(two(tmp_path, "run"), other) as ui:
        await ui.sees("other ◌ 2 unchecked")
        await ui.until(lambda: ui.app.places[1].services.monitor.snapshot.settled, "its look")
        for number in (3, 4, 5):
            cut_short(os.path.join(other, f"ckpt_{number}.pt"))
        await ui.sees("other: 3 checkpoints turned corrupted")


async def test_each_way_of_each_kind_is_switched_in_the_palette(tmp_path: Path) -> None:
    root = two(tmp_path)
    async with opened(root) as ui:
        await ui.press("colon", *"line turned bad")
        await ui.sees("notify by line: checkpoints turned bad, turn off")
        await ui.press("down", "enter")
        await ui.sees("notify by line: checkpoints turned bad, now off")
        cut_short(os.path.join(root, "ckpt_3.pt"))
        await ui.until(lambda: "ckpt_3.pt" in ui.rows, "the row")
        assert ui.app.hearing.ways["line"] == {"run", "space", "late"}
        assert ui.app.hearing.ways["bell"] == {"bad", "run", "space", "late"}


def test_the_config_says_what_is_told() -> None:
    notify = Notify(bell=(), line=("good",), command=("run",))
    app = CkptuiApp(["/nowhere"], config=UserConfig(notify=notify), on_event="true")
    assert app.hearing.ways == {"bell": set(), "line": {"good"}, "command": {"run"}}


def test_a_real_terminal_gets_one_bell_and_the_command_the_bytes(
    tmp_path: Path,
) -> None:
    root, folder = two(tmp_path), tmp_path / "kept"
    with shown(
        root, "--read-only", "--no-session", "--on-event", keeper(folder), size=(80, 24)
    ) as tty:
        looked(tty)
        cut_short(os.path.join(root, EVIL))
        tty.until(lambda: kept(folder), "the event")
        ((event, run, path, said, document),) = kept(folder)
        assert (event, run, path) == (b"bad", os.fsencode(root), os.fsencode(EVIL))
        assert said.decode().isprintable()
        assert json.loads(document)["paths"] == [EVIL]
        tty.until(lambda: rings(tty) == 1, "the bell")
        tty.shows("turned corrupted")
        cut_short(os.path.join(root, "ckpt_901.pt"))
        tty.until(lambda: len(kept(folder)) == 2, "the next event")
        tty.read(0.5)
        assert rings(tty) == 1  # at most one in ten seconds
        tty.press("q")
        tty.until(tty.ended, "its end")
        assert leaks(tty.sent) == []


def looked(tty: Terminal) -> None:
    """Wait until both checkpoints were looked at: what comes then is news."""
    tty.until(lambda: tty.screen().count("▰▰▰▰▱▱") == 2, "the first look")
    tty.read(1.0)


def rings(tty: Terminal) -> int:
    """Bells that were sent; the ends of the terminal's own sequences are none."""
    return tty.text().count("\a")


def test_a_command_that_hangs_or_fails_is_said_once_and_holds_nothing_up(tmp_path: Path) -> None:
    root, mark = two(tmp_path), tmp_path / "pid"
    command = f"""
        if test -e {mark}; then echo $$ > {mark}.2; sleep 600; fi
        echo > {mark}; echo 'no [b]network[/x]' >&2; exit 7"""
    with shown(root, "--no-session", "--on-event", command) as tty:
        looked(tty)
        cut_short(os.path.join(root, "ckpt_3.pt"))
        tty.shows("--on-event failed: exit code 7: no [b]network[/x]")
        cut_short(os.path.join(root, "ckpt_4.pt"))
        tty.until(lambda: _read(f"{mark}.2"), "the second call")
        tty.press("q")
        tty.until(tty.ended, "its end")
        assert tty.status == 0
        assert _read(f"/proc/{_read(f'{mark}.2')}/stat").split()[2:3] in ([], ["Z"])


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def until(met: Callable[[], object], what: str) -> None:
    """Wait until something is true."""
    end = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.05)


def test_watch_runs_the_command_too(tmp_path: Path) -> None:
    root, folder = two(tmp_path), tmp_path / "kept"
    words = ["watch", root, "--json", "--on-event", keeper(folder)]
    told = tmp_path / "told"
    with told.open("wb") as out:
        child = subprocess.Popen([sys.executable, "-m", "ckptui", *words], stdout=out)
    try:
        until(lambda: b'"settled"' in told.read_bytes(), "the first look")
        for number in (3, 4):
            cut_short(os.path.join(root, f"{number}{EVIL}"))
        until(lambda: kept(folder), "the event")
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(timeout=30)
    ((event, run, path, said, document),) = kept(folder)
    assert (event, run, path) == (b"bad", os.fsencode(root), os.fsencode(f"3{EVIL}"))
    assert said == b"2 checkpoints turned corrupted"
    assert json.loads(document)["paths"] == [f"3{EVIL}", f"4{EVIL}"]
    assert child.returncode == 130
