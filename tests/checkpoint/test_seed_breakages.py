"""Where the three systems that came before break. Each breakage is a test that passes here.

VirNucPro (checkpoints with ``.done``), a QA generation (stage JSON), "LEI 11" (contexts).
"""

from __future__ import annotations

import json
import os
import resource
from collections import OrderedDict
from pathlib import Path

import pytest
import torch

from ckptui import (
    CheckpointError,
    CheckpointManager,
    PipelineContext,
    StageCheckpoint,
    atomic_save,
    compute_input_hash,
    distinguish_error_type,
    get_checkpoint_info,
    has_done_marker,
    load_failed_checkpoints,
    load_stage_checkpoint,
    load_with_compatibility,
    log_failed_checkpoint,
    save_stage_checkpoint,
    should_skip_stage,
    validate_checkpoint,
)
from tests.checkpoint.damage import cut_short, flip_bit_of_a_tensor, names


def test_a_failed_save_over_an_old_file_left_its_marker_without_a_file(tmp_path: Path) -> None:
    path = atomic_save({"data": 1}, tmp_path / "x.pt")
    before = path.read_bytes()
    with pytest.raises(CheckpointError):
        atomic_save({"other": 1}, path, required_keys=["data"])
    assert path.read_bytes() == before
    assert names(tmp_path) == ["x.pt", "x.pt.done"]


def test_the_callers_dict_was_changed(tmp_path: Path) -> None:
    mine = {"data": 1}
    atomic_save(mine, tmp_path / "x.pt")
    assert mine == {"data": 1}


def test_x_pt_and_x_pth_shared_one_temporary_file(tmp_path: Path) -> None:
    class SavesAnother:
        """While x.pt is being written, x.pth is written beside it."""

        def __reduce__(self) -> tuple[object, ...]:
            atomic_save({"which": "pth"}, tmp_path / "x.pth")
            return (OrderedDict, ())

    atomic_save({"which": "pt", "also": SavesAnother()}, tmp_path / "x.pt")
    assert load_with_compatibility(tmp_path / "x.pt")["which"] == "pt"
    assert load_with_compatibility(tmp_path / "x.pth")["which"] == "pth"


def test_data_was_required_of_every_checkpoint(tmp_path: Path) -> None:
    torch.save({"model": 1}, tmp_path / "x.pt")
    assert validate_checkpoint(tmp_path / "x.pt", load=False).ok


@pytest.mark.parametrize("version", [2, None, "", "10.0", "abc"])
def test_odd_versions_crashed_or_were_accepted(tmp_path: Path, version: object) -> None:
    torch.save({"version": version}, tmp_path / "x.pt")
    with pytest.raises(CheckpointError) as caught:
        load_with_compatibility(tmp_path / "x.pt", skip_validation=True)
    assert caught.value.category == "incompatible"


def test_a_flipped_bit_in_a_tensor_was_accepted(tmp_path: Path) -> None:
    path = atomic_save({"data": torch.arange(1000)}, tmp_path / "x.pt")
    flip_bit_of_a_tensor(path)
    verdict = validate_checkpoint(path, level=5, load=False)
    assert distinguish_error_type(verdict) == "corrupted"
    with pytest.raises(CheckpointError, match="corrupted"):
        load_with_compatibility(path)


def test_the_older_torch_format_was_called_corrupted(tmp_path: Path) -> None:
    torch.save({"data": 1}, tmp_path / "x.pt", _use_new_zipfile_serialization=False)
    assert load_with_compatibility(tmp_path / "x.pt") == {"data": 1}
    assert get_checkpoint_info(tmp_path / "x.pt")["size_bytes"] > 0


def test_a_path_with_a_bar_was_misread_from_the_failure_log(tmp_path: Path) -> None:
    log_failed_checkpoint(tmp_path / "a|b\n.pt", "corrupted: x|y")
    [(path, reason, _)] = load_failed_checkpoints(tmp_path)
    assert (path, reason) == (f"{tmp_path}/a|b\n.pt", "corrupted: x|y")


def test_nothing_wrote_the_failure_log(tmp_path: Path) -> None:
    (tmp_path / "x.pt").write_bytes(b"")
    os.utime(tmp_path / "x.pt", (1000, 1000))  # nobody is still writing it
    validate_checkpoint(tmp_path / "x.pt", load=False, log_failures=True)
    [(path, reason, _)] = load_failed_checkpoints(tmp_path)
    assert path == str(tmp_path / "x.pt")
    assert reason


def test_outputs_were_looked_at_under_one_key_only(tmp_path: Path) -> None:
    """A state as it was written there: most stages do not use the key ``files``."""
    (tmp_path / ".checkpoints").mkdir()
    stages = {
        "CHUNKING": {"status": "completed", "outputs": {"files": ["chunks.fa"]}},
        "MERGING": {"status": "completed", "outputs": {"merged": {"file": "gone.pt", "n": 3}}},
    }
    state = {"version": "1.0", "stages": stages}
    (tmp_path / ".checkpoints" / "pipeline_state.json").write_text(json.dumps(state))
    (tmp_path / "chunks.fa").write_text(">a\nA\n")
    manager = CheckpointManager(tmp_path / ".checkpoints")
    assert manager.can_skip_stage("CHUNKING")
    assert not manager.can_skip_stage("MERGING")
    assert manager.missing_outputs("MERGING") == ["gone.pt"]


def test_two_inputs_had_one_hash(tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_text(">a\nAC\n")
    (tmp_path / "b.fa").write_text(">b\nACGT\n")
    assert compute_input_hash(tmp_path, "a.fa") != compute_input_hash(tmp_path, "b.fa")


def test_a_shard_directory_was_doubled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "run"
    (run / "shard_0").mkdir(parents=True)
    (run / "shard_0" / "x.pt").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    manager = CheckpointManager(Path("run") / ".checkpoints")
    manager.save_stage_status("s", "completed", outputs=[Path("run") / "shard_0" / "x.pt"])
    status = manager.load_stage_status("s")
    assert status is not None
    assert status.outputs == ("shard_0/x.pt",)
    assert manager.missing_outputs("s") == []


def test_a_marker_vouched_for_whatever_stood_beside_it(tmp_path: Path) -> None:
    path = atomic_save({"data": torch.arange(1000)}, tmp_path / "x.pt")
    os.utime(f"{path}.done", (1000, 1000))
    cut_short(path)  # written anew by something else, and killed in the middle
    manager = CheckpointManager(tmp_path / ".checkpoints")
    assert has_done_marker(path)
    assert not manager.should_skip(path)


def test_an_edit_of_equal_length_was_invisible(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("one")
    before = compute_input_hash(tmp_path, "*.md", content=True)
    (tmp_path / "a.md").write_text("two")
    assert compute_input_hash(tmp_path, "*.md", content=True) != before


def test_a_damaged_stage_file_was_silently_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "qa.jsonl.checkpoint.json").write_text('{"stage": "ind')
    assert load_stage_checkpoint(tmp_path / "qa.jsonl") is None
    assert "not valid JSON" in caplog.text


def test_stage_files_were_readable_by_their_owner_alone(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        save_stage_checkpoint(tmp_path / "qa.jsonl", StageCheckpoint("index", "sha256:00"))
    finally:
        os.umask(old)
    assert (tmp_path / "qa.jsonl.checkpoint.json").stat().st_mode & 0o777 == 0o644


def test_a_changed_input_is_never_skipped(tmp_path: Path) -> None:
    done = StageCheckpoint("export", "sha256:00", ("index", "export"))
    save_stage_checkpoint(tmp_path / "qa.jsonl", done)
    loaded = load_stage_checkpoint(tmp_path / "qa.jsonl")
    assert should_skip_stage(loaded, "export", "sha256:00")
    assert not should_skip_stage(loaded, "export", "sha256:11")


def test_a_context_was_lost_when_its_disk_was_full(tmp_path: Path) -> None:
    context = PipelineContext("p1", current_step=3)
    context.save_checkpoint(tmp_path)
    context.spec_raw, context.current_step = "x" * 10_000, 4
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
    try:
        with pytest.raises(OSError, match="nothing was changed"):
            context.save_checkpoint(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    restored = PipelineContext.load_checkpoint(tmp_path, "p1")
    assert restored is not None
    assert restored.current_step == 3
    assert names(tmp_path / "p1") == ["checkpoint.json"]


def test_a_context_of_a_newer_writer_lost_its_fields(tmp_path: Path) -> None:
    (tmp_path / "p1").mkdir()
    (tmp_path / "p1" / "checkpoint.json").write_text('{"project_id": "p1", "project_type": "web"}')
    context = PipelineContext.load_checkpoint(tmp_path, "p1")
    assert context is not None
    context.save_checkpoint(tmp_path)
    saved = json.loads((tmp_path / "p1" / "checkpoint.json").read_text())
    assert saved["project_type"] == "web"
