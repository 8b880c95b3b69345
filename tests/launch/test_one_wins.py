"""Twelve resumes at once: exactly one wins, and the others say who holds the directory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ckptui.launch.claim import read_claim, take_claim
from ckptui.launch.claim_file import ClaimInfo, guard_path
from ckptui.launch.local import cancel_run
from ckptui.launch.places import claim_path, make_dirs, own_dir
from ckptui.launch.registry import list_runs
from tests.launch.helpers import wait_for, wait_for_state

MANY = 12
STARTER = """
import json, os, sys, time
from ckptui.errors import ClaimError
from ckptui.launch.command import Command
from ckptui.launch.local import start_run
root, gate, me = sys.argv[1:]
open(os.path.join(gate, me), "w").close()
while not os.path.exists(os.path.join(gate, "open")):
    time.sleep(0.001)
try:
    run = start_run(root, Command(("sleep", "600")))
    print(json.dumps({"won": run.id}))
except ClaimError as error:
    print(json.dumps({"lost": str(error)}))
"""


def put_claim_of_the_dead(root: str) -> ClaimInfo:
    """A claim as a killed process leaves it."""
    with take_claim(root, what="a run that was killed") as claim:
        gone = subprocess.Popen(["true"])
        gone.wait()
        info = replace(claim.info, pid=gone.pid, start_ticks=1)
    make_dirs(root, own_dir(root))
    Path(claim_path(root)).write_bytes(info.to_bytes())
    return info


def start_all(root: str, gate: Path, *, one_lock: bool) -> list[dict[str, str]]:
    gate.mkdir()
    starters = []
    for n in range(MANY):
        env = dict(os.environ)
        if not one_lock:
            env["XDG_STATE_HOME"] = str(gate / f"state{n}")
        starters.append(
            subprocess.Popen(
                [sys.executable, "-c", STARTER, root, str(gate), str(n)],
                stdout=subprocess.PIPE,
                env=env,
            )
        )
    wait_for(lambda: len([name for name in os.listdir(gate) if name.isdecimal()]) == MANY)
    (gate / "open").touch()
    answers = [starter.communicate()[0] for starter in starters]
    return [json.loads(answer) for answer in answers]


@pytest.mark.parametrize("stale", [False, True], ids=["free", "stale claim"])
@pytest.mark.parametrize("one_lock", [True, False], ids=["one lock", "claim file alone"])
def test_twelve_at_once(root: str, tmp_path: Path, one_lock: bool, stale: bool) -> None:
    if stale:
        put_claim_of_the_dead(root)
    answers = start_all(root, tmp_path / "gate", one_lock=one_lock)
    winners = [answer["won"] for answer in answers if "won" in answer]
    sentences = [answer["lost"] for answer in answers if "lost" in answer]
    assert (len(winners), len(sentences)) == (1, MANY - 1)
    assert [run.id for run in list_runs(root)] == winners
    holder = read_claim(root)
    assert holder is not None
    assert holder.run == winners[0]
    for sentence in sentences:
        assert root in sentence
        assert f"pid {holder.pid} of {holder.user} on {holder.host}" in sentence
        assert "sleep 600" in sentence
    cancel_run(root, winners[0])
    wait_for_state(root, winners[0], "cancelled")
    wait_for(lambda: read_claim(root) is None)
    wait_for(lambda: os.listdir(own_dir(root)) == ["runs"])


def test_a_guard_whose_holder_died_blocks_nobody(root: str) -> None:
    # Killed between holding the guard and replacing the claim: the worst moment of a takeover.
    stale = put_claim_of_the_dead(root)
    taker = replace(stale, token="f" * 32)
    Path(guard_path(claim_path(root), stale.token)).write_bytes(taker.to_bytes())
    with take_claim(root, what="the next one") as claim:
        assert read_claim(root) == claim.info
    assert os.listdir(own_dir(root)) == []


def test_a_guard_whose_holder_died_while_releasing_blocks_nobody(root: str) -> None:
    stale = put_claim_of_the_dead(root)
    Path(guard_path(claim_path(root), stale.token)).write_bytes(stale.to_bytes())
    with take_claim(root, what="the next one"):
        pass
    assert os.listdir(own_dir(root)) == []
