"""``CheckpointManager``: stages and files of a pipeline, and what a resumed run finds."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ckptui.checkpoint.manager import CheckpointManager
from ckptui.errors import CheckpointError
from ckptui.input_hash import hash_inputs, list_inputs
from ckptui.marker import create_done_marker


@pytest.fixture
def run(tmp_path: Path) -> Path:
    path = tmp_path / "run"
    path.mkdir()
    return path


def manager_of(run: Path, **config: object) -> CheckpointManager:
    return CheckpointManager(run / ".checkpoints", {"name": "sequences", **config})


def state_of(run: Path) -> dict[str, object]:
    document: dict[str, object] = json.loads((run / ".checkpoints/pipeline_state.json").read_text())
    return document


def test_a_stage_from_begin_to_end(run: Path) -> None:
    (run / "in.fa").write_text(">a\nACGT\n")
    inputs = list_inputs(run, "in.fa")
    manager = manager_of(run)
    assert manager.load_stage_status("chunk") is None
    manager.save_stage_status(
        "chunk", "in_progress", input_hash=hash_inputs(inputs), inputs=[inputs]
    )
    begun = manager.load_stage_status("chunk")
    assert begun is not None
    assert (begun.status, begun.inputs, begun.completed_at) == ("in_progress", (inputs,), None)
    (run / "chunks.json").write_text("{}")
    manager.save_stage_status("chunk", "completed", outputs=[run / "chunks.json"])
    done = manager_of(run).load_stage_status("chunk")
    assert done is not None
    assert (done.status, done.outputs) == ("completed", ("chunks.json",))
    assert (done.input_hash, done.inputs) == (hash_inputs(inputs), (inputs,))
    assert done.started_at == begun.started_at
    assert done.duration_seconds is not None
    assert done.duration_seconds >= 0
    assert datetime.fromisoformat(done.completed_at or "").utcoffset() == timedelta(0)


def test_the_state_on_disk(run: Path) -> None:
    manager = manager_of(run)
    manager.save_stage_status("merge", "failed", error="no space")
    state = state_of(run)
    assert set(state) == {"version", "config_hash", "updated_at", "pipeline", "stages"}
    assert (state["version"], state["pipeline"]) == ("1.0", "sequences")
    assert isinstance(state["stages"], dict)
    assert set(state["stages"]["merge"]) == {
        "status",
        "input_hash",
        "inputs",
        "outputs",
        "started_at",
        "completed_at",
        "duration_seconds",
        "error",
    }
    assert state["stages"]["merge"]["error"] == "no space"


def test_a_stage_that_another_process_began_is_timed_by_the_record(run: Path) -> None:
    manager_of(run).save_stage_status("merge", "in_progress")
    manager_of(run).save_stage_status("merge", "completed")
    status = manager_of(run).load_stage_status("merge")
    assert status is not None
    assert status.duration_seconds is not None


def test_skip_a_stage(run: Path) -> None:
    manager = manager_of(run)
    (run / "out.pt").write_bytes(b"x")
    assert not manager.can_skip_stage("merge", "sha256:00")
    manager.save_stage_status("merge", "in_progress", input_hash="sha256:00")
    assert not manager.can_skip_stage("merge", "sha256:00")
    manager.save_stage_status("merge", "completed", outputs=["out.pt"])
    assert manager.can_skip_stage("merge", "sha256:00")
    assert manager.can_skip_stage("merge")
    assert not manager.can_skip_stage("merge", "sha256:11")
    (run / "out.pt").unlink()
    assert not manager.can_skip_stage("merge", "sha256:00")
    assert manager.missing_outputs("merge") == ["out.pt"]


def test_an_unknown_status_or_stage_name(run: Path) -> None:
    manager = manager_of(run)
    with pytest.raises(ValueError, match="not_started, in_progress, completed, failed"):
        manager.save_stage_status("a", "done")
    with pytest.raises(ValueError, match="single path component"):
        manager.save_file_progress("../a", "f", "completed")


def test_another_configuration_is_a_fresh_start(
    run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = manager_of(run, k=4)
    before.save_stage_status("merge", "completed")
    before.save_file_progress("merge", "a", "completed")
    assert manager_of(run, k=4).load_stage_status("merge") is not None
    assert CheckpointManager(run / ".checkpoints").load_stage_status("merge") is not None
    changed = manager_of(run, k=5)
    assert changed.load_stage_status("merge") is None
    assert changed.load_file_progress("merge") == {}
    assert "configuration changed" in caplog.text
    changed.save_stage_status("chunk", "completed")
    assert list(manager_of(run, k=5).stage_statuses()) == ["chunk"]


def test_no_resume_is_a_fresh_start(run: Path) -> None:
    before = manager_of(run)
    before.save_stage_status("merge", "completed")
    before.save_file_progress("merge", "a", "completed")
    afresh = CheckpointManager(run / ".checkpoints", {"name": "sequences"}, no_resume=True)
    assert afresh.stage_statuses() == {}
    assert afresh.load_file_progress("merge") == {}
    afresh.save_stage_status("chunk", "completed")
    afresh.save_file_progress("merge", "b", "completed")
    assert list(manager_of(run).stage_statuses()) == ["chunk"]
    assert list(manager_of(run).load_file_progress("merge")) == ["b"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"stages": []}', '{"stages": {"a": 1}}'])
def test_a_damaged_state_is_an_error_never_a_fresh_start(run: Path, text: str) -> None:
    (run / ".checkpoints").mkdir()
    path = run / ".checkpoints" / "pipeline_state.json"
    path.write_text(text)
    with pytest.raises(CheckpointError, match="corrupted") as caught:
        manager_of(run).stage_statuses()
    assert caught.value.path == str(path)
    assert path.read_text() == text


def test_damaged_records_count_as_none_without_validation(
    run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (run / ".checkpoints").mkdir()
    (run / ".checkpoints" / "pipeline_state.json").write_text(
        '{"stages": {"a": 1, "b": {"status": "completed"}}}'
    )
    (run / ".checkpoints" / "b_files.json").write_text("{")
    manager = manager_of(run)
    assert list(manager.stage_statuses(validate_on_load=False)) == ["b"]
    assert manager.load_stage_status("a", validate_on_load=False) is None
    assert manager.load_file_progress("b", validate_on_load=False) == {}
    with pytest.raises(CheckpointError, match="b_files"):
        manager.load_file_progress("b")
    assert "taken for not recorded" in caplog.text


def test_a_newer_state_is_not_ours_to_judge(run: Path) -> None:
    (run / ".checkpoints").mkdir()
    (run / ".checkpoints" / "pipeline_state.json").write_text('{"version": "3.0"}')
    with pytest.raises(CheckpointError, match="upgrade"):
        manager_of(run)


def test_files_and_the_summary(run: Path, caplog: pytest.LogCaptureFixture) -> None:
    manager = manager_of(run)
    for name in ("a", "b", "c", "d", "e"):
        (run / f"{name}.pt").write_bytes(b"never opened")
    create_done_marker(run / "a.pt")
    create_done_marker(run / "d.pt")  # marked just before the kill, its record left behind
    manager.save_file_progress("features", "a.fa", "completed", output=run / "a.pt")
    manager.save_file_progress("features", "b.fa", "completed", output=run / "b.pt")
    manager.save_file_progress("features", "c.fa", "failed", output=run / "c.pt", error="bad")
    manager.save_file_progress("features", "d.fa", "in_progress", output=run / "d.pt")
    manager.save_file_progress("features", "e.fa", "not_started")
    manager.save_stage_status("features", "in_progress")
    manager.save_stage_status("merge", "failed", error="x")
    found = manager_of(run).load_file_progress("features")
    assert list(found) == ["a.fa", "b.fa", "c.fa", "d.fa", "e.fa"]
    assert (found["c.fa"].status, found["c.fa"].output, found["c.fa"].error) == (
        "failed",
        "c.pt",
        "bad",
    )
    with caplog.at_level(logging.INFO, "ckptui"):
        summary = manager_of(run).resume_summary()
    assert summary.complete == ("a.pt", "d.pt")
    assert summary.in_progress == ("b.pt",)
    assert summary.failed == ("merge", "c.pt")
    assert "2 complete, 1 in progress, 2 failed" in caplog.text


def test_the_summary_of_nothing(run: Path) -> None:
    assert str(manager_of(run).resume_summary()) == "0 complete, 0 in progress, 0 failed"


def test_names_that_are_not_utf8(run: Path) -> None:
    odd = os.fsdecode(b"caf\xe9.fa")
    manager_of(run).save_file_progress("features", odd, "completed", output=run / odd)
    assert manager_of(run).load_file_progress("features")[odd].output == odd


def test_paths_relative_to_the_working_directory_never_double(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``run/shard_0`` given from outside and ``shard_0`` given from inside are one place."""
    manager = manager_of(run)
    monkeypatch.chdir(run.parent)
    assert manager.relative("run/shard_0/x.pt") == "shard_0/x.pt"
    assert manager.relative("shard_0/x.pt") == "shard_0/x.pt"
    assert manager.relative(run / "shard_0" / "x.pt") == "shard_0/x.pt"
    (run / "shard_0").mkdir()
    monkeypatch.chdir(run / "shard_0")
    assert manager.relative("shard_0/x.pt") == "shard_0/x.pt"
    assert manager.relative("/elsewhere/x.pt") == "/elsewhere/x.pt"


def test_where_the_run_directory_is(tmp_path: Path) -> None:
    assert CheckpointManager(tmp_path / ".checkpoints").run_dir == str(tmp_path)
    assert CheckpointManager(tmp_path / "states").run_dir == str(tmp_path / "states")
    assert CheckpointManager(tmp_path / "s", run_dir=tmp_path).run_dir == str(tmp_path)


WRITER = """
import sys
from ckptui.checkpoint.manager import CheckpointManager
manager = CheckpointManager(sys.argv[1], {"name": "sequences"})
for n in range(30):
    manager.save_file_progress("features", f"{sys.argv[2]}-{n}", "completed")
    manager.save_stage_status(f"{sys.argv[2]}-{n % 3}", "completed")
"""


def test_concurrent_writers_lose_nothing(run: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(run / ".checkpoints")]
    writers = [subprocess.Popen([*command, str(who)]) for who in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    manager = manager_of(run)
    assert len(manager.load_file_progress("features")) == 120
    assert len(manager.stage_statuses()) == 12


LAST_WORDS = """
import sys
from ckptui import CheckpointManager
manager = CheckpointManager(sys.argv[1])
for n in range(2000):
    manager.save_file_progress("features", f"{n}", "completed")
"""


def test_records_that_wait_are_written_at_the_end(run: Path) -> None:
    command = [sys.executable, "-c", LAST_WORDS, str(run / ".checkpoints")]
    subprocess.run(command, check=True, timeout=60)
    assert list(manager_of(run).load_file_progress("features")) == [str(n) for n in range(2000)]


def test_a_failure_and_a_stage_status_do_not_wait(run: Path) -> None:
    manager = manager_of(run)
    path = run / ".checkpoints" / "features_files.json"
    for n in range(500):
        manager.save_file_progress("features", f"{n}", "completed")
    manager.save_file_progress("features", "bad", "failed", error="no sequence")
    assert len(json.loads(path.read_text())["files"]) == 501
    for n in range(500):
        manager.save_file_progress("features", f"more-{n}", "completed")
    manager.save_stage_status("features", "completed")
    assert len(json.loads(path.read_text())["files"]) == 1001
