"""SPEC §3, "Saving": the promise holds after a kill at every system call that a save makes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crash.kill_everywhere import After

ROOT = Path(__file__).parents[2]


def strace_works() -> bool:
    if shutil.which("strace") is None:
        return False
    return (
        subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode == 0
    )


pytestmark = pytest.mark.skipif(
    not strace_works(), reason="needs strace (a package of its name) and the right to trace"
)


def kills(scenario: str, directory: Path) -> list[After]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.kill_everywhere", scenario, str(directory)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return [After(**json.loads(line)) for line in done.stdout.splitlines()]


def finals(found: list[After]) -> set[tuple[str, bool]]:
    return {(after.final, after.marker) for after in found}


def test_a_first_save(tmp_path: Path) -> None:
    found = kills("fresh", tmp_path)
    assert len(found) > 50
    # Nothing, then the whole checkpoint, then its marker; there is no fourth state.
    assert finals(found) == {("none", False), ("new", False), ("new", True)}
    assert all(after.strangers == [] for after in found)
    assert (found[-1].call, found[-1].final, found[-1].marker) == ("", "new", True)


def test_a_save_over_an_old_checkpoint_and_its_marker(tmp_path: Path) -> None:
    found = kills("overwrite", tmp_path)
    assert len(found) > 50
    assert finals(found) == {("old", True), ("old", False), ("new", False), ("new", True)}
    assert all(after.strangers == [] for after in found)


def test_a_json_state(tmp_path: Path) -> None:
    found = kills("json", tmp_path)
    assert len(found) > 8
    assert {after.final for after in found} == {"old", "new"}


def test_an_ordinary_save_is_caught_by_this_very_test(tmp_path: Path) -> None:
    assert "broken" in {after.final for after in kills("naive", tmp_path)}


TRACED = """
import os, sys
from ckptui.checkpoint.save import atomic_save
atomic_save({"step": 1}, sys.argv[1])
os.path.exists("/the-save-begins")
atomic_save({"step": 2}, sys.argv[1])
"""


def test_the_order_survives_a_power_loss(tmp_path: Path) -> None:
    """No name is published before its bytes are synced, and no marker before the name is."""
    log = tmp_path / "strace.log"
    calls = "trace=openat,fsync,rename,renameat,renameat2,unlink,unlinkat,stat,newfstatat"
    command = ["strace", "-f", "-y", "-e", calls, "-o", str(log), sys.executable, "-c", TRACED]
    (tmp_path / "run").mkdir()
    subprocess.run([*command, str(tmp_path / "run" / "x.pt")], check=True, cwd=ROOT)
    text = log.read_text().split("the-save-begins", 1)[1]
    steps = [step for line in text.splitlines() if (step := step_of(line, tmp_path / "run"))]
    assert steps == [
        "create temporary",
        "sync temporary",
        "create temporary marker",
        "sync temporary marker",
        "set the old marker aside",
        "publish",
        "sync the directory",
        "mark",
        "sync the directory",
        "drop the old marker",
    ]


STEPS = {
    r'openat\(.*"DIR/\.x\.pt\.tmp\.[^"]*", O_WRONLY\|O_CREAT\|O_EXCL': "create temporary",
    r"fsync\(\d+<DIR/\.x\.pt\.tmp\.": "sync temporary",
    r'openat\(.*"DIR/\.x\.pt\.done\.tmp\.[^"]*", O_WRONLY\|O_CREAT\|O_EXCL': (
        "create temporary marker"
    ),
    r"fsync\(\d+<DIR/\.x\.pt\.done\.tmp\.": "sync temporary marker",
    r'rename.*"DIR/x\.pt\.done", .*"DIR/\.x\.pt\.done\.tmp\.': "set the old marker aside",
    r'rename.*"DIR/\.x\.pt\.tmp\.[^"]*", .*"DIR/x\.pt"': "publish",
    r"fsync\(\d+<DIR>": "sync the directory",
    r'rename.*"DIR/\.x\.pt\.done\.tmp\.[^"]*", .*"DIR/x\.pt\.done"': "mark",
    r'unlink.*"DIR/\.x\.pt\.done\.tmp\..*= 0': "drop the old marker",
    r'unlink.*"DIR/x\.pt': "never: something was deleted",
}


def step_of(line: str, directory: Path) -> str | None:
    for pattern, step in STEPS.items():
        if re.search(pattern.replace("DIR", re.escape(str(directory))), line):
            return step
    return None
