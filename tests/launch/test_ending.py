"""How runs end: by themselves, cancelled, without a supervisor, with a full disk."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ckptui.errors import CkptuiError, ClaimError
from ckptui.launch.claim import read_claim
from ckptui.launch.command import Command
from ckptui.launch.local import cancel_run, start_run
from ckptui.launch.log import log_path
from ckptui.launch.processes import members
from ckptui.launch.registry import run_document, supervisor_pid
from tests.launch.helpers import (
    PATIENCE,
    SLEEPS,
    STUBBORN,
    python,
    run_of,
    wait_for,
    wait_for_state,
)


def exit_of(root: str, run_id: str) -> dict[str, object]:
    with open(os.path.join(root, ".ckptui", "runs", run_id, "exit.json")) as file:
        document: dict[str, object] = json.load(file)
    return document


def wait_for_log(root: str, run_id: str, text: bytes = b"works\n") -> None:
    path = Path(log_path(root, run_id))
    wait_for(lambda: path.exists() and text in path.read_bytes())


def living(root: str, run_id: str) -> list[int]:
    document = run_document(root, run_id)
    pid, ticks = document["pid"], document["start_ticks"]
    assert isinstance(pid, int)
    assert isinstance(ticks, int)
    return [stat.pid for stat in members(str(document["token"]), pid, ticks)]


@pytest.mark.parametrize(
    ("code", "pipeline", "note"),
    [
        (0, None, "exit code 0: done"),
        (2, "qa", "exit code 2: finished in part"),
        (2, None, "exit code 2"),
        (3, "qa", "exit code 3: checkpoint trouble"),
        (130, None, "exit code 130: interrupted"),
    ],
)
def test_exit_codes_in_words(root: str, code: int, pipeline: str | None, note: str) -> None:
    run = start_run(root, Command(("sh", "-c", f"exit {code}"), pipeline=pipeline))
    ended = wait_for_state(root, run.id, "ended")
    assert (ended.exit_code, ended.signal, ended.note) == (code, None, note)
    assert ended.ended_at is not None


def test_death_by_a_signal_is_recorded(root: str) -> None:
    run = start_run(root, Command(("sh", "-c", "kill -9 $$")))
    ended = wait_for_state(root, run.id, "ended")
    assert (ended.exit_code, ended.signal) == (None, "SIGKILL")
    assert ended.note.startswith("ended by signal 9 (SIGKILL)")


def test_a_missing_command_is_said_at_once(root: str) -> None:
    run = start_run(root, Command(("no-such-command", "x")))
    assert (run.state, run.exit_code) == ("ended", 127)
    assert run.note == "could not be started: no-such-command: No such file or directory"
    wait_for(lambda: read_claim(root) is None)


def test_a_missing_directory_for_the_command_is_said(root: str) -> None:
    run = start_run(root, Command(("true",), cwd=os.path.join(root, "nowhere")))
    assert run.note == f"could not be started: {root}/nowhere: No such file or directory"


def test_one_after_the_other_needs_no_pause(root: str) -> None:
    for _ in range(5):
        run = start_run(root, Command(("true",)))
        wait_for_state(root, run.id, "ended")


def test_what_the_command_leaves_behind_is_ended_and_named(root: str) -> None:
    code = "(sleep 601 &) ; setsid sleep 602 & sleep 0.2; echo works"
    run = start_run(root, Command(("sh", "-c", code)))
    ended = wait_for_state(root, run.id, "ended")
    assert ended.exit_code == 0
    assert ended.note == "exit code 0: done; 2 left-over processes ended"
    left = exit_of(root, run.id)["leftovers"]
    assert isinstance(left, list)
    assert [(item["name"], item["by"]) for item in left] == [("sleep", "SIGTERM")] * 2
    assert living(root, run.id) == []


def test_cancelling_a_polite_run(root: str) -> None:
    run = start_run(root, python(SLEEPS))
    wait_for_log(root, run.id)
    cancel_run(root, by="a test")
    ended = wait_for_state(root, run.id, "cancelled")
    # Python dies of the signal itself after KeyboardInterrupt.
    assert ended.signal == "SIGINT"
    assert ended.note.startswith("cancelled; ")
    cancelled = exit_of(root, run.id)["cancelled"]
    assert isinstance(cancelled, dict)
    assert (cancelled["by"], cancelled["signals"]) == ("a test", ["SIGINT"])


def test_a_cancelled_run_may_save_first(root: str) -> None:
    code = f"""
try:
    {SLEEPS}
except KeyboardInterrupt:
    print("saved", flush=True)
    raise SystemExit(130)
"""
    run = start_run(root, python(code.replace("; ", "\n    ")))
    wait_for_log(root, run.id)
    cancel_run(root, run.id)
    ended = wait_for_state(root, run.id, "cancelled")
    assert (ended.exit_code, ended.note) == (130, "cancelled; exit code 130: interrupted")
    assert b"saved\n" in Path(log_path(root, run.id)).read_bytes()


def test_a_stubborn_group_is_killed_to_the_last(root: str) -> None:
    run = start_run(root, python(STUBBORN))
    wait_for_log(root, run.id)
    assert len(living(root, run.id)) == 2
    cancel_run(root, run.id, grace=(0.2, 0.2))
    ended = wait_for_state(root, run.id, "cancelled")
    assert ended.signal == "SIGKILL"
    cancelled = exit_of(root, run.id)["cancelled"]
    assert isinstance(cancelled, dict)
    assert cancelled["signals"] == ["SIGINT", "SIGTERM", "SIGKILL"]
    assert living(root, run.id) == []


def test_asking_again_goes_on_at_once(root: str) -> None:
    run = start_run(root, python(STUBBORN))
    wait_for_log(root, run.id)
    while run_of(root, run.id).state == "running":
        try:
            cancel_run(root, run.id, grace=(PATIENCE * 10, PATIENCE * 10))
        except CkptuiError:
            break
    assert wait_for_state(root, run.id, "cancelled").signal == "SIGKILL"


def test_a_stopped_run_can_be_cancelled(root: str) -> None:
    run = start_run(root, python(SLEEPS))
    wait_for_log(root, run.id)
    assert run.pid is not None
    os.kill(run.pid, signal.SIGSTOP)
    cancel_run(root, run.id)
    assert wait_for_state(root, run.id, "cancelled").signal == "SIGINT"


def test_the_supervisor_takes_a_signal_as_a_request(root: str) -> None:
    run = start_run(root, python(SLEEPS))
    wait_for_log(root, run.id)
    os.kill(supervisor_pid(root, run.id), signal.SIGTERM)
    wait_for_state(root, run.id, "cancelled")


def test_there_is_nothing_to_cancel(root: str) -> None:
    with pytest.raises(CkptuiError, match="no resumed run works here"):
        cancel_run(root)
    run = start_run(root, Command(("true",)))
    wait_for_state(root, run.id, "ended")
    with pytest.raises(CkptuiError, match="does not work any more"):
        cancel_run(root, run.id)
    with pytest.raises(CkptuiError, match="there is no run 1999"):
        cancel_run(root, "1999")


def kill_supervisor(root: str, run_id: str) -> None:
    os.kill(supervisor_pid(root, run_id), signal.SIGKILL)
    wait_for(lambda: supervisor_pid(root, run_id) == 0)


def test_without_its_supervisor_a_run_is_unsupervised_then_lost(root: str) -> None:
    run = start_run(root, python(SLEEPS))
    wait_for_log(root, run.id)
    kill_supervisor(root, run.id)
    assert run.pid is not None
    orphaned = run_of(root, run.id)
    assert orphaned.state == "unsupervised"
    assert str(run.pid) in orphaned.note
    with pytest.raises(ClaimError, match=rf"is gone, but processes .* work .*pid {run.pid} "):
        start_run(root, Command(("true",)), force=True)
    os.kill(run.pid, signal.SIGKILL)
    lost = wait_for_state(root, run.id, "lost")
    assert (lost.exit_code, lost.signal) == (None, None)
    again = start_run(root, Command(("true",)))
    wait_for_state(root, again.id, "ended")
    assert run_of(root, run.id).state == "lost"


def test_an_orphan_in_a_session_of_its_own_still_counts(root: str) -> None:
    # It holds no lock (a shell's child closes what it does not know) and is in no known session.
    code = "import os, subprocess; subprocess.Popen(['setsid', 'sleep', '600']); print('works')"
    run = start_run(root, python(f"{code}; import time; time.sleep(600)"))
    wait_for_log(root, run.id)
    wait_for(lambda: len(living(root, run.id)) == 2)
    kill_supervisor(root, run.id)
    assert run.pid is not None
    os.kill(run.pid, signal.SIGKILL)
    wait_for(lambda: living(root, run.id) != [] and run.pid not in living(root, run.id))
    assert run_of(root, run.id).state == "unsupervised"
    with pytest.raises(ClaimError, match="sleep 600"):
        start_run(root, Command(("true",)))


def test_an_unsupervised_run_can_be_cancelled(root: str) -> None:
    run = start_run(root, python(STUBBORN))
    wait_for_log(root, run.id)
    kill_supervisor(root, run.id)
    ended = cancel_run(root, run.id, grace=(0.2, 0.2))
    assert (ended.state, ended.exit_code, ended.note) == (
        "cancelled",
        None,
        "cancelled; no exit status",
    )
    assert living(root, run.id) == []
    assert read_claim(root) is None


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A filesystem of 256 KB."""
    place = tmp_path / "small"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], capture_output=True
    )
    if made.returncode:
        pytest.skip("no right to mount")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_does_not_cost_the_exit_status(small_disk: Path) -> None:
    root = str(small_disk)
    run = start_run(root, Command(("sh", "-c", "cat /dev/zero > fill; exit 5")))
    ended = wait_for_state(root, run.id, "ended")
    assert ended.exit_code == 5
    with pytest.raises(OSError, match="No space left"):
        (small_disk / "more").write_bytes(b"x" * 8192)
    wait_for(lambda: read_claim(root) is None)


def test_a_run_directory_that_is_removed_ends_quietly(root: str) -> None:
    run = start_run(root, python(SLEEPS))
    pid = supervisor_pid(root, run.id)
    subprocess.run(["rm", "-rf", root], check=True)
    assert run.pid is not None
    os.kill(run.pid, signal.SIGTERM)
    wait_for(lambda: not os.path.exists(f"/proc/{pid}"))
    assert not os.path.exists(root)
