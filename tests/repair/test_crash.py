"""Killed at any moment, a repair leaves every byte in place or in the trash, and recovery ends it.

``strace`` kills a real process right before each system call that changes the tree or syncs it.
"""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import torch

from ckptui.config import CONFIG_NAME, load_run_config
from ckptui.errors import RepairError
from ckptui.repair import apply, entries, plan, recover, undo
from ckptui.repair.lock import HOLDER, turn
from ckptui.repair.site import HOME, Site
from ckptui.terms import Action
from tests.repair.tree import every_content, fingerprint, make_run, put

SERVER = """
import os, signal, sys
from ckptui.repair import apply, plan, undo
from ckptui.terms import Action

def work(root):
    first = plan(Action.QUARANTINE, root, ["ckpt_300.pt", "features/part_01.pt"])
    second = plan(Action.RENEW_MARKER, root, ["ckpt_400.pt"])
    third = plan(Action.ALLOW_GLOBALS, root, ["mine.pt"])
    os.kill(os.getpid(), signal.SIGSTOP)  # plans change nothing; what follows is traced
    apply(first)
    apply(second)
    apply(third)
    undo(root)
    undo(root)
    undo(root)

for line in sys.stdin:
    child = os.fork()
    if not child:
        work(line.rstrip("\\n"))
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""
CALLS = ("fsync", "mkdir", "unlink", "rmdir", "rename", "renameat2", "utimensat")
STRACE = shutil.which("strace")


class Victims:
    """Processes that have everything imported, stand still, and die when told."""

    def __init__(self) -> None:
        self.server = subprocess.Popen(
            [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def kill(self, root: str, call: str, when: int) -> bool:
        """Do the repairs with a kill at the ``when``-th ``call``; False where it had fewer."""
        assert STRACE is not None and self.server.stdin is not None
        self.server.stdin.write(root + "\n")
        self.server.stdin.flush()
        pid = self._answer()
        while "State:\tT" not in _status(pid):
            time.sleep(0.001)
        tracer = subprocess.Popen(
            [STRACE, "-f", "-qq", "-o", "/dev/null", "-p", str(pid), "-e", f"trace={call}",
             "-e", f"inject={call}:signal=KILL:when={when}"]
        )  # fmt: skip
        while tracer.poll() is None and "TracerPid:\t0\n" in _status(pid):
            time.sleep(0.001)
        os.kill(pid, signal.SIGCONT)
        status = self._answer()
        tracer.wait()
        assert status in (0, signal.SIGKILL), status
        return status != 0

    def _answer(self) -> int:
        assert self.server.stdout is not None
        return int(self.server.stdout.readline())

    def close(self) -> None:
        """End the server."""
        self.server.communicate()


def _status(pid: int) -> str:
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return file.read()


@pytest.mark.skipif(STRACE is None, reason="needs strace (make debian)")
def test_killed_before_every_call_that_changes_something(tmp_path: Path) -> None:
    original = str(tmp_path / "original")
    make_run(original)
    put(original, "mine.pt", naming_a_class_of_mine())
    put(original, CONFIG_NAME, b"# ours\n[run]\ncommand = ['train.sh']\n")
    ends: Counter[str] = Counter()
    victims = Victims()
    kills = 0
    for call in CALLS:
        when = 1
        while kill_and_recover(victims, original, str(tmp_path / "run"), (call, when), ends):
            when += 1
        kills += when - 1
    victims.close()
    assert kills > 40
    assert ends["rolled back"] > 10 and ends["finished"] > 0 and not ends["stuck"]


class Mine:
    """What the run's ckptui.toml must name, so that it is no danger."""


def naming_a_class_of_mine() -> bytes:
    """A real checkpoint that only loads where the class is allowed."""
    buffer = io.BytesIO()
    torch.save({"step": 1, "mine": Mine()}, buffer)
    return buffer.getvalue()


def kill_and_recover(
    victims: Victims, original: str, root: str, at: tuple[str, int], ends: Counter[str]
) -> bool:
    """One kill, and everything that must hold after it."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(original, root, symlinks=True)
    if not victims.kill(root, *at):
        return False
    lost = Counter(every_content(original)) - Counter(every_content(root))
    assert not lost, f"{at}: a file is lost"
    no_marker_alone(root)
    load_run_config(root)  # never half a file
    ends.update(each.ended for each in recover(root))
    assert recover(root) == []
    assert all(entry.state in ("done", "undone", "rolled back") for entry in entries(root))
    take_all_back(root)
    same = fingerprint(root, folders=False) == fingerprint(original, folders=False)
    assert same, f"{at}: not the same tree"
    return True


def no_marker_alone(root: str) -> None:
    for folder, _, names in os.walk(root):
        for name in names:
            if name.endswith(".done") and name != "gone.pt.done":
                assert name.removesuffix(".done") in names, os.path.join(folder, name)


def take_all_back(root: str) -> None:
    while True:
        try:
            undo(root)
        except RepairError as error:
            assert "nothing to undo" in str(error)
            return


CHOICES = [
    (Action.QUARANTINE, "ckpt_100.pt"),
    (Action.QUARANTINE, "ckpt_300.pt"),
    (Action.QUARANTINE, "features/part_01.pt"),
    (Action.QUARANTINE, "checkpoint-500"),
    (Action.QUARANTINE, "latest.pt"),
    (Action.RENEW_MARKER, "ckpt_400.pt"),
    (Action.RENEW_MARKER, "features/part_01.pt"),
    (Action.REMOVE_MARKER, "ckpt_200.pt"),
    (Action.REMOVE_MARKER, "gone.pt"),
    (Action.ADD_MARKER, "ckpt_200.pt"),
    (Action.ADD_MARKER, "features/part_02.pt"),
    (Action.CLEAN, ".ckpt_700.pt.tmp.otherhost.7.0123abcd"),
    (Action.PROMOTE, ".ckpt_600.pt.tmp.otherhost.7.0123abcd"),
    (Action.RESTORE, "ckpt_300.pt"),
    (Action.RESTORE, "gone.pt.done"),
]


@pytest.mark.parametrize("seed", range(12))
def test_random_repairs_and_undos_lead_back_to_the_exact_tree(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    root = str(tmp_path / "run")
    make_run(root)
    trees = [fingerprint(root)]
    contents = Counter(every_content(root))
    for _ in range(25):
        if len(trees) > 1 and chance.random() < 0.35:
            undo(root)
            trees.pop()
            assert fingerprint(root) == trees[-1]
        else:
            action, path = chance.choice(CHOICES)
            try:
                apply(plan(action, root, [path], settle=0.0), confirm=True)
            except RepairError:
                assert fingerprint(root) == trees[-1], "a refusal changes nothing"
            else:
                trees.append(fingerprint(root))
        assert not contents - Counter(every_content(root))
    while len(trees) > 1:
        undo(root)
        trees.pop()
        assert fingerprint(root) == trees[-1]


ONE = """
import sys
from ckptui.repair import apply, plan, undo
from ckptui.terms import Action
for _ in range(4):
    apply(plan(Action.QUARANTINE, sys.argv[1], [sys.argv[2]]))
    apply(plan(Action.RESTORE, sys.argv[1], [sys.argv[2]]))
"""


def test_several_ckptui_on_one_run_take_turns(tmp_path: Path) -> None:
    root = str(tmp_path / "run")
    make_run(root)
    before = fingerprint(root, folders=False)
    names = ["ckpt_100.pt", "ckpt_200.pt", "ckpt_300.pt", "features/part_01.pt"]
    at_work = [subprocess.Popen([sys.executable, "-c", ONE, root, name]) for name in names]
    assert [process.wait(timeout=120) for process in at_work] == [0] * len(names)
    assert fingerprint(root, folders=False) == before
    made = entries(root)
    assert len(made) == 8 * len(names) and len({entry.id for entry in made}) == len(made)
    assert not os.path.exists(os.path.join(root, HOLDER))


def test_the_lock_of_a_dead_process_is_taken_over_and_that_of_another_host_is_not(
    tmp_path: Path,
) -> None:
    root = str(tmp_path)
    os.mkdir(os.path.join(root, HOME))
    holder = os.path.join(root, HOLDER)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    gone = {"host": os.uname().nodename, "pid": dead.pid, "start": "1"}
    for text in ("", json.dumps(gone)):
        with open(holder, "w", encoding="ascii") as file:
            file.write(text)
        with turn(Site(root), patience=1.0):
            assert os.path.exists(holder)
        assert not os.path.exists(holder)
    with open(holder, "w", encoding="ascii") as file:
        file.write('{"host": "n042", "pid": 7, "start": "1"}')
    with pytest.raises(RepairError, match="process 7 on n042"), turn(Site(root), patience=0.1):
        pass
    assert os.path.exists(holder)


@pytest.mark.skipif(STRACE is None, reason="needs strace (make debian)")
def test_where_the_kernel_knows_no_rename_that_refuses_to_replace(tmp_path: Path) -> None:
    """NFS answers EINVAL to RENAME_NOREPLACE: then ckptui looks first, and renames."""
    assert STRACE is not None
    root = str(tmp_path / "run")
    make_run(root)
    put(root, "mine.pt", naming_a_class_of_mine())
    before = fingerprint(root)
    work = SERVER.partition("for line")[0].replace("os.kill", "print") + "work(sys.argv[1])"
    subprocess.run(
        [STRACE, "-f", "-qq", "-o", "/dev/null", "-e", "trace=renameat2",
         "-e", "inject=renameat2:error=EINVAL", sys.executable, "-c", work, root],
        check=True, capture_output=True,
    )  # fmt: skip
    assert fingerprint(root) == before
    assert [entry.state for entry in entries(root)] == ["undone"] * 3 + ["done"] * 3
