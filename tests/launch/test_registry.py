"""States are read from files and processes; they are never guessed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from ckptui.errors import CkptuiError
from ckptui.launch.model import RunRecord
from ckptui.launch.processes import here, members, start_ticks, stat_of
from ckptui.launch.registry import find_run, list_runs, parse_runs, read_run

ID = "20261120-021455-ab12"


def run_json(pid: int, ticks: int, **changes: object) -> dict[str, object]:
    this = here()
    process = {"pid": pid, "start_ticks": ticks}
    document = {
        "id": ID,
        "command": ["python", "train.py"],
        "host": this.host,
        "boot_id": this.boot_id,
        "pid_ns": this.pid_ns,
        "machine": this.machine,
        "token": "",
        "started_at": "2026-11-20T02:14:55+00:00",
        "supervisor": process,
        **process,
    }
    return {**document, **changes}


def texts(run: object, **others: object) -> dict[str, str]:
    place = f".ckptui/runs/{ID}"
    found = {f"{place}/run.json": json.dumps(run)}
    for name, document in others.items():
        found[f"{place}/{name}.json"] = json.dumps(document)
    return found


def only(files: dict[str, str]) -> RunRecord:
    (run,) = parse_runs(files)
    return run


def me(**changes: object) -> dict[str, object]:
    return {**run_json(os.getpid(), start_ticks(os.getpid())), **changes}


def test_a_living_supervisor_means_running() -> None:
    run = only(texts(me()))
    assert (run.state, run.pid, run.command) == ("running", os.getpid(), ("python", "train.py"))
    assert run.log == f".ckptui/runs/{ID}/log.txt"
    assert only(texts(me(pid=None, start_ticks=None))).state == "starting"


def test_a_reused_pid_is_not_the_run() -> None:
    assert only(texts(run_json(os.getpid(), start_ticks(os.getpid()) - 1))).state == "lost"


def test_a_zombie_does_not_work() -> None:
    process = subprocess.Popen(["true"])
    while (stat := stat_of(process.pid)) and not stat.dead:
        pass
    assert stat is not None
    run = run_json(process.pid, stat.ticks)
    try:
        assert only(texts(run)).state == "lost"
    finally:
        process.wait()


def test_the_exit_status_counts_even_if_a_pid_lives() -> None:
    run = only(texts(me(pipeline="qa"), exit={"exit_code": 3, "signal": None, "ended_at": "x"}))
    assert (run.state, run.exit_code, run.note) == (
        "ended",
        3,
        "exit code 3: checkpoint trouble",
    )


def test_other_places_are_not_judged_from_here() -> None:
    assert only(texts(run_json(1, 1, host="n042", job="8123"))) == RunRecord(
        id=ID,
        state="elsewhere",
        command=("python", "train.py"),
        host="n042",
        pid=1,
        started_at="2026-11-20T02:14:55+00:00",
        log=f".ckptui/runs/{ID}/log.txt",
        note="on n042 in job 8123; no exit status yet",
    )
    assert only(texts(me(pid_ns="pid:[1]"))).state == "elsewhere"
    assert only(texts(me(boot_id="other", machine="other"))).state == "elsewhere"


def test_a_reboot_ends_every_run() -> None:
    if not here().machine:
        pytest.skip("this machine has no machine-id")
    run = only(texts(me(boot_id="other")))
    assert run.state == "lost"
    assert "was restarted" in run.note


def test_progress_is_shown() -> None:
    run = only(texts(me(), progress={"done": 12, "total": 40, "text": "features 12 of 40"}))
    assert (run.progress, run.progress_text) == (0.3, "features 12 of 40")


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '"x"', "[" * 100_000])
def test_damaged_files_cost_no_other_run(damage: str) -> None:
    files = texts(me())
    files[".ckptui/runs/20270101-000000-0000/run.json"] = damage
    files[f".ckptui/runs/{ID}/progress.json"] = damage
    files[f".ckptui/runs/{ID}/exit.json"] = damage
    assert [run.id for run in parse_runs(files)] == [ID]


def test_fields_of_the_wrong_type_are_left_out() -> None:
    run = only(texts({"command": "x", "host": 3, "pid": "4", "supervisor": []}))
    assert (run.command, run.host, run.pid, run.state) == ((), "", None, "elsewhere")


def test_old_text_does_not_make_a_run_lost_at_once() -> None:
    gone = texts(run_json(os.getpid(), 1))
    seen: dict[str, float] = {}
    (run,) = parse_runs(gone, dead_since=seen)
    assert run.state == "running"
    assert "reading its exit status" in run.note
    seen[ID] -= 3600
    (run,) = parse_runs(gone, dead_since=seen)
    assert run.state == "lost"


def put(root: str, run_id: str) -> None:
    directory = Path(root, ".ckptui", "runs", run_id)
    directory.mkdir(parents=True)
    (directory / "run.json").write_text(json.dumps(run_json(1, 1, host="n042")))


def test_runs_are_found_by_id_or_by_its_beginning(root: str) -> None:
    assert list_runs(root) == ()
    assert read_run(root, "../..") is None
    for run_id in ("20261119-000000-aaaa", "20261120-000000-bbbb", "20261120-000001-cccc"):
        put(root, run_id)
    Path(root, ".ckptui", "runs", "half").mkdir()
    assert [run.id[-4:] for run in list_runs(root)] == ["cccc", "bbbb", "aaaa"]
    assert find_run(root).id.endswith("cccc")
    assert find_run(root, "20261119").id.endswith("aaaa")
    with pytest.raises(CkptuiError, match="several runs begin with 20261120; known: 20261120-0"):
        find_run(root, "20261120")


def test_members_are_found_by_session_and_by_environment() -> None:
    token = "a" * 32
    process = subprocess.Popen(
        ["sh", "-c", "setsid sleep 600 & exec env -i sleep 600"],
        env={"PATH": os.environ["PATH"], "CKPTUI_CLAIM": token},
        start_new_session=True,
    )
    ticks = start_ticks(process.pid)
    try:
        while (
            len(members(token, process.pid, ticks)) < 2
            or members(token, process.pid, 1)[0].pid == process.pid
        ):
            pass
        found = {stat.pid for stat in members(token, process.pid, ticks)}
        assert process.pid in found
        (other,) = found - {process.pid}
        # A pid that was given anew does not lend its session to the old run.
        assert {stat.pid for stat in members(token, process.pid, ticks + 1)} == {other}
        assert {stat.pid for stat in members("", process.pid, ticks)} == {process.pid}
    finally:
        for stat in members(token, process.pid, ticks):
            os.kill(stat.pid, 9)
        process.wait()
