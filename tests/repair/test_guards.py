"""What a repair refuses, with one sentence and nothing half-done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ckptui.errors import RepairError
from ckptui.repair import apply, entries, list_trash, plan, recover, undo
from ckptui.repair.site import HOME
from ckptui.terms import Action
from tests.repair.tree import fingerprint, make_run, put, whole


@pytest.fixture
def root(tmp_path: Path) -> str:
    run = str(tmp_path / "run")
    make_run(run)
    return run


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("../outside.pt", "leads out"),
        ("features/../../outside.pt", "leads out"),
        ("/etc/passwd", "not a path inside"),
        (".", "the run directory itself"),
        ("", "not a path inside"),
        (".ckptui/journal.jsonl", "belongs to ckptui"),
        ("away/outside.pt", "is a link that leads out"),
        ("nowhere.pt", "no such file"),
    ],
)
@pytest.mark.parametrize("action", [Action.QUARANTINE, Action.ADD_MARKER, Action.REMOVE_MARKER])
def test_repairs_stay_inside_the_run_directory(
    root: str, action: Action, path: str, why: str
) -> None:
    outside = os.path.dirname(root)
    put(outside, "outside.pt", whole(1))
    put(outside, "outside.pt.done", b"")
    os.symlink(outside, os.path.join(root, "away"))
    if action is Action.REMOVE_MARKER and path == "nowhere.pt":
        why = "has no marker"
    with pytest.raises(RepairError, match=why):
        plan(action, root, [path])
    assert os.path.exists(os.path.join(outside, "outside.pt"))


def test_a_file_that_changed_since_the_plan_is_refused(root: str) -> None:
    planned = plan(Action.QUARANTINE, root, ["ckpt_300.pt"])
    put(root, "ckpt_300.pt", whole(301), ago=60)
    before = fingerprint(root)
    with pytest.raises(RepairError, match=r"ckpt_300.pt: changed since the plan"):
        apply(planned)
    os.unlink(os.path.join(root, "ckpt_300.pt"))
    with pytest.raises(RepairError, match=r"ckpt_300.pt: is gone since the plan"):
        apply(planned)
    assert "ckpt_300.pt.done" in before


def test_a_marker_that_appeared_since_the_plan_is_not_left_behind(root: str) -> None:
    planned = plan(Action.ADD_MARKER, root, ["features/part_02.pt"])
    put(root, "features/part_02.pt.done", b"")
    with pytest.raises(RepairError, match="appeared since the plan"):
        apply(planned)


def test_what_changed_just_now_is_left_alone(root: str) -> None:
    put(root, "ckpt_800.pt", whole(800), ago=0)
    with pytest.raises(RepairError, match="left alone; try again shortly"):
        plan(Action.QUARANTINE, root, ["ckpt_800.pt"])
    planned = plan(Action.QUARANTINE, root, ["ckpt_800.pt", "ckpt_500.pt"])
    assert [step.path for step in planned.steps] == ["ckpt_500.pt"]
    assert "ckpt_800.pt" in planned.warnings[0]


def test_what_a_writer_has_open_is_left_alone_and_a_reader_is_no_writer(root: str) -> None:
    path = os.path.join(root, "ckpt_300.pt")
    hold = "import sys, time; f = open(*sys.argv[1:]); print('open', flush=True); time.sleep(60)"
    for mode, held in (("rb", False), ("r+b", True)):
        process = subprocess.Popen([sys.executable, "-c", hold, path, mode], stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None and process.stdout.readline()
            if held:
                with pytest.raises(RepairError, match=rf"process {process.pid} .* left alone"):
                    plan(Action.QUARANTINE, root, ["ckpt_300.pt"])
            else:
                assert plan(Action.QUARANTINE, root, ["ckpt_300.pt"]).steps
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def test_the_last_good_one_needs_a_second_word(root: str) -> None:
    before = fingerprint(root)
    planned = plan(Action.QUARANTINE, root, ["ckpt_400.pt"], last_good="ckpt_400.pt")
    assert "last good" in planned.confirm
    assert "latest.pt points to ckpt_400.pt" in planned.warnings[0]
    with pytest.raises(RepairError, match="second time"):
        apply(planned)
    assert fingerprint(root) == before
    assert apply(planned, confirm=True).applied


def test_a_living_writers_temporary_file_is_not_cleaned(root: str) -> None:
    from ckptui.durable import this_host

    left = put(root, f".ckpt_1.pt.tmp.{this_host()}.{os.getpid()}.0123abcd", whole(1))
    with pytest.raises(RepairError, match="is alive"):
        plan(Action.CLEAN, root, [left])


def test_a_repair_that_fails_midway_is_rolled_back(root: str) -> None:
    """In the trash, the second file needs a folder of the name that the first one has there."""
    put(root, "clash", whole(1))
    put(root, "clash.quarantined/x.pt", whole(2))
    before = fingerprint(root)
    planned = plan(Action.QUARANTINE, root, ["ckpt_300.pt", "clash", "clash.quarantined/x.pt"])
    with pytest.raises(RepairError, match="nothing was changed"):
        apply(planned)
    assert fingerprint(root) == before
    assert [entry.state for entry in entries(root)] == ["rolled back"]
    assert list_trash(root) == [] and recover(root) == []
    assert apply(plan(Action.QUARANTINE, root, ["ckpt_300.pt", "clash"])).applied


def test_a_strangers_journal_cannot_reach_outside(root: str) -> None:
    top = os.path.dirname(root)
    put(top, "outside.pt", whole(1))
    os.symlink(top, os.path.join(root, "away"))
    outside = fingerprint(top)["outside.pt"]
    ways_out = ("../outside.pt", os.path.join(top, "outside.pt"), "away/outside.pt")
    for number, path in enumerate(ways_out):
        for ended in (True, False):
            lines: list[dict[str, object]] = [
                {"id": f"x{number}{ended}", "event": "begin", "action": "quarantine",
                 "operations": [{"do": "move", "path": "stolen.pt", "to": path}]},
                {"id": f"x{number}{ended}", "event": "step", "n": 0},
            ]  # fmt: skip
            if ended:
                lines.append({"id": f"x{number}{ended}", "event": "end", "state": "done"})
            put(root, f"{HOME}/journal.jsonl", "".join(map(_line, lines)).encode())
            if ended:
                with pytest.raises(RepairError, match=r"leads out|not a path inside"):
                    undo(root)
            else:
                assert [each.ended for each in recover(root)] == ["stuck"]
                assert recover(root) == []
            assert fingerprint(top)["outside.pt"] == outside


def _line(line: dict[str, object]) -> str:
    return json.dumps(line) + "\n"


def test_a_link_where_ckptui_keeps_its_own_is_not_followed(root: str, tmp_path: Path) -> None:
    os.mkdir(tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", os.path.join(root, HOME))
    before = fingerprint(root)
    with pytest.raises(RepairError, match="a link, where ckptui keeps its own"):
        apply(plan(Action.QUARANTINE, root, ["ckpt_500.pt"]))
    assert fingerprint(root) == before and os.listdir(tmp_path / "elsewhere") == []


def test_a_marker_may_go_right_after_it_came(root: str) -> None:
    apply(plan(Action.ADD_MARKER, root, ["features/part_02.pt"]))
    apply(plan(Action.REMOVE_MARKER, root, ["features/part_02.pt"]))
    assert not os.path.exists(os.path.join(root, "features/part_02.pt.done"))


def test_actions_of_later_days_say_so(root: str) -> None:
    with pytest.raises(RepairError, match="not available"):
        plan(Action.SALVAGE, root, ["ckpt_500.pt"])


AS_NOBODY = """
import os, sys
from ckptui.errors import RepairError
from ckptui.repair import plan, apply
from ckptui.terms import Action
os.setgroups([]); os.setgid(65534); os.setuid(65534)
for action, path in [(Action.QUARANTINE, "ckpt_500.pt"), (Action.REMOVE_MARKER, "gone.pt")]:
    try:
        apply(plan(action, sys.argv[1], [path]))
        print("DONE")
    except RepairError as error:
        print(error)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_an_ordinary_user_before_a_closed_directory_gets_one_sentence() -> None:
    with tempfile.TemporaryDirectory() as top:  # pytest's own folders are closed to others
        os.chmod(top, 0o755)
        _closed_directory(os.path.join(top, "run"))


def _closed_directory(root: str) -> None:
    make_run(root)
    os.chmod(root, 0o555)
    before = fingerprint(root)
    said = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, root], capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said.count("you may not write there (it belongs to root), mode 555") == 2
    assert "DONE" not in said
    assert fingerprint(root) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a filesystem of its own")
def test_a_full_disk_leaves_everything_in_place(root: str, tmp_path: Path) -> None:
    small = str(tmp_path / "small")
    os.mkdir(small)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no mount here")
    try:
        put(small, "ckpt_1.pt", whole(1))
        before = fingerprint(small)
        with open(os.path.join(small, "filler"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        with pytest.raises(RepairError, match="make room"):
            apply(plan(Action.QUARANTINE, small, ["ckpt_1.pt"]))
        os.unlink(os.path.join(small, "filler"))
        assert {k: v for k, v in fingerprint(small, folders=False).items() if k != "."} == {
            k: v for k, v in before.items() if k != "."
        }
        assert apply(plan(Action.QUARANTINE, small, ["ckpt_1.pt"])).applied
    finally:
        subprocess.run(["umount", small], check=True)
