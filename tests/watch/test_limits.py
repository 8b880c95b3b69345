"""Limits that the system sets: watches used up, events refused, another user's directories."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ckptui.watch.look_once import look_once
from ckptui.watch.protocol import Settings
from tests.watch.conftest import Write

LIMITED = """
import sys, time
from ckptui.watch.monitor import Monitor
with Monitor(sys.argv[1]) as monitor:
    monitor.wait_settled(30)
    deadline = time.monotonic() + 20
    while "starting" in monitor.snapshot.watching.sentence and time.monotonic() < deadline:
        time.sleep(0.05)
    print(monitor.snapshot.watching.sentence)
    print(monitor.snapshot.watching.interval)
    for n in range(50):
        open(f"{sys.argv[1]}/d{n:02}/ckpt_{n}.pt", "wb").close()
    while len(monitor.snapshot.checkpoints) < 50 and time.monotonic() < deadline:
        time.sleep(0.05)
    print(len(monitor.snapshot.checkpoints))
"""


def in_namespace(limit: str, value: int, *command: str) -> subprocess.CompletedProcess[str]:
    """Run in a user namespace of its own with a lower limit (user_namespaces(7))."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    if subprocess.run(["unshare", "-Ur", "true"], capture_output=True).returncode:
        pytest.skip("user namespaces are not allowed here")
    shell = f'echo {value} > /proc/sys/user/{limit} || exit 77; exec "$@"'
    done = subprocess.run(
        ["unshare", "-Ur", "sh", "-c", shell, "sh", *command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip(f"user/{limit} cannot be set here")
    return done


def test_a_reached_watch_limit_is_said_and_nothing_is_missed(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"d{number:02}").mkdir()
    command = [sys.executable, "-c", LIMITED, str(tmp_path)]
    done = in_namespace("max_inotify_watches", 20, *command)
    sentence, interval, found = done.stdout.splitlines()
    assert "watch" in sentence
    assert "limit" in sentence  # 7 goes on with some of the directories, 6 refuses them all
    assert float(interval) == 5.0
    assert found == "50"
    assert not done.stderr


def test_no_watcher_left_is_said_and_nothing_is_missed(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"d{number:02}").mkdir()
    command = [sys.executable, "-c", LIMITED, str(tmp_path)]
    done = in_namespace("max_inotify_instances", 0, *command)
    sentence, _, found = done.stdout.splitlines()
    assert "looked at every 5 s" in sentence
    assert found == "50"
    assert not done.stderr


AS_SOMEBODY_ELSE = """
import os, shutil, sys
import ckptui.watch.writers
from ckptui.watch import scanner
os.setgid(65534); os.setuid(65534)
scanner.main([sys.argv[1], "--once"])
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else")
def test_another_users_directory_is_shown_as_far_as_it_can_be_read(save: Write) -> None:
    root = Path("/tmp") / f"ckptui-watch-{os.getpid()}"
    try:
        save(root / "ckpt_1.pt")
        save(root / "closed/ckpt_2.pt")
        (root / "closed").chmod(0)
        done = subprocess.run(
            [sys.executable, "-c", AS_SOMEBODY_ELSE, str(root)],
            capture_output=True,
            text=True,
            check=True,
        )
        messages = [json.loads(line) for line in done.stdout.splitlines()]
        said = {message["is"]: message for message in messages}
        assert said["owner"] == {"is": "owner", "other": True, "writable": False}
        assert "closed/: cannot be read" in said["watching"]["left_out"]
        assert messages[-1] == {"is": "end"}
        root.chmod(0)
        done = subprocess.run(
            [sys.executable, "-c", AS_SOMEBODY_ELSE, str(root)],
            capture_output=True,
            text=True,
            check=True,
        )
        said = {each["is"]: each for each in map(json.loads, done.stdout.splitlines())}
        assert "cannot be read: Permission denied" in said["problem"]["text"]
    finally:
        shutil.rmtree(root)


def test_a_cut_sweep_is_said(tmp_path: Path, save: Write) -> None:
    for number in range(10):
        save(tmp_path / f"d{number}/ckpt_{number}.pt")
    shown = look_once(tmp_path, timeout=30, settings=Settings(entries=15))
    assert "all beyond 15 names" in shown.watching.left_out
    assert 0 < len(shown.checkpoints) < 10


def test_a_capped_sweep_finds_the_same(tmp_path: Path, save: Write) -> None:
    for number in range(40):
        save(tmp_path / f"ckpt_{number}.pt")
    shown = look_once(tmp_path, timeout=30, settings=Settings(operations=60))
    assert len(shown.checkpoints) == 40
