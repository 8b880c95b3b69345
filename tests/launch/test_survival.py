"""A resumed run outlives whoever started it; its exit status lands; a new ckptui shows it."""

from __future__ import annotations

import ast
import json
import os
import pty
import signal
import subprocess
import sys
import time

import pytest

from ckptui.launch import supervisor
from ckptui.launch.claim import read_claim
from ckptui.launch.command import Command
from ckptui.launch.local import cancel_run, start_run
from ckptui.launch.log import log_path
from ckptui.launch.processes import alive, start_ticks, stat_of
from ckptui.launch.registry import list_runs, supervisor_pid
from ckptui.launch.standing import Standing, standing
from tests.launch.helpers import LINES, SLEEPS, python, run_of, wait_for, wait_for_state

STARTER = f"""
import subprocess, sys, time
from ckptui.launch.command import Command
from ckptui.launch.local import start_run
plain = subprocess.Popen(["sleep", "600"])
run = start_run(sys.argv[1], Command((sys.executable, "-c", {LINES!r})))
print("started", run.id, plain.pid, flush=True)
time.sleep(600)
"""
GATED = """
import sys
from ckptui.launch.command import Command
from ckptui.launch.local import start_run
print("ready", flush=True)
sys.stdin.readline()
print("go", flush=True)
start_run(sys.argv[1], Command(("sleep", "600")))
print("started", flush=True)
"""
LISTER = """
import dataclasses, json, sys
from ckptui.launch.registry import list_runs
print(json.dumps([dataclasses.asdict(run) for run in list_runs(sys.argv[1])]))
"""


def seen_by_a_new_process(root: str) -> list[dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-c", LISTER, root], capture_output=True, check=True, text=True
    )
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def assert_whole(root: str, run_id: str) -> None:
    wait_for_state(root, run_id, "ended")
    (seen,) = seen_by_a_new_process(root)
    assert (seen["id"], seen["state"], seen["exit_code"]) == (run_id, "ended", 42)
    with open(log_path(root, run_id)) as log:
        assert log.read().splitlines() == [f"line {n}" for n in range(30)]
    wait_for(lambda: not os.path.exists(os.path.join(root, ".ckptui", "claim.json")))


def test_a_run_outlives_a_killed_starter(root: str) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, root], stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    _, run_id, plain = starter.stdout.readline().split()
    starter.kill()
    starter.wait()
    starter.stdout.close()
    os.kill(int(plain), signal.SIGKILL)
    assert run_of(root, run_id).state == "running"
    assert seen_by_a_new_process(root)[0]["state"] == "running"
    assert_whole(root, run_id)


def test_a_run_outlives_its_terminal(root: str) -> None:
    starter, terminal = pty.fork()
    if starter == 0:
        os.execv(sys.executable, [sys.executable, "-c", STARTER, root])
    data = b""
    while b"\n" not in data:
        data += os.read(terminal, 4096)
    _, run_id, plain = data.decode().split()
    ticks = start_ticks(int(plain))
    os.close(terminal)
    # The contrast: what was started plainly goes down with the terminal, and so does the starter.
    os.waitpid(starter, 0)
    wait_for(lambda: not alive(int(plain), ticks))
    assert run_of(root, run_id).state == "running"
    assert_whole(root, run_id)


def test_the_supervisor_ignores_a_hangup(root: str) -> None:
    run = start_run(root, python(LINES))
    os.kill(supervisor_pid(root, run.id), signal.SIGHUP)
    assert_whole(root, run.id)


def test_nothing_shares_a_session_with_the_starter(root: str) -> None:
    run = start_run(root, python(SLEEPS))
    assert run.pid is not None
    above, child = stat_of(supervisor_pid(root, run.id)), stat_of(run.pid)
    assert above is not None
    assert child is not None
    assert len({above.session, child.session, os.getsid(0)}) == 3
    assert child.session == child.pid
    assert above.session != above.pid  # not a leader: no terminal can come to belong to it


def test_a_starter_that_dies_before_the_job_is_whole_starts_nothing(root: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-I", supervisor.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    process.stdin.write(b'{"directory": "' + os.fsencode(root) + b'", "argv": ["touch", "')
    process.stdin.close()
    process.wait()
    wait_for(lambda: not alive(said["pid"], said["start_ticks"]))
    assert process.stdout.read() == b""
    process.stdout.close()
    assert os.listdir(root) == []


@pytest.mark.parametrize("milliseconds", [0, 4, 12, 20, 24, 28, 32, 40])
def test_a_starter_killed_at_any_moment_leaves_all_or_nothing(root: str, milliseconds: int) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", GATED, root],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with starter:
        assert starter.stdin is not None
        assert starter.stdout is not None
        assert starter.stdout.readline() == "ready\n"
        starter.stdin.write("\n")
        starter.stdin.flush()
        assert starter.stdout.readline() == "go\n"
        time.sleep(milliseconds / 1000)
        starter.kill()
    # Either it works, then it has the claim, and nobody else can start; or everybody can.
    wait_for(lambda: {run.state for run in list_runs(root)} <= {"running"})
    wait_for(lambda: running_or_free(root))
    if list_runs(root):
        cancel_run(root)
        wait_for_state(root, list_runs(root)[0].id, "cancelled")
    again = start_run(root, Command(("true",)))
    wait_for_state(root, again.id, "ended")


def running_or_free(root: str) -> bool:
    info = read_claim(root)
    runs = list_runs(root)
    if runs:
        return info is not None and info.run == runs[0].id
    return info is None or standing(root, info) is Standing.DEAD


def test_the_supervisor_needs_nothing_but_the_standard_library() -> None:
    with open(supervisor.__file__) as file:
        tree = ast.parse(file.read())
    names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names
