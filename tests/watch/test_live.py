"""A run directory that lives: what happens on disk is shown, and nothing is missed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ckptui.terms import Category, MarkerState
from ckptui.watch.look_once import look_once
from ckptui.watch.model import Change, Checkpoint
from ckptui.watch.monitor import Monitor
from tests.watch.conftest import Open, Write, until

EVENTS = "events"


def live(root: Path, watch: Open) -> Monitor:
    """A monitor whose events stand."""
    monitor = watch(root)
    until(monitor, lambda s: s.watching.mode == EVENTS)
    return monitor


def test_new_subdirectories_are_seen(tmp_path: Path, save: Write, watch: Open) -> None:
    monitor = live(tmp_path, watch)
    save(tmp_path / "a/b/c/ckpt_1.pt")
    row = until(monitor, lambda s: "a/b/c/ckpt_1.pt" in s.checkpoints).checkpoints[
        "a/b/c/ckpt_1.pt"
    ]
    assert row.step == 1
    until(monitor, lambda s: s.checkpoints["a/b/c/ckpt_1.pt"].level == 4)


def test_an_atomic_rename_is_one_checkpoint(tmp_path: Path, save: Write, watch: Open) -> None:
    save(tmp_path / "ckpt_1.pt")
    monitor = live(tmp_path, watch)
    temporary = save(tmp_path / ".ckpt_2.pt.tmp.elsewhere.1.0123abcd")
    until(monitor, lambda s: temporary.name in s.checkpoints)
    temporary.rename(tmp_path / "ckpt_2.pt")
    shown = until(monitor, lambda s: "ckpt_2.pt" in s.checkpoints and len(s.checkpoints) == 2)
    assert set(shown.checkpoints) == {"ckpt_1.pt", "ckpt_2.pt"}
    until(monitor, lambda s: s.last_good is not None and s.last_good.path == "ckpt_2.pt")


def test_a_directory_moved_in_and_renamed(tmp_path: Path, save: Write, watch: Open) -> None:
    root = tmp_path / "run"
    save(root / "ckpt_1.pt")
    for step in range(5):
        save(tmp_path / f"outside/deep/ckpt_{step}.pt")
    monitor = live(root, watch)
    (tmp_path / "outside").rename(root / "inside")
    until(monitor, lambda s: len(s.checkpoints) == 6)
    (root / "inside/deep").rename(root / "elsewhere")
    shown = until(monitor, lambda s: "elsewhere/ckpt_4.pt" in s.checkpoints)
    shown = until(monitor, lambda s: "inside/deep/ckpt_4.pt" not in s.checkpoints)
    assert len(shown.checkpoints) == 6
    save(root / "elsewhere/ckpt_9.pt")  # the watch moved along
    until(monitor, lambda s: "elsewhere/ckpt_9.pt" in s.checkpoints)


def test_removed_files_and_trees_go(tmp_path: Path, save: Write, watch: Open) -> None:
    save(tmp_path / "ckpt_1.pt")
    save(tmp_path / "old/a/ckpt_2.pt")
    monitor = live(tmp_path, watch)
    removed: set[str] = set()
    monitor.subscribe(lambda change: removed.update(change.removed))
    shutil.rmtree(tmp_path / "old")
    until(monitor, lambda s: set(s.checkpoints) == {"ckpt_1.pt"})
    assert removed == {"old/a/ckpt_2.pt"}


def test_a_burst_of_ten_thousand_files_is_not_missed(
    tmp_path: Path, checkpoint_bytes: bytes, watch: Open
) -> None:
    monitor = live(tmp_path, watch)
    changes: list[Change] = []
    monitor.subscribe(changes.append)
    for number in range(10_000):
        folder = tmp_path / f"part_{number % 50}"
        if number < 50:
            folder.mkdir()
        (folder / f"unit-{number:05}x.npz").write_bytes(b"PK")
    shown = until(monitor, lambda s: len(s.checkpoints) == 10_000, 60)
    assert sum(1 for row in shown.checkpoints.values() if row.unit) == 10_000
    assert set().union(*(change.changed for change in changes)) == set(shown.checkpoints)


def test_a_stopped_scanner_is_said_and_close_does_not_wait(
    tmp_path: Path, save: Write, watch: Open
) -> None:
    save(tmp_path / "ckpt_1.pt")
    monitor = live(tmp_path, watch)
    pid = monitor.scanner_pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    save(tmp_path / "ckpt_2.pt")
    shown = until(monitor, lambda s: s.silent_since is not None)
    assert "does not answer" in shown.problem
    assert str(tmp_path) in shown.problem
    assert set(shown.checkpoints) == {"ckpt_1.pt"}
    os.kill(pid, signal.SIGCONT)
    shown = until(monitor, lambda s: "ckpt_2.pt" in s.checkpoints and s.silent_since is None)
    assert not shown.problem
    os.kill(pid, signal.SIGSTOP)
    before = time.monotonic()
    monitor.close()
    assert time.monotonic() - before < 1.0  # the scanner would never have answered
    wait_gone(pid)


def wait_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while os.path.exists(f"/proc/{pid}"):
        with open(f"/proc/{pid}/stat") as file:
            if file.read().rpartition(")")[2].split()[0] == "Z":
                return
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.02)


def test_a_killed_scanner_is_replaced(tmp_path: Path, save: Write, watch: Open) -> None:
    save(tmp_path / "ckpt_1.pt")
    save(tmp_path / "ckpt_2.pt")
    monitor = live(tmp_path, watch)
    pid = monitor.scanner_pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(monitor, lambda _: monitor.scanner_pid not in (None, pid))
    (tmp_path / "ckpt_1.pt").unlink()  # in the gap between the two
    save(tmp_path / "ckpt_3.pt")
    shown = until(monitor, lambda s: set(s.checkpoints) == {"ckpt_2.pt", "ckpt_3.pt"})
    assert not shown.problem


def test_the_root_removed_and_made_again(tmp_path: Path, save: Write, watch: Open) -> None:
    root = tmp_path / "run"
    save(root / "ckpt_1.pt")
    monitor = live(root, watch)
    shutil.rmtree(root)
    shown = until(monitor, lambda s: bool(s.problem))
    assert "is not there" in shown.problem
    assert str(root) in shown.problem
    save(root / "ckpt_2.pt")
    shown = until(monitor, lambda s: not s.problem and "ckpt_2.pt" in s.checkpoints)
    assert set(shown.checkpoints) == {"ckpt_2.pt"}
    save(root / "ckpt_3.pt")
    until(monitor, lambda s: "ckpt_3.pt" in s.checkpoints)


def test_the_root_renamed_away_keeps_its_rows_and_comes_back(
    tmp_path: Path, save: Write, watch: Open
) -> None:
    root = tmp_path / "run"
    save(root / "ckpt_1.pt")
    monitor = live(root, watch)
    removed: set[str] = set()
    monitor.subscribe(lambda change: removed.update(change.removed))
    root.rename(tmp_path / "away")
    shown = until(monitor, lambda s: bool(s.problem))
    assert "ckpt_1.pt" in shown.checkpoints
    (tmp_path / "away").rename(root)
    shown = until(monitor, lambda s: not s.problem)
    assert set(shown.checkpoints) == {"ckpt_1.pt"}
    assert not removed


@pytest.mark.parametrize("name", [b"caf\xe9_1.pt", b"\x1b[31mred\x1b[0m_1.pt", b"two\nlines_1.pt"])
def test_names_that_are_no_plain_text(
    tmp_path: Path, save: Write, watch: Open, name: bytes
) -> None:
    monitor = live(tmp_path, watch)
    try:
        save(tmp_path / os.fsdecode(name))
    except OSError:
        pytest.skip("this filesystem takes only UTF-8 names")
    path = os.fsdecode(name)
    until(monitor, lambda s: path in s.checkpoints and s.checkpoints[path].level == 4)
    assert os.path.exists(os.path.join(os.fsencode(tmp_path), os.fsencode(path)))


WRITER = """
import sys, time
data = open(sys.argv[1], "rb").read()
with open(sys.argv[2], "wb", buffering=0) as file:
    half = len(data) // 2
    file.write(data[:half])
    print("half", flush=True)
    sys.stdin.readline()
    file.write(data[half:])
print("whole", flush=True)
sys.stdin.readline()
"""


def test_a_file_in_a_writers_hands_is_changing_then_judged(
    tmp_path: Path, save: Write, watch: Open
) -> None:
    source = save(tmp_path / "source/ckpt_1.pt")
    root = tmp_path / "run"
    root.mkdir()
    script = tmp_path / "train.py"
    script.write_text(WRITER)
    monitor = live(root, watch)
    with subprocess.Popen(
        [sys.executable, str(script), str(source), str(root / "ckpt_1.pt")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        writer.stdout.readline()
        shown = until(monitor, lambda s: "train.py" in "".join(s.writers))
        assert "train.py alive here less than 1 min" in shown.writers
        shown = until(monitor, lambda s: "train.py" in s.checkpoints["ckpt_1.pt"].reason)
        assert shown.checkpoints["ckpt_1.pt"].category is Category.CHANGING
        assert shown.last_good is None
        writer.stdin.write(b"\n")
        writer.stdin.flush()
        writer.stdout.readline()
        until(monitor, lambda s: s.checkpoints["ckpt_1.pt"].category is Category.UNCHECKED)
        until(monitor, lambda s: s.last_good is not None)
        until(monitor, lambda s: "train.py" not in "".join(s.writers))
        writer.stdin.write(b"\n")
        writer.stdin.flush()


def test_a_young_file_is_not_read_unasked_until_it_has_settled(
    tmp_path: Path, checkpoint_bytes: bytes, watch: Open
) -> None:
    monitor = live(tmp_path, watch)
    rows: list[Checkpoint] = []
    monitor.subscribe(lambda change: rows.extend(change.snapshot.checkpoints.values()))
    path = tmp_path / "ckpt_1.pt"
    path.write_bytes(checkpoint_bytes[:1000])
    past = time.time() - 7  # three seconds are left until it counts as settled
    os.utime(path, (past, past))
    shown = until(
        monitor,
        lambda s: "ckpt_1.pt" in s.checkpoints and s.checkpoints["ckpt_1.pt"].level > 0,
    )
    assert shown.checkpoints["ckpt_1.pt"].category is Category.CORRUPTED
    assert shown.checkpoints["ckpt_1.pt"].remedy == "quarantine"
    early = [row for row in list(rows) if row.checked_at is None]
    assert {(row.category, row.reason) for row in early} <= {
        (Category.UNCHECKED, "not looked at yet")
    }
    assert {row.category for row in list(rows)} <= {Category.UNCHECKED, Category.CORRUPTED}


def test_a_young_file_is_read_where_somebody_asks(
    tmp_path: Path, checkpoint_bytes: bytes, watch: Open
) -> None:
    monitor = live(tmp_path, watch)
    (tmp_path / "ckpt_1.pt").write_bytes(checkpoint_bytes[:1000])
    until(monitor, lambda s: "ckpt_1.pt" in s.checkpoints)
    monitor.check(["ckpt_1.pt"], 5, False)
    until(monitor, lambda s: s.checkpoints["ckpt_1.pt"].category is Category.CHANGING)


def test_a_file_replaced_in_place_is_judged_anew(tmp_path: Path, save: Write, watch: Open) -> None:
    path = save(tmp_path / "ckpt_1.pt")
    monitor = live(tmp_path, watch)
    assert monitor.snapshot.checkpoints["ckpt_1.pt"].category is Category.UNCHECKED
    times = os.stat(path)
    path.write_bytes(b"\0" * times.st_size)  # same size, same inode, and the old time
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    shown = until(monitor, lambda s: s.checkpoints["ckpt_1.pt"].category is Category.CORRUPTED)
    assert shown.last_good is None


def test_markers_come_and_go(tmp_path: Path, save: Write, watch: Open) -> None:
    save(tmp_path / "ckpt_1.pt")
    two = save(tmp_path / "ckpt_2.pt")
    monitor = live(tmp_path, watch)
    assert monitor.snapshot.checkpoints["ckpt_2.pt"].marker is None
    (tmp_path / "ckpt_1.pt.done").touch()
    shown = until(monitor, lambda s: s.checkpoints["ckpt_2.pt"].marker is MarkerState.MISSING)
    assert shown.checkpoints["ckpt_1.pt"].marker is MarkerState.PRESENT
    (tmp_path / "ckpt_2.pt.done").touch()
    os.utime(two, (time.time() + 60, time.time() + 60))
    monitor.rescan()  # a changed time alone has no event
    until(monitor, lambda s: s.checkpoints["ckpt_2.pt"].marker is MarkerState.OUTDATED)
    two.unlink()
    shown = until(monitor, lambda s: s.checkpoints["ckpt_2.pt"].marker is MarkerState.ORPHAN)
    row = shown.checkpoints["ckpt_2.pt"]
    assert (row.category, row.size, row.remedy) == (Category.INCOMPLETE, None, "remove-marker")


def test_deep_checks_report_and_stay(tmp_path: Path, save: Write, watch: Open) -> None:
    save(tmp_path / "ckpt_1.pt")
    monitor = live(tmp_path, watch)
    monitor.check(["ckpt_1.pt"], level=5, load=False)
    shown = until(monitor, lambda s: s.checkpoints["ckpt_1.pt"].category is Category.VALID)
    assert shown.checkpoints["ckpt_1.pt"].level == 5
    assert shown.checkpoints["ckpt_1.pt"].progress is None
    answers: list[dict[str, object]] = []
    monitor.inspect("ckpt_1.pt", answers.append)
    until(monitor, lambda _: bool(answers))
    assert answers[0]["format"] == "torch-zip"
    monitor.rescan()
    (tmp_path / "other.pt").write_bytes(b"")
    until(monitor, lambda s: "other.pt" in s.checkpoints)
    assert monitor.snapshot.checkpoints["ckpt_1.pt"].category is Category.VALID


def test_the_small_files_of_runs_are_sent(tmp_path: Path, watch: Open) -> None:
    monitor = live(tmp_path, watch)
    run = tmp_path / ".ckptui/runs/20261120-0001"
    run.mkdir(parents=True)
    (run / "run.json").write_text('{"id": 1}')
    (tmp_path / ".ckptui/trash").mkdir()
    (tmp_path / ".ckptui/trash/ckpt_1.pt").write_bytes(b"x")
    path = ".ckptui/runs/20261120-0001/run.json"
    shown = until(monitor, lambda s: s.run_files.get(path) == '{"id": 1}')
    assert not shown.checkpoints
    (run / "exit.json").write_text("{}")
    until(monitor, lambda s: ".ckptui/runs/20261120-0001/exit.json" in s.run_files)
    shutil.rmtree(run)
    until(monitor, lambda s: path not in s.run_files)


def test_the_scanner_dies_with_its_parent(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        "from ckptui.watch.monitor import Monitor\n"
        "m = Monitor(sys.argv[1]); m.start(); m.wait_settled(30)\n"
        "print(m.scanner_pid, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent:
        pid = int(parent.stdout.readline())
        assert os.path.exists(f"/proc/{pid}")
        parent.kill()
    wait_gone(pid)


def test_a_missing_directory_is_one_sentence(tmp_path: Path) -> None:
    shown = look_once(tmp_path / "nowhere", timeout=30)
    assert "nowhere is not there" in shown.problem
    assert not shown.checkpoints


def test_a_file_where_a_directory_is_meant(tmp_path: Path, save: Write) -> None:
    shown = look_once(save(tmp_path / "x.pt"), timeout=30)
    assert "is not a directory" in shown.problem


def test_an_empty_directory_settles(tmp_path: Path) -> None:
    shown = look_once(tmp_path, timeout=30)
    assert shown.settled
    assert not shown.problem
    assert shown.last_good is None
