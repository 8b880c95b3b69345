"""The preview says what would happen and what speaks against it, and starts nothing."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ckptui.launch.claim import take_claim
from ckptui.launch.claim_file import ClaimInfo
from ckptui.launch.command import record_command, write_command
from ckptui.launch.local import start_run
from ckptui.launch.places import claim_path
from ckptui.launch.preview import ResumePreview, resume_preview
from ckptui.launch.site import kills_user_processes
from ckptui.terms import InputState
from ckptui.watch.model import (
    NOBODY,
    Checkpoint,
    Disk,
    InputHash,
    LastGood,
    PassedOver,
    Snapshot,
    StageRow,
)
from tests.launch.helpers import SLEEPS, python

GB = 1 << 30


def a_snapshot(root: str) -> Snapshot:
    rows = {
        "ckpt_4500.pt": Checkpoint("ckpt_4500.pt", size=2 * GB, step=4500),
        "ckpt_5000.pt": Checkpoint("ckpt_5000.pt", size=GB, step=5000),
    }
    passed = (PassedOver("ckpt_5000.pt", "cut short"),)
    stages = (
        StageRow(".checkpoints/pipeline_state.json", "chunk", "completed"),
        StageRow(
            ".checkpoints/pipeline_state.json",
            "merge",
            "completed",
            InputHash("sha256:a", "sha256:b", InputState.STALE, "2 added (a.fa, b.fa)"),
        ),
        StageRow(".checkpoints/pipeline_state.json", "train", "failed", error="out of memory"),
    )
    return Snapshot(
        root,
        checkpoints=rows,
        stages=stages,
        last_good=LastGood("ckpt_4500.pt", 4500, 5, passed),
        disk=Disk(41 * GB, 100 * GB),
        writers=(NOBODY,),
    )


def a_path(tmp_path: Path, **programs: str) -> dict[str, str]:
    """An environment whose PATH holds python and these scripts."""
    place = tmp_path / "bin"
    place.mkdir(exist_ok=True)
    for name, text in programs.items():
        (place / name).write_text(f"#!/bin/sh\n{text}\n")
        (place / name).chmod(0o755)
    for name in ("true", "sh", "cat"):
        found = shutil.which(name)
        assert found is not None
        if not (place / name).exists():
            (place / name).symlink_to(found)
    return {"PATH": str(place)}


def preview(root: str, tmp_path: Path, snapshot: Snapshot | None = None) -> ResumePreview:
    return resume_preview(root, snapshot or a_snapshot(root), environment=a_path(tmp_path))


def states(found: ResumePreview, word: str) -> list[str]:
    return [check.state for check in found.checks if word in check.sentence]


def test_the_whole_of_it(root: str, tmp_path: Path) -> None:
    record_command(root, ["true", "--resume"], None)
    found = preview(root, tmp_path)
    assert found.blocked == ""
    assert (found.checkpoint, found.step, found.steps_lost) == ("ckpt_4500.pt", 4500, 500)
    assert (
        found.origin == "step 4500  ckpt_4500.pt  checked to level 5 (checksums); loses 500 steps"
    )
    assert found.passed_over == ("step 5000  ckpt_5000.pt  cut short",)
    assert found.again == (
        "stage merge is done again: 2 added (a.fa, b.fa)",
        "stage train is done again: it failed (out of memory)",
    )
    assert states(found, NOBODY) == ["ok"]
    assert states(found, "free 41.0G") == ["ok"]
    document = json.loads(json.dumps(found.to_json()))
    assert document["from"] == found.origin
    assert document["command"] == ["true", "--resume"]
    assert {"state": "ok", "sentence": "free 41.0G"} in document["checks"]
    # A preview writes nothing and takes nothing.
    assert os.listdir(os.path.join(root, ".ckptui")) == ["command.json"]


def test_nothing_is_good(root: str, tmp_path: Path) -> None:
    empty = Snapshot(root, last_good_none=(PassedOver("a.pt", "cut short"),))
    found = preview(root, tmp_path, empty)
    assert found.origin == "the beginning: no checkpoint here is good"
    assert (found.checkpoint, found.passed_over) == (None, ("a.pt  cut short",))


def test_no_command_blocks(root: str, tmp_path: Path) -> None:
    found = preview(root, tmp_path)
    assert found.blocked.startswith(f"no command is known for {root}; give it with: ckptui set-com")
    write_command(root, ["no-such-program"])
    assert preview(root, tmp_path).blocked.startswith("no-such-program is not to be found here")
    Path(root, "ckptui.toml").write_text("[run")
    assert "not valid TOML" in preview(root, tmp_path).blocked


def test_a_living_run_blocks(root: str, tmp_path: Path) -> None:
    record_command(root, ["true"], None)
    run = start_run(root, python(SLEEPS))
    for force in (False, True):
        found = resume_preview(root, a_snapshot(root), force=force, environment=a_path(tmp_path))
        assert "already worked on by pid" in found.blocked
        assert "resumed run" in found.blocked
    assert run.state == "running"


def test_a_claim_of_another_host_blocks_until_told(root: str, tmp_path: Path) -> None:
    record_command(root, ["true"], None)
    with take_claim(root, what="training") as claim:
        info: ClaimInfo = replace(claim.info, host="n042", token="b" * 32)
    Path(claim_path(root)).write_bytes(info.to_bytes())
    found = preview(root, tmp_path)
    assert "on n042" in found.blocked
    assert "--take-claim" in found.blocked
    forced = resume_preview(root, a_snapshot(root), force=True, environment=a_path(tmp_path))
    assert forced.blocked == ""
    assert states(forced, "takes the claim over") == ["warn"]


@pytest.mark.parametrize(
    ("sentence", "state", "blocked"),
    [
        ("train.py alive here 3 h", "fail", True),
        ("wrote 4 min ago, host unknown", "warn", False),
        (NOBODY, "ok", False),
    ],
)
def test_writers(root: str, tmp_path: Path, sentence: str, state: str, blocked: bool) -> None:
    record_command(root, ["true"], None)
    found = preview(root, tmp_path, replace(a_snapshot(root), writers=(sentence,)))
    assert states(found, sentence) == [state]
    assert bool(found.blocked) is blocked


@pytest.mark.parametrize(("free", "state"), [(41, "ok"), (5, "warn"), (1, "fail")])
def test_space_is_compared_with_the_last_checkpoint(
    root: str, tmp_path: Path, free: int, state: str
) -> None:
    found = preview(root, tmp_path, replace(a_snapshot(root), disk=Disk(free * GB, 100 * GB)))
    assert states(found, f"free {free}.0G") == [state]


def test_the_queue(root: str, tmp_path: Path) -> None:
    # The text that squeue 22.05 prints for -h -o '%i|%T|%Z|%j'; a name may hold the separator.
    record_command(root, ["true"], None)
    said = f"8123|RUNNING|{root}|train|x\n8124|PENDING|{root}2|other\n8125|RUNNING|/|base"
    env = a_path(tmp_path, squeue=f"cat <<'END'\n{said}\nEND")
    found = resume_preview(root, a_snapshot(root), on_login_node=True, environment=env)
    assert found.blocked == "your job 8123 (train|x, running) works in this directory"
    inside = resume_preview(root, a_snapshot(root), environment={**env, "SLURM_JOB_ID": "8123"})
    assert inside.blocked == ""
    assert states(inside, "the run ends with that job") == ["warn"]


def test_a_login_node_needs_to_be_told(root: str, tmp_path: Path) -> None:
    record_command(root, ["true"], None)
    env = a_path(tmp_path, squeue="exit 1")
    assert "--here" in resume_preview(root, a_snapshot(root), environment=env).blocked
    told = resume_preview(root, a_snapshot(root), on_login_node=True, environment=env)
    assert told.blocked == ""
    assert states(told, "login node") == ["warn"]


@pytest.mark.parametrize(
    ("user", "texts", "kills"),
    [
        ("anna", [], False),
        ("anna", ["[Login]\n#KillUserProcesses=yes\n"], False),
        ("anna", ["[Login]\nKillUserProcesses=yes\n"], True),
        ("anna", ["KillUserProcesses=yes", "KillUserProcesses = no"], False),
        ("anna", ["KillUserProcesses=yes\nKillExcludeUsers=root anna"], False),
        ("root", ["KillUserProcesses=yes"], False),
        ("anna", ["KillOnlyUsers=anna"], True),
        ("bob", ["KillUserProcesses=yes\nKillOnlyUsers=anna"], False),
    ],
)
def test_what_logind_does_at_logout(user: str, texts: list[str], kills: bool) -> None:
    assert kills_user_processes(user, texts) is kills
