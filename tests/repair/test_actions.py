"""Each repair does what it says, and undo gives back the exact tree."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ckptui.errors import RepairError
from ckptui.repair import apply, entries, list_trash, plan, plan_undo, recover, undo
from ckptui.repair.site import HOME
from ckptui.terms import Action
from tests import directories as made
from tests.directories import ORDERS, copy, make_older
from tests.repair.tree import Fingerprint, fingerprint, make_run, put, whole

ODD = os.fsdecode(b"odd\xff\x1b[2J.pt")


@pytest.fixture
def root(tmp_path: Path) -> str:
    run = str(tmp_path / "run")
    make_run(run)
    return run


def names(tree: Fingerprint) -> set[str]:
    return set(tree)


def there_and_back(root: str, action: Action, paths: list[str]) -> tuple[set[str], set[str]]:
    """Apply a repair and undo it; returns the names that went and that came."""
    before = fingerprint(root)
    planned = plan(action, root, paths)
    assert fingerprint(root) == before, "a plan changes nothing"
    assert not os.path.exists(os.path.join(root, HOME))
    outcome = apply(planned, confirm=True)
    assert outcome.applied and outcome.undo_id
    after = fingerprint(root)
    assert after != before
    undo(root)
    assert fingerprint(root) == before
    return names(before) - names(after), names(after) - names(before)


def test_quarantine_takes_the_marker_along(root: str) -> None:
    went, came = there_and_back(root, Action.QUARANTINE, ["ckpt_300.pt", "features/part_01.pt"])
    assert went == {
        "ckpt_300.pt", "ckpt_300.pt.done", "features/part_01.pt", "features/part_01.pt.done",
    }  # fmt: skip
    assert came == set()


def test_quarantine_of_a_directory_a_link_and_an_odd_name(root: str) -> None:
    went, _ = there_and_back(root, Action.QUARANTINE, ["checkpoint-500", "latest.pt", ODD])
    assert {"checkpoint-500", "checkpoint-500/empty", "latest.pt", ODD} <= went


def test_nothing_in_the_trash_is_found_by_a_glob_for_checkpoints(root: str) -> None:
    apply(plan(Action.QUARANTINE, root, ["ckpt_500.pt"]))
    (item,) = list_trash(root)
    assert item.original == "ckpt_500.pt" and item.path.endswith("/ckpt_500.pt.quarantined")
    assert item.size == os.path.getsize(os.path.join(root, item.path))


def test_a_marker_is_added_only_to_what_is_whole(root: str) -> None:
    assert there_and_back(root, Action.ADD_MARKER, ["features/part_02.pt"]) == (
        set(),
        {"features/part_02.pt.done"},
    )
    before = fingerprint(root)
    with pytest.raises(RepairError, match="no marker added: corrupted, "):
        apply(plan(Action.ADD_MARKER, root, ["ckpt_500.pt"]))
    assert fingerprint(root) == before


def test_in_bulk_the_whole_ones_get_markers_and_the_damaged_are_named(root: str) -> None:
    outcome = apply(plan(Action.ADD_MARKER, root, ["ckpt_500.pt", "features/part_02.pt"]))
    assert os.path.exists(os.path.join(root, "features/part_02.pt.done"))
    assert not os.path.exists(os.path.join(root, "ckpt_500.pt.done"))
    assert "ckpt_500.pt: no marker added: corrupted" in outcome.message


def test_renew_gives_a_whole_one_a_new_marker(root: str) -> None:
    marker = os.path.join(root, "ckpt_400.pt.done")
    file = os.path.getmtime(os.path.join(root, "ckpt_400.pt"))
    assert os.path.getmtime(marker) < file
    before = fingerprint(root)
    outcome = apply(plan(Action.RENEW_MARKER, root, ["ckpt_400.pt.done"]))
    assert os.path.getmtime(marker) > file and os.path.getsize(marker) == 0
    assert "whole, marker renewed" in outcome.message
    undo(root)
    assert fingerprint(root) == before


def test_renew_takes_the_marker_from_a_damaged_one(root: str) -> None:
    went, came = there_and_back(root, Action.RENEW_MARKER, ["features/part_01.pt"])
    assert went == {"features/part_01.pt.done"} and came == set()


def test_remove_marker_also_of_an_orphan(root: str) -> None:
    went, _ = there_and_back(root, Action.REMOVE_MARKER, ["ckpt_100.pt", "gone.pt"])
    assert went == {"ckpt_100.pt.done", "gone.pt.done"}


def test_clean_moves_left_overs_and_nothing_else(root: str) -> None:
    left = ".ckpt_700.pt.tmp.otherhost.7.0123abcd"
    planned = plan(Action.CLEAN, root, [left])
    assert "otherhost" in planned.warnings[0]
    assert there_and_back(root, Action.CLEAN, [left])[0] == {left}
    with pytest.raises(RepairError, match="not a left-over"):
        plan(Action.CLEAN, root, ["ckpt_100.pt"])


def test_promote_gives_a_whole_temporary_its_name(root: str) -> None:
    left = ".ckpt_600.pt.tmp.otherhost.7.0123abcd"
    assert there_and_back(root, Action.PROMOTE, [left]) == (
        {left},
        {"ckpt_600.pt", "ckpt_600.pt.done"},
    )
    with pytest.raises(RepairError, match="not promoted: corrupted"):
        apply(plan(Action.PROMOTE, root, [".ckpt_700.pt.tmp.otherhost.7.0123abcd"]))


def test_promote_over_an_old_one_moves_that_to_the_trash(root: str) -> None:
    old = put(root, "ckpt_600.pt", whole(1))
    before = fingerprint(root)
    planned = plan(Action.PROMOTE, root, [".ckpt_600.pt.tmp.otherhost.7.0123abcd"], last_good=old)
    assert "last good" in planned.confirm
    apply(planned, confirm=True)
    with open(os.path.join(root, old), "rb") as file:
        assert file.read() == whole(600)
    undo(root)
    assert fingerprint(root) == before


def test_restore_brings_a_file_and_its_marker_back_also_into_a_folder_that_is_gone(
    root: str,
) -> None:
    before = fingerprint(root, folders=False)
    apply(plan(Action.QUARANTINE, root, ["features/part_01.pt", "features/part_02.pt"]))
    os.rmdir(os.path.join(root, "features"))
    gone = fingerprint(root, folders=False)
    apply(plan(Action.RESTORE, root, ["features/part_01.pt"]))
    (left,) = list_trash(root)
    apply(plan(Action.RESTORE, root, [left.path]))
    assert fingerprint(root, folders=False) == before
    assert list_trash(root) == []
    undo(root)
    undo(root)
    assert fingerprint(root, folders=False) == gone


def test_restore_never_overwrites(root: str) -> None:
    apply(plan(Action.QUARANTINE, root, ["ckpt_500.pt"]))
    put(root, "ckpt_500.pt", b"written anew")
    with pytest.raises(RepairError, match="stands there again"):
        plan(Action.RESTORE, root, ["ckpt_500.pt"])
    with pytest.raises(RepairError, match="stands there again"):
        undo(root)
    with pytest.raises(RepairError, match="not in the trash"):
        plan(Action.RESTORE, root, ["never.pt"])


def test_validate_reads_and_changes_nothing(root: str) -> None:
    before = fingerprint(root)
    seen: list[int] = []
    outcome = apply(
        plan(Action.VALIDATE, root, ["ckpt_100.pt", "ckpt_500.pt"]),
        on_progress=lambda path, done, total: seen.append(total),
    )
    assert [step.note.split(",")[0] for step in outcome.steps] == ["valid", "corrupted"]
    assert outcome.undo_id is None and seen
    assert fingerprint(root) == before and not os.path.exists(os.path.join(root, HOME))


def test_undo_of_an_undo_does_it_again(root: str) -> None:
    before = fingerprint(root)
    apply(plan(Action.QUARANTINE, root, ["ckpt_300.pt"]))
    after = fingerprint(root)
    taken_back = undo(root)
    assert taken_back.undo_id
    undo(root, taken_back.undo_id)
    assert fingerprint(root) == after
    undo(root)
    assert fingerprint(root) == before
    with pytest.raises(RepairError, match="nothing to undo"):
        undo(root)


def test_undo_says_first_what_it_would_do_and_takes_ids(root: str) -> None:
    first = apply(plan(Action.QUARANTINE, root, ["ckpt_300.pt"]))
    second = apply(plan(Action.QUARANTINE, root, ["ckpt_500.pt"]))
    assert first.undo_id != second.undo_id
    would = plan_undo(root, first.undo_id)
    assert not would.applied
    assert [step.to for step in would.steps] == ["ckpt_300.pt", "ckpt_300.pt.done"]
    undo(root, first.undo_id)
    states = {entry.id: entry.state for entry in entries(root)}
    assert states[str(first.undo_id)] == "undone" and states[str(second.undo_id)] == "done"
    with pytest.raises(RepairError, match="taken back already"):
        undo(root, first.undo_id)
    with pytest.raises(RepairError, match="no such repair"):
        undo(root, "19700101-000000")


def test_the_journal_is_lines_a_person_can_read_and_survives_a_torn_one(root: str) -> None:
    apply(plan(Action.QUARANTINE, root, ["ckpt_300.pt"]))
    path = os.path.join(root, HOME, "journal.jsonl")
    with open(path, "ab") as file:
        file.write(b'{"id": "torn", "event": "beg')
    assert len(entries(root)) == 1
    assert recover(root) == []
    apply(plan(Action.QUARANTINE, root, ["ckpt_500.pt"]))
    assert [entry.action for entry in entries(root)] == ["quarantine", "quarantine"]
    with open(path, encoding="ascii") as text:
        events = [json.loads(line)["event"] for line in text if not line.startswith('{"id": "torn')]
    assert events == ["begin", "step", "step", "end", "begin", "step", "end"]


def test_the_marker_of_a_directory_vouches_for_all_its_parts(layouts: Path, tmp_path: Path) -> None:
    for step in (40, 60):
        copy(layouts / made.TORCHTITAN, tmp_path / f"step-{step}", ORDERS[made.TORCHTITAN])
    os.truncate(tmp_path / "step-60/__1_0.distcp", 100)
    make_older(tmp_path)
    outcome = apply(plan(Action.ADD_MARKER, str(tmp_path), ["step-40"]), confirm=True)
    assert outcome.applied
    assert (tmp_path / "step-40.done").exists()
    with pytest.raises(RepairError, match=r"__1_0\.distcp"):
        apply(plan(Action.ADD_MARKER, str(tmp_path), ["step-60"]), confirm=True)
    assert not (tmp_path / "step-60.done").exists()
